//! File systems, loop devices and mounts of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::disk::Disk;
use super::recorder::Recorder;
use crate::judge::{Survived, Violation};
use crate::programs::{Drive, start};

/// A file system that journals are tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// ext4 with its defaults, on a small disk.
    Ext4,
    /// xfs with its defaults, on the smallest disk that it takes.
    Xfs,
}

impl FileSystem {
    fn disk_bytes(self) -> usize {
        match self {
            Self::Ext4 => 24 << 20,
            Self::Xfs => 300 << 20,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    fn make(self, device: &Path) -> Command {
        let mut command;
        match self {
            Self::Ext4 => {
                command = Command::new("mkfs.ext4");
                command.args(["-q", "-F", "-b", "4096", "-J", "size=4"]);
                command.args(["-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"]);
            }
            Self::Xfs => {
                command = Command::new("mkfs.xfs");
                command.args(["-q", "-f", "-K"]);
            }
        }
        command.arg(device);
        command
    }

    /// A disk with this file system and nothing in it.
    ///
    /// # Panics
    /// If it cannot be made here; see [`why_not`].
    #[must_use]
    pub fn blank_disk(self) -> Disk {
        static BLANK: [OnceLock<Disk>; 2] = [const { OnceLock::new() }; 2];
        let blank = BLANK[usize::from(self == Self::Xfs)].get_or_init(|| {
            let folder = scratch();
            let file = folder.path().join("disk");
            Disk::new(self.disk_bytes()).store(&file).unwrap();
            run(&mut self.make(&file)).unwrap();
            let mut disk = Disk::new(self.disk_bytes());
            disk.write(0, &fs::read(&file).unwrap());
            disk
        });
        blank.clone()
    }
}

/// What this machine lacks to cut its power, if anything.
#[must_use]
pub fn why_not(file_system: FileSystem) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("root".to_owned());
    }
    for path in ["/dev/fuse", "/dev/loop-control"] {
        if !Path::new(path).exists() {
            return Some(path.to_owned());
        }
    }
    let make = format!("mkfs.{}", file_system.name());
    let tools = [make.as_str(), "mount", "umount", "losetup", "filefrag", "unshare"];
    let is_there = |tool: &str| {
        ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
            .iter()
            .any(|folder| Path::new(folder).join(tool).exists())
    };
    tools.iter().find(|tool| !is_there(tool)).map(|tool| (*tool).to_owned())
}

/// A folder in memory, if the machine has one: images are many and short-lived.
pub(super) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Runs a tool; what it complained of if it failed.
fn run(command: &mut Command) -> Result<String, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = start(command).wait_with_output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// A disk that is served, mounted and recorded.
pub(crate) struct Recorded {
    pub(super) recorder: Option<Recorder>,
    mounted: Option<Mounted>,
    served: TempDir,
}

impl Recorded {
    /// Serves a disk and mounts its file system.
    pub(crate) fn mount(file_system: FileSystem, disk: Disk) -> Result<Self, String> {
        let served = scratch();
        let recorder = Recorder::serve(disk, served.path());
        let path = recorder.path().to_str().unwrap();
        let device =
            run(Command::new("losetup").args(["--find", "--show", "--direct-io=on", path]))
                .unwrap_or_else(|error| panic!("{error}"));
        let device = PathBuf::from(device.trim());
        let mounted = Mounted::new(file_system, &device, &[]);
        // While mounted this only marks the device, to be let go with the mount.
        run(Command::new("losetup").arg("--detach").arg(&device)).unwrap();
        let mounted = Some(mounted?);
        Ok(Self { recorder: Some(recorder), mounted, served })
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        self.recorder.as_ref().unwrap()
    }

    /// Where the file system is.
    pub(crate) fn root(&self) -> &Path {
        self.mounted.as_ref().unwrap().folder.path()
    }

    /// The disk's blocks of 4 KiB that hold the content of these files.
    pub(super) fn blocks_of(&self, files: &[PathBuf]) -> Vec<usize> {
        let mut command = Command::new("filefrag");
        let listed = run(command.args(["-v", "-b4096"]).args(files)).unwrap();
        let mut blocks = Vec::new();
        for line in listed.lines() {
            // ` 0:        0..      15:       8192..      8207:     16: ...`
            let mut fields = line.split(':').skip(2);
            let Some(physical) = fields.next().and_then(|range| range.split_once("..")) else {
                continue;
            };
            let bounds = (physical.0.trim().parse::<usize>(), physical.1.trim().parse::<usize>());
            if let (Ok(first), Ok(last)) = bounds {
                blocks.extend(first..=last);
            }
        }
        blocks
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        // The file system first, then the disk below it.
        self.mounted = None;
        self.recorder = None;
        let _ = &self.served;
    }
}

/// A mounted file system.
struct Mounted {
    folder: TempDir,
}

impl Mounted {
    fn new(file_system: FileSystem, device: &Path, options: &[&str]) -> Result<Self, String> {
        let folder = scratch();
        let mut command = Command::new("mount");
        command.args(["-t", file_system.name()]);
        if !options.is_empty() {
            command.arg("-o").arg(options.join(","));
        }
        run(command.arg(device).arg(folder.path()))?;
        Ok(Self { folder })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let folder = self.folder.path();
        if let Err(error) = run(Command::new("umount").arg(folder)) {
            // A file system that failed may be busy with itself for a moment.
            let lazily = run(Command::new("umount").arg("--lazy").arg(folder));
            assert!(lazily.is_ok(), "{error}");
        }
    }
}

/// A place where images are mounted one after the other.
pub(super) struct Bench {
    file_system: FileSystem,
    folder: TempDir,
}

impl Bench {
    pub(super) fn new(file_system: FileSystem) -> Self {
        Self { file_system, folder: scratch() }
    }

    /// Mounts a disk and judges the journal on it; `None` if it cannot be mounted.
    pub(super) fn judge(
        &self,
        disk: &Disk,
        drive: &Drive,
        acknowledged: u64,
    ) -> Result<Option<Survived>, Violation> {
        let file = self.folder.path().join("image");
        disk.store(&file).unwrap();
        // Images have the same name, as copies of one file system have.
        let options: &[&str] = match self.file_system {
            FileSystem::Ext4 => &["loop"],
            FileSystem::Xfs => &["loop", "nouuid"],
        };
        let Ok(mounted) = Mounted::new(self.file_system, &file, options) else {
            return Ok(None);
        };
        let journal = mounted.folder.path().join("journal");
        drive.judge(&journal, acknowledged).map(Some)
    }
}
