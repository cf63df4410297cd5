//! A kill at every instruction of one append.

use std::time::Instant;

use gantry_faults::driver::Io;
use gantry_faults::scenario::Scenario;
use gantry_faults::steps::walk;

use crate::support::expect;

#[test]
fn a_kill_at_any_instruction_of_an_append_loses_nothing() {
    for io in Io::ALL {
        for scenario in [Scenario::creation(1, io.write_path()), Scenario::roll(2, io.write_path())]
        {
            let started = Instant::now();
            let walked = expect(walk(&scenario));
            println!("{}: {walked:?}, {:.1} s", io.name(), started.elapsed().as_secs_f64());
            assert!(walked.steps > 1_000 && walked.images > 0, "{walked:?}");
        }
    }
}
