//! What rests on the journal: snapshots, archive files, and a journal without its beginning.

use gantry_faults::driver::Io;
use gantry_faults::instance::{AtWork, Making, put_back};
use gantry_faults::system_calls::{Fault, strace_is_there, sweep};

use crate::support::{can_run, expect};

#[test]
fn a_journal_put_back_behind_its_snapshot_is_refused() {
    (1..=20).for_each(|seed| expect(put_back(seed)));
}

fn kill_everywhere(making: Making) {
    if !can_run("kill at every system call of a making", strace_is_there(), "strace") {
        return;
    }
    // One scenario of each; the campaign tries both write paths of each.
    let io = Io::ALL[usize::from(making == Making::Archive)];
    let at_work = AtWork::new(making, 1, io.write_path());
    // A kill before a read leaves what the kill before it left; the campaign tries those too.
    let swept = expect(sweep(&at_work, Fault::Kill, |call| call != "pread64"));
    println!("{making:?}: {swept:?}");
    assert!(swept.faults > 100, "{swept:?}");
}

#[test]
fn a_kill_at_any_system_call_of_a_snapshot_loses_nothing() {
    kill_everywhere(Making::Snapshot);
}

#[test]
fn a_kill_at_any_system_call_of_an_archive_file_loses_nothing() {
    kill_everywhere(Making::Archive);
}

#[test]
fn a_kill_at_any_system_call_of_a_trim_loses_nothing() {
    kill_everywhere(Making::Trim);
}
