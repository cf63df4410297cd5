//! Rules for Rust sources that no lint knows.

use crate::assert_none;
use crate::repository::{TextFile, text_files_ending};
use crate::rust_source::{
    code_lines, code_of, functions, has_word, lines_with_word, without_tests,
};

const FILE_CODE_LINES_MAX: usize = 500;
const FUNCTION_CODE_LINES_MAX: usize = 70;

/// The files that may hold unsafe code. Each has one module, a reason, and SAFETY notes.
const UNSAFE_FILES: &[&str] = &["journal/src/mapping.rs"];

/// Words that bring time, chance or hash order into the core, outside its tests.
const BANNED_IN_CORE: &[&str] =
    &["Instant", "SystemTime", "HashMap", "HashSet", "RandomState", "f32", "f64"];

fn rust_files() -> Vec<TextFile> {
    text_files_ending(".rs")
}

#[test]
fn every_file_says_what_lives_in_it() {
    let files = rust_files();
    let silent = files.iter().filter(|file| !file.text.starts_with("//!"));
    let broken: Vec<_> = silent.map(|file| file.path.clone()).collect();
    assert_none(&broken, "a file that does not open with //!");
}

#[test]
fn files_stay_short() {
    let mut broken = Vec::new();
    for file in rust_files() {
        let lines = code_lines(without_tests(&code_of(&file.text)));
        if lines > FILE_CODE_LINES_MAX {
            broken.push(format!("{}: {lines} lines of code", file.path));
        }
    }
    assert_none(&broken, "more than 500 lines of code in a file (its own tests not counted)");
}

#[test]
fn functions_stay_short() {
    let mut broken = Vec::new();
    for file in rust_files() {
        for function in functions(&code_of(&file.text)) {
            if function.code_lines > FUNCTION_CODE_LINES_MAX {
                let (name, lines) = (&function.name, function.code_lines);
                broken.push(format!("{}:{} fn {name}: {lines} lines", file.path, function.line));
            }
        }
    }
    assert_none(&broken, "more than 70 lines of code in a function");
}

#[test]
fn unsafe_code_stays_in_its_files() {
    let files = rust_files();
    let mut broken = Vec::new();
    for file in &files {
        let lines = lines_with_word(&code_of(&file.text), "unsafe");
        let listed = UNSAFE_FILES.contains(&file.path.as_str());
        match (listed, lines.first()) {
            (false, Some(line)) => broken.push(format!("{}:{line} is not listed", file.path)),
            (true, None) => broken.push(format!("{} is listed and needs none", file.path)),
            _ => {}
        }
    }
    for listed in UNSAFE_FILES {
        if !files.iter().any(|file| file.path == *listed) {
            broken.push(format!("{listed} is listed and does not exist"));
        }
    }
    assert_none(&broken, "unsafe code outside the audited files");
}

#[test]
fn unfinished_work_is_an_issue_not_a_comment() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut broken = Vec::new();
    for file in rust_files() {
        for (index, line) in file.text.lines().enumerate() {
            if words.iter().any(|word| has_word(line, word)) {
                broken.push(format!("{}:{}", file.path, index + 1));
            }
        }
    }
    assert_none(&broken, "a note about unfinished work");
}

#[test]
fn the_core_reads_no_clock_and_counts_no_floats() {
    let mut broken = Vec::new();
    for file in rust_files() {
        let in_core =
            ["engine/src/", "engine/model/src/"].iter().any(|folder| file.path.starts_with(folder));
        if !in_core {
            continue;
        }
        let code = code_of(&file.text);
        for word in BANNED_IN_CORE {
            for line in lines_with_word(without_tests(&code), word) {
                broken.push(format!("{}:{line} {word}", file.path));
            }
        }
    }
    assert_none(&broken, "what may differ between two runs stands in the engine");
}
