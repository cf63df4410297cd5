//! Where benchmarks write: beside their own executable, so on the disk of the build folder. The
//! system's folder for temporary files may be memory, and then a sync measures nothing.

use std::io;

use tempfile::TempDir;

/// A new folder on the disk of the build folder; removed when dropped.
pub fn scratch_folder() -> io::Result<TempDir> {
    let executable = std::env::current_exe()?;
    let folder = executable.parent().ok_or(io::ErrorKind::NotFound)?;
    tempfile::Builder::new().prefix("gantry-bench-").tempdir_in(folder)
}
