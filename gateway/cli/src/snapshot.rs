//! `gantry snapshot`: makes, lists and checks the snapshots of a folder.

use std::path::Path;
use std::sync::Arc;

use gantry_engine::{
    Shadow, SnapshotError, SnapshotFacts, list_snapshots, read_snapshot, snapshot_facts,
};
use gantry_journal::{FileStorage, JournalReader};
use serde::Serialize;

use crate::args::{ListSnapshotsArgs, MakeSnapshotArgs, SnapshotCommand, VerifySnapshotsArgs};
use crate::error::{CliError, Verdict};
use crate::output::{Answer, Output, Page, Progress, Table, grouped, note, utc_time};

/// What is told of one snapshot. The names are a format that other programs read.
#[derive(Debug, Serialize)]
struct Shown {
    file: String,
    sequence: Option<u64>,
    time: Option<String>,
    bytes: Option<u64>,
    rows_version: Option<u32>,
    state_hash: Option<String>,
    /// Why it cannot be used.
    error: Option<String>,
}

/// Snapshots, the newest first.
#[derive(Debug, Serialize)]
struct ShownList {
    snapshots: Vec<Shown>,
}

/// Runs `gantry snapshot`.
pub(crate) fn run(command: &SnapshotCommand, output: &mut Output) -> Result<Verdict, CliError> {
    match command {
        SnapshotCommand::Make(args) => make(args, output),
        SnapshotCommand::List(args) => list(args, output),
        SnapshotCommand::Verify(args) => verify(args, output),
    }
}

fn make(args: &MakeSnapshotArgs, output: &mut Output) -> Result<Verdict, CliError> {
    // Before the shadow makes its folder in it: a folder that is not ours stays as it is.
    drop(JournalReader::open_trimmed(&args.directory).map_err(SnapshotError::from)?);
    let seed = gantry_gateway::index_seed();
    let mut shadow = Shadow::begin(&args.directory, Arc::new(FileStorage::new()), seed)?;
    for error in shadow.passed_over() {
        note(format_args!("{error}: an older one is used"));
    }
    let mut progress = Progress::new("following the journal", None);
    while shadow.step()? {
        progress.set(shadow.last_sequence());
    }
    drop(progress);
    let began_with = shadow.began_with().cloned();
    if let Some(facts) = shadow.finish(&mut || true)? {
        output.answer(args.format.json, &Shown::good(&facts))?;
    } else if let Some(facts) = began_with {
        note("nothing durable has come since the newest snapshot");
        output.answer(args.format.json, &Shown::good(&facts))?;
    } else {
        note("nothing durable is in this journal: there is nothing to make a snapshot of");
    }
    Ok(Verdict::Done)
}

fn list(args: &ListSnapshotsArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let paths = list_snapshots(&FileStorage, &args.directory)?;
    let shown = paths.iter().map(|path| Shown::new(path, snapshot_facts(&FileStorage, path)));
    let shown = ShownList { snapshots: shown.collect() };
    output.answer(args.format.json, &shown).map(|()| Verdict::Done)
}

fn verify(args: &VerifySnapshotsArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let paths = list_snapshots(&FileStorage, &args.directory)?;
    let shown = paths.iter().map(|path| Shown::new(path, verify_one(&args.directory, path)));
    let shown = ShownList { snapshots: shown.collect() };
    let bad = shown.snapshots.iter().filter(|shown| shown.error.is_some()).count();
    output.answer(args.format.json, &shown)?;
    if bad == 0 { Ok(Verdict::Done) } else { Err(CliError::BadSnapshots { bad }) }
}

/// Whether a start could use it: the rows, and the place in the journal.
fn verify_one(directory: &Path, path: &Path) -> Result<SnapshotFacts, SnapshotError> {
    let (_, facts) = read_snapshot(&FileStorage, path, gantry_gateway::index_seed())?;
    JournalReader::open_at(directory, &facts.bookmark)?;
    Ok(facts)
}

impl Shown {
    fn new(path: &Path, facts: Result<SnapshotFacts, SnapshotError>) -> Self {
        match facts {
            Ok(facts) => Self::good(&facts),
            Err(error) => Self {
                file: path.display().to_string(),
                sequence: None,
                time: None,
                bytes: None,
                rows_version: None,
                state_hash: None,
                error: Some(error.to_string()),
            },
        }
    }

    fn good(facts: &SnapshotFacts) -> Self {
        Self {
            file: facts.path.display().to_string(),
            sequence: Some(facts.last_sequence()),
            time: Some(utc_time(facts.last_time.get())),
            bytes: Some(facts.file_bytes),
            rows_version: Some(facts.rows_version),
            state_hash: Some(format!("{:032x}", facts.state_hash)),
            error: None,
        }
    }

    fn row(&self) -> Vec<String> {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![
            self.sequence.map(grouped).unwrap_or_default(),
            said(&self.time),
            self.bytes.map(grouped).unwrap_or_default(),
            said(&self.state_hash),
            self.error.clone().unwrap_or_else(|| "good".to_owned()),
        ]
    }
}

impl Answer for Shown {
    fn page(&self) -> Page {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        Page::new().facts([
            ("snapshot", self.file.clone()),
            ("last sequence", self.sequence.map(grouped).unwrap_or_default()),
            ("time", said(&self.time)),
            ("bytes", self.bytes.map(grouped).unwrap_or_default()),
            ("state hash", said(&self.state_hash)),
        ])
    }
}

impl Answer for ShownList {
    fn page(&self) -> Page {
        if self.snapshots.is_empty() {
            return Page::new().text("There is no snapshot: a start replays the whole journal.");
        }
        let titles = [">last sequence", "time", ">bytes", "state hash", "verdict"];
        let mut table = Table::new(&titles);
        for shown in &self.snapshots {
            table.row(shown.row());
        }
        Page::new().table(table)
    }
}
