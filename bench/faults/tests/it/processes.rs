//! Other processes and the machine's limits: two writers on one folder, and no memory.

use std::process::Command;

use gantry_faults::driver::Io;
use gantry_faults::judge::{Case, judge};
use gantry_faults::product::{Product, Server, Starved, start_starved, starve};
use gantry_faults::programs::{Drive, Ended, Talking};
use gantry_faults::scenario::Scenario;
use gantry_faults::system_calls::{Fault, strace_is_there, sweep};

use crate::support::{can_run, expect};

fn drive(seed: u64, io: Io) -> Drive {
    let case = Case::new(seed, io.write_path());
    Drive { case, frames: 20, seal_every: None, close: false, instance: None }
}

#[test]
fn a_second_writer_is_refused_at_every_frame_of_the_first() {
    for io in Io::ALL {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("journal");
        let drive = drive(1, io);
        let mut first = Talking::start(drive.command(&[], &directory));
        let mut acknowledged = 0;
        while let Some(line) = first.line() {
            if let Some(sequence) = line.strip_prefix("ack ") {
                acknowledged = sequence.parse().unwrap();
            }
            if line == "done" {
                break;
            }
            let second = Ended::run(&mut drive.command(&[], &directory));
            assert!(second.complaint.contains("locked"), "{second:?}");
            assert_eq!((second.status.code(), second.acknowledged), (Some(2), None));
            first.go_on();
        }
        first.kill();
        let survived = expect(judge(&directory, &drive.case, acknowledged));
        assert_eq!(survived.frames, 20);
    }
}

#[test]
fn a_second_server_is_refused_and_the_first_goes_on() {
    let product = Product::beside();
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    let first = expect(Server::start(&product, &directory, Io::Mapped));
    for io in Io::ALL {
        let second = Server::start(&product, &directory, io).unwrap_err();
        assert!(second.0.contains("locked"), "{second}");
    }
    let stats = expect(first.json(&["stats"]));
    assert_eq!(stats["orders"], 0);
}

#[test]
fn a_failed_allocation_at_any_point_loses_nothing() {
    if !can_run("ENOMEM at every call for memory", strace_is_there(), "strace") {
        return;
    }
    for io in Io::ALL {
        for fault in [Fault::ErrorOnce("ENOMEM"), Fault::ErrorForEver("ENOMEM")] {
            let memory = |call: &str| ["mmap", "brk", "mremap", "mprotect"].contains(&call);
            let swept = expect(sweep(&Scenario::recovery(5, io.write_path()), fault, memory));
            println!("{} {fault:?}: {swept:?}", io.name());
            assert!(swept.faults > 5, "{swept:?}");
        }
    }
}

fn can_bound_memory() -> bool {
    let is_there = Command::new("prlimit").arg("--version").output().is_ok();
    can_run("a bound on memory", is_there, "prlimit")
}

#[test]
fn a_server_out_of_memory_loses_no_acknowledged_order() {
    if !can_bound_memory() {
        return;
    }
    let mut starved = Starved::default();
    expect(starve(&Product::beside(), 1, 10, &mut starved));
    println!("{starved:?}");
    assert!(starved.died > 0 && starved.acknowledged > 0, "{starved:?}");
}

#[test]
fn a_start_with_too_little_memory_ends() {
    if can_bound_memory() {
        let (served, ended) = expect(start_starved(&Product::beside()));
        println!("{served} served, {ended} ended");
        assert!(served > 0 && ended > 0, "{served} served, {ended} ended");
    }
}
