//! Rules for documents: links lead somewhere, promises name their proof, lists are complete.

use std::collections::BTreeSet;

use crate::assert_none;
use crate::repository::{TextFile, read, root, text_files, text_files_ending};
use crate::rust_source::has_word;

const SPECIFICATION: &str = "docs/SPECIFICATION.md";
const DECISIONS: &str = "docs/adr/README.md";

/// Lines outside fenced code, with their numbers from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.push((index + 1, line));
        }
    }
    found
}

/// The targets of `[text](target)` in a line.
fn link_targets(line: &str) -> Vec<&str> {
    let after = line.match_indices("](").map(|(at, opening)| &line[at + opening.len()..]);
    after.filter_map(|rest| rest.split_once(')').map(|(target, _)| target)).collect()
}

/// What stands between backticks in a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The cells of a table's row; `None` for other lines, heads and rules.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let is_rule = inside.chars().all(|c| matches!(c, '-' | ':' | '|' | ' '));
    (!is_rule).then(|| inside.split('|').map(str::trim).collect())
}

fn broken_links(file: &TextFile) -> Vec<String> {
    let root = root();
    let folder = root.join(&file.path);
    let folder = folder.parent().expect("invariant: a file stands in a folder");
    let mut broken = Vec::new();
    for (number, line) in prose(&file.text) {
        for target in link_targets(line) {
            let outside = ["http://", "https://", "mailto:", "#"];
            if outside.iter().any(|start| target.starts_with(start)) {
                continue;
            }
            let path = target.split('#').next().unwrap_or(target);
            if !folder.join(path).exists() {
                broken.push(format!("{}:{number} {target}", file.path));
            }
        }
    }
    broken
}

#[test]
fn links_between_documents_lead_somewhere() {
    let files = text_files_ending(".md");
    assert!(files.len() > 5, "only {} documents found", files.len());
    let broken: Vec<_> = files.iter().flat_map(broken_links).collect();
    assert_none(&broken, "a link to a file that is not there");
}

#[test]
fn every_promise_names_its_proof_or_is_pending() {
    let text = read(SPECIFICATION);
    let mut promises = 0;
    let mut broken = Vec::new();
    for (number, line) in prose(&text) {
        let Some(row) = cells(line) else { continue };
        let proof = row.last().copied().unwrap_or_default();
        if proof == "enforced by" {
            continue;
        }
        promises += 1;
        if let Err(reason) = check_proof(proof) {
            broken.push(format!("{SPECIFICATION}:{number} {reason}"));
        }
    }
    assert!(promises > 20, "only {promises} promises found");
    assert_none(&broken, "a promise without its test or benchmark");
}

/// A proof is `path::function`, a benchmark's path, a command's own words after "measured by", or
/// the word "pending".
fn check_proof(proof: &str) -> Result<(), String> {
    let names = quoted(proof);
    if names.is_empty() {
        let pending = proof == "pending" || proof.starts_with("pending:");
        return pending.then_some(()).ok_or_else(|| format!("names nothing: {proof:?}"));
    }
    for name in names {
        let (path, function) = name.split_once("::").unwrap_or((name, ""));
        let Ok(source) = std::fs::read_to_string(root().join(path)) else {
            return Err(format!("there is no file {path}"));
        };
        if !function.is_empty() && !has_item(&source, function) {
            return Err(format!("{path} has no fn or const assertion {function}"));
        }
    }
    Ok(())
}

fn has_item(source: &str, name: &str) -> bool {
    let function = format!("fn {name}(");
    source.lines().map(str::trim).any(|line| {
        line.contains(&function) || (line.starts_with("const _") && has_word(line, name))
    })
}

#[test]
fn every_decision_is_in_the_index() {
    let index = read(DECISIONS);
    let listed: BTreeSet<_> = index.lines().flat_map(link_targets).map(str::to_owned).collect();
    let names: Vec<_> = text_files_ending(".md")
        .into_iter()
        .filter_map(|file| file.path.strip_prefix("docs/adr/").map(str::to_owned))
        .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert!(!names.is_empty(), "no decision found");
    let mut broken = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if !listed.contains(name) {
            broken.push(format!("{name} is not in the index"));
        }
        if !name.starts_with(&format!("{:04}-", index)) {
            broken.push(format!("{name} leaves a gap before it"));
        }
    }
    assert_none(&broken, "the index of decisions");
}

#[test]
fn every_decision_has_its_parts() {
    let mut broken = Vec::new();
    for file in text_files_ending(".md") {
        if !file.path.starts_with("docs/adr/") || file.path == DECISIONS {
            continue;
        }
        for part in ["\nStatus: ", "\n## Context\n", "\n## Decision\n", "\n## Consequences\n"] {
            if !file.text.contains(part) {
                broken.push(format!("{} lacks {}", file.path, part.trim()));
            }
        }
    }
    assert_none(&broken, "a decision without one of its parts");
}

#[test]
fn the_glossary_is_in_order_and_has_each_word_once() {
    let text = read("docs/glossary.md");
    let entries = text.lines().filter_map(|line| line.strip_prefix("- **"));
    let words: Vec<_> = entries
        .filter_map(|rest| rest.split_once("**"))
        .map(|(word, _)| word.to_lowercase())
        .collect();
    assert!(words.len() > 30, "only {} words found", words.len());
    let broken: Vec<_> = words
        .windows(2)
        .filter(|pair| pair[0] >= pair[1])
        .map(|pair| format!("{:?} stands before {:?}", pair[0], pair[1]))
        .collect();
    assert_none(&broken, "the glossary's order");
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    let folders = ["work", "tmp", "home", "root"].map(|folder| format!("/{folder}/"));
    let mut broken = Vec::new();
    for file in text_files() {
        for (index, line) in file.text.lines().enumerate() {
            if folders.iter().any(|folder| line.contains(folder.as_str())) {
                broken.push(format!("{}:{} {}", file.path, index + 1, line.trim()));
            }
        }
    }
    assert_none(&broken, "a path that exists on one machine only");
}

#[test]
fn documents_are_written_with_one_title() {
    let mut broken = Vec::new();
    for file in text_files_ending(".md") {
        let titles = prose(&file.text).iter().filter(|(_, line)| line.starts_with("# ")).count();
        if titles != 1 {
            broken.push(format!("{} has {titles} titles", file.path));
        }
    }
    assert_none(&broken, "a document needs one title");
}

#[test]
fn proofs_are_told_apart() {
    assert!(check_proof("pending").is_ok());
    assert!(check_proof("pending: no such tool yet").is_ok());
    assert!(check_proof("soon").is_err());
    assert!(check_proof("`bench/tests/it/documents.rs::proofs_are_told_apart`").is_ok());
    assert!(check_proof("`bench/tests/it/documents.rs::no_such_test`").is_err());
    assert!(check_proof("`no/such/file.rs`").is_err());
}
