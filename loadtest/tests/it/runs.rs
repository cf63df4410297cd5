//! Whole runs: what the user types, what the files and the exit status say.

use std::collections::HashSet;
use std::process::{Command, Output};
use std::time::Duration;

use gantry_model::{Command as Item, Items};

use crate::fake::{Action, Behaviour, FakeServer};

const MILLI: u64 = 1_000_000;

/// A run's output, its JSON as text and as a value, and the server that it ran against.
struct Run {
    output: Output,
    json_text: String,
    json: serde_json::Value,
    hgrm: String,
    server: FakeServer,
}

/// Runs the tool against a server that behaves like this.
fn run(behaviour: Behaviour, words: &str) -> Run {
    let server = FakeServer::start(behaviour);
    let folder = tempfile::tempdir().unwrap();
    let (json, hgrm) = (folder.path().join("run.json"), folder.path().join("run.hgrm"));
    let output = Command::new(env!("CARGO_BIN_EXE_gantry-loadtest"))
        .args(["--addr", &server.address.to_string(), "--skus", "100", "--warmup", "0s"])
        .args(words.split_whitespace())
        .arg("--json")
        .arg(&json)
        .arg("--hgrm")
        .arg(&hgrm)
        .output()
        .unwrap();
    let json_text = std::fs::read_to_string(json).unwrap_or_default();
    let hgrm = std::fs::read_to_string(hgrm).unwrap_or_default();
    let json = serde_json::from_str(&json_text).unwrap_or_default();
    Run { output, json_text, json, hgrm, server }
}

fn succeeds(run: &Run) -> String {
    let said = String::from_utf8_lossy(&run.output.stderr);
    assert!(run.output.status.success(), "failed: {said}");
    String::from_utf8(run.output.stdout.clone()).unwrap()
}

fn figure(run: &Run, name: &str) -> u64 {
    run.json[name].as_u64().unwrap_or_else(|| panic!("no figure {name} in {}", run.json_text))
}

