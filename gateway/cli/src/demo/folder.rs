//! A folder for the time of the demo.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::DemoError;

/// Only its owner may look into it.
const MODE: u32 = 0o700;

/// A new folder, removed when this value is dropped unless it is to be kept.
pub(super) struct Folder {
    path: PathBuf,
    keep: bool,
}

impl Folder {
    /// Makes it where the system keeps temporary files.
    pub(super) fn new(keep: bool) -> Result<Self, DemoError> {
        let name = format!("gantry-demo-{}", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        let made = std::fs::DirBuilder::new().mode(MODE).create(&path);
        made.map_err(|source| DemoError::Folder { path: path.clone(), source })?;
        Ok(Self { path, keep })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            crate::output::note(format_args!(
                "gantry: cannot remove {}: {error}",
                self.path.display()
            ));
        }
    }
}
