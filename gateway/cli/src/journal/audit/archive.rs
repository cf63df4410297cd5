//! What leaves memory for the archive: file after file, and no more than there is.

use gantry_model::Retire;

use super::{Fault, rule};

/// The archive file whose rows leave, and what has left.
#[derive(Default)]
pub(super) struct Archive {
    /// What the last record said, with the sums of its file so far.
    last: Option<Retire>,
    orders: u64,
    commands: u64,
}

impl Archive {
    /// Takes a record of the engine's own, when so many orders were placed and so many other
    /// commands carried out.
    pub(super) fn take(&mut self, retire: &Retire, placed: u64, others: u64) -> Result<(), Fault> {
        let mut sums = *retire;
        match self.last.filter(|last| !is_complete(last)) {
            Some(last) => {
                let is_same = Retire { orders: last.orders, commands: last.commands, ..*retire };
                rule(is_same == last, "one archive file is worked off before the next")?;
                sums.orders += last.orders;
                sums.commands += last.commands;
            }
            None => {
                let next = self.last.map_or(1, |last| last.archive + 1);
                rule(retire.archive == next, "archive files are dense from 1")?;
            }
        }
        let fits = sums.orders <= sums.orders_total && sums.commands <= sums.commands_total;
        rule(fits, "no more leaves than the archive file holds")?;
        self.last = Some(sums);
        self.orders += u64::from(retire.orders);
        self.commands += u64::from(retire.commands);
        rule(self.orders <= placed, "no more orders leave than were placed")?;
        rule(self.commands <= others, "no more commands leave than were carried out")
    }
}

fn is_complete(retire: &Retire) -> bool {
    retire.orders == retire.orders_total && retire.commands == retire.commands_total
}
