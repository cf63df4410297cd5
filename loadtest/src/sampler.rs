//! The server's own figures, asked with its own tool: `gantry stats --addr ADDR --json`.
//!
//! What the journal wrote and how often it synced is known to the server only. A tool that is not
//! there, or does not answer, gives no figure rather than a wrong one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;
use tokio::task::JoinHandle;

/// Figures at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Sample {
    /// Bytes written to the journal since the server's start.
    #[serde(default)]
    pub(crate) journal_bytes: Option<u64>,
    /// Syncs since the server's start.
    #[serde(default)]
    pub(crate) syncs: Option<u64>,
    /// What an answer promises.
    #[serde(default)]
    pub(crate) durability: Option<String>,
    /// The write path.
    #[serde(default)]
    pub(crate) journal_io: Option<String>,
}

/// Asks for figures.
#[derive(Clone, Debug)]
pub(crate) struct Sampler {
    /// The `gantry` executable.
    pub(crate) tool: PathBuf,
    /// The server's address.
    pub(crate) address: SocketAddr,
}

impl Sampler {
    /// Asks, beside the load.
    pub(crate) fn start(&self) -> JoinHandle<Option<Sample>> {
        let sampler = self.clone();
        tokio::task::spawn_blocking(move || sampler.ask())
    }

    fn ask(&self) -> Option<Sample> {
        let output = Command::new(&self.tool)
            .args(["stats", "--addr", &self.address.to_string(), "--json"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        if !output.status.success() {
            return None;
        }
        serde_json::from_slice(&output.stdout).ok()
    }
}

/// The growth of a figure between two moments.
pub(crate) fn growth(
    samples: &[Option<Sample>; 2],
    figure: impl Fn(&Sample) -> Option<u64>,
) -> Option<u64> {
    let [before, after] = samples.each_ref().map(|sample| sample.as_ref().and_then(&figure));
    after?.checked_sub(before?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_are_not_there_are_none() {
        let sample: Sample = serde_json::from_str(r#"{"journal_bytes": 7, "more": 1}"#).unwrap();
        assert_eq!(sample, Sample { journal_bytes: Some(7), ..Sample::default() });
    }

    #[test]
    fn growth_needs_both_moments() {
        let at = |bytes| Some(Sample { journal_bytes: Some(bytes), ..Sample::default() });
        assert_eq!(growth(&[at(5), at(12)], |sample| sample.journal_bytes), Some(7));
        assert_eq!(growth(&[None, at(12)], |sample| sample.journal_bytes), None);
        assert_eq!(growth(&[at(5), at(12)], |sample| sample.syncs), None);
        // A server that was started anew in between.
        assert_eq!(growth(&[at(12), at(5)], |sample| sample.journal_bytes), None);
    }

    #[test]
    fn a_tool_that_is_not_there_gives_no_figures() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        assert_eq!(Sampler { tool: PathBuf::from("/no/gantry"), address }.ask(), None);
    }
}