#[test]
fn the_json_has_these_keys_in_this_order() {
    let run = run(|_| Action::Answer, "--rate 1000 --duration 200ms");
    succeeds(&run);
    let keys: Vec<&str> = run
        .json_text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\":"))
        .map(|(key, _)| key)
        .collect();
    let expected = "offered_per_second achieved_per_second orders lines accepted rejected busy \
        latency_ns p50 p90 p99 p99_9 p99_99 max duration_seconds connections orders_per_frame \
        durability journal_io generator_late_share units_allocated_share split_share \
        journal_bytes syncs loop profile seed arrivals";
    assert_eq!(keys, expected.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn a_steady_run_adds_up() {
    let run = run(|_| Action::Answer, "--rate 2000 --duration 500ms --arrivals constant");
    let table = succeeds(&run);
    assert!(table.contains("open loop, constant arrivals"), "{table}");
    assert_eq!(run.json["loop"], "open");
    assert_eq!(run.json["offered_per_second"], 2_000.0);
    let (orders, accepted) = (figure(&run, "orders"), figure(&run, "accepted"));
    assert!(accepted > 0 && accepted <= 1_000 && orders == accepted, "{}", run.json_text);
    assert!(figure(&run, "lines") > accepted);
    assert_eq!(run.json["units_allocated_share"], 1.0);
    assert_eq!(run.json["split_share"], 1.0);
    assert_eq!(run.json["journal_bytes"], serde_json::Value::Null);
    // Answers in the drain are not counted, but the orders were all sent.
    assert_eq!(run.server.seen.lock().unwrap().accepted, 1_000);
    assert!(run.hgrm.contains("Total count    =         1000"), "{}", run.hgrm);
}

#[test]
fn a_stall_is_charged_to_every_order_that_fell_due_meanwhile() {
    let stall = |frame| match frame {
        50 => Action::Stall(Duration::from_millis(300)),
        _ => Action::Answer,
    };
    let words = "--rate 1000 --duration 600ms --arrivals constant --connections 1 \
        --orders-per-frame 1 --window 1";
    let run = run(stall, words);
    succeeds(&run);
    // One frame stalled. Who counts from the moment of sending finds one slow order in 600; but
    // 300 orders fell due meanwhile, and the tenth of all that waited longest waited 240 ms.
    let p90 = run.json["latency_ns"]["p90"].as_u64().unwrap();
    assert!(p90 >= 235 * MILLI, "p90 is {p90} ns: the stall is hidden");
    assert!(run.json["latency_ns"]["max"].as_u64().unwrap() >= 300 * MILLI);
}

#[test]
fn busy_orders_are_sent_again_byte_for_byte_until_they_are_in() {
    let busy = |frame| if frame % 3 == 0 { Action::Busy(500) } else { Action::Answer };
    let run = run(busy, "--rate 2000 --duration 300ms --arrivals constant --connections 2");
    succeeds(&run);
    assert!(figure(&run, "busy") > 0);
    let seen = run.server.seen.lock().unwrap();
    let accepted: HashSet<Vec<u8>> = seen
        .order_frames
        .iter()
        .enumerate()
        .filter(|(number, _)| number % 3 != 0)
        .map(|(_, frame)| frame.clone())
        .collect();
    let refused = seen.order_frames.iter().enumerate().filter(|(number, _)| number % 3 == 0);
    let mut count = 0;
    for (_, frame) in refused {
        assert!(accepted.contains(frame), "a refused frame did not come again as it was");
        count += 1;
    }
    assert!(count > 10, "{count} frames were refused");
    let ids: HashSet<u128> = accepted
        .iter()
        .flat_map(|frame| Items::new(frame, 4_096))
        .map(|item| Item::parse(&item.unwrap()).unwrap().id().unwrap().get())
        .collect();
    assert_eq!(ids.len(), 600, "each order once, none lost");
    assert_eq!(seen.accepted, 600);
}

#[test]
fn a_flash_sale_says_exactly_how_many_won() {
    for (units, buyers, won) in [(7, 500, 7), (500, 20, 20)] {
        let words = format!("--profile flash-sale --units {units} --buyers {buyers} --rate 5000");
        let run = run(|_| Action::Answer, &words);
        let table = succeeds(&run);
        assert_eq!(figure(&run, "accepted"), won);
        let out_of_stock = run.json["rejected"]["out_of_stock"].as_u64().unwrap_or(0);
        assert_eq!(out_of_stock, buyers - won);
        assert!(table.contains(&format!("{won} of {buyers} buyers won")), "{table}");
        assert_eq!(run.json["profile"], "flash-sale");
    }
}

#[test]
fn a_closed_loop_is_labelled_everywhere() {
    let run = run(|_| Action::Answer, "--rate 0 --expected-rate 1000 --duration 200ms");
    let table = succeeds(&run);
    assert!(table.contains("CLOSED LOOP") && table.contains("(closed loop:"), "{table}");
    assert_eq!(run.json["loop"], "closed");
    assert_eq!(run.json["arrivals"], serde_json::Value::Null);
}

#[test]
fn a_server_that_hangs_up_ends_the_run_with_an_error_and_no_result() {
    let hang_up = |frame| if frame == 20 { Action::HangUp } else { Action::Answer };
    let run = run(hang_up, "--rate 1000 --duration 2s");
    assert_eq!(run.output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&run.output.stderr);
    assert!(said.contains("connection"), "{said}");
    assert!(run.json_text.is_empty(), "a broken run has no figures");
}

#[test]
fn what_the_server_does_not_take_is_said_before_the_load_begins() {
    let run = run(|_| Action::Answer, "--rate 1000 --window 65");
    let said = String::from_utf8_lossy(&run.output.stderr);
    assert!(said.contains("--window is 65, but the server takes 64"), "{said}");
    assert!(run.server.seen.lock().unwrap().order_frames.is_empty());
}

#[test]
fn wrong_words_end_with_status_2_and_say_what_is_right() {
    let run = run(|_| Action::Answer, "--connections 0");
    assert_eq!(run.output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&run.output.stderr);
    assert!(said.contains("--connections is 0, but must be 1 to 1024"), "{said}");
}
