//! The repository's files: found by walking from its root, so that a source archive without git
//! can be checked too.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders deeper than this are a mistake.
const DEPTH_MAX: usize = 12;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    bench.parent().expect("invariant: bench is a folder of the root").to_path_buf()
}

/// A text file of the repository.
pub(crate) struct TextFile {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    /// Its whole text.
    pub(crate) text: String,
}

/// All text files, in order of their paths; what `.gitignore` names is left out.
pub(crate) fn text_files() -> Vec<TextFile> {
    let root = root();
    let mut paths = Vec::new();
    walk(&root, &ignored(&root), 0, &mut paths);
    paths.sort();
    let files: Vec<_> = paths.iter().filter_map(|path| read_text(&root, path)).collect();
    assert!(files.len() > 50, "the walk found only {} files", files.len());
    files
}

/// The text files whose path ends with `suffix`.
pub(crate) fn text_files_ending(suffix: &str) -> Vec<TextFile> {
    text_files().into_iter().filter(|file| file.path.ends_with(suffix)).collect()
}

/// One file's text. Fails if it is missing.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn ignored(root: &Path) -> Vec<String> {
    let lines = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let names = lines.lines().map(|line| line.trim_matches('/').to_owned());
    names.filter(|name| !name.is_empty() && !name.starts_with('#')).chain([".git".into()]).collect()
}

/// Whether a line of `.gitignore`, a plain name or the start of one, covers `name`.
fn is_ignored(ignored: &[String], name: &str) -> bool {
    ignored.iter().any(|line| match line.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == line,
    })
}

fn walk(folder: &Path, ignored: &[String], depth: usize, found: &mut Vec<PathBuf>) {
    assert!(depth <= DEPTH_MAX, "{} is nested too deep", folder.display());
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    for entry in entries {
        let entry = entry.unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        let path = entry.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_ignored(ignored, &name) {
            continue;
        }
        if path.is_dir() {
            walk(&path, ignored, depth + 1, found);
        } else {
            found.push(path);
        }
    }
}

fn read_text(root: &Path, path: &Path) -> Option<TextFile> {
    // A file that another process removes meanwhile, or that holds no text, is none of ours.
    let text = fs::read_to_string(path).ok()?;
    let relative = path.strip_prefix(root).expect("invariant: the walk began at the root");
    Some(TextFile { path: relative.to_string_lossy().replace('\\', "/"), text })
}
