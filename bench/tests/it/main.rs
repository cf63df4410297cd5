//! Repository rules as tests: what a reviewer would otherwise have to remember.
//!
//! They read sources, manifests and documents; they run nothing of Gantry. A broken rule names
//! file and line, and every broken place at once.

mod arrows;
mod documents;
mod repository;
mod rust_source;
mod sources;

/// Fails with every broken place, one a line.
fn assert_none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}\n", broken.join("\n  "));
}
