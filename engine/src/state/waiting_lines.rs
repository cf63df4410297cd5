//! The lines of one book: sorted runs of at most 64, found by binary search.
//!
//! Most lines come in at the end and leave at the front. A tree of the standard library is left half
//! full by that and takes 43 bytes a line; a run is full but for the last, and takes 24.

use std::collections::VecDeque;

use gantry_model::WaitKey;

/// Lines of a run at most.
const RUN_LINES_MAX: usize = 64;

/// A line that waits, and the slot of its order.
pub(super) type Line = (WaitKey, u32);

/// See the module. No run is empty, and no two neighbours fit half a run together.
#[derive(Debug, Default)]
pub(super) struct WaitingLines {
    runs: VecDeque<Vec<Line>>,
    count: usize,
}

impl WaitingLines {
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The slot of the line at `key`.
    pub(super) fn get(&self, key: WaitKey) -> Option<u32> {
        let (run, at) = self.find(key);
        let (found, slot) = self.runs.get(run)?.get(at)?;
        (*found == key).then_some(*slot)
    }

    /// The lines from `key` on, in order.
    pub(super) fn from(&self, key: WaitKey) -> impl Iterator<Item = Line> {
        let (run, at) = self.find(key);
        let first = self.runs.get(run).map_or(&[][..], |run| &run[at..]);
        let rest = self.runs.range(self.runs.len().min(run + 1)..);
        first.iter().chain(rest.flatten()).copied()
    }

    /// Puts a line in its place; one that is there already stays.
    pub(super) fn insert(&mut self, key: WaitKey, slot: u32) {
        let (run, at) = self.find(key);
        if run == self.runs.len() {
            return self.push(key, slot);
        }
        let lines = &mut self.runs[run];
        if lines[at].0 == key {
            return;
        }
        lines.insert(at, (key, slot));
        self.count += 1;
        if lines.len() > RUN_LINES_MAX {
            let upper = lines.split_off(RUN_LINES_MAX / 2);
            self.runs.insert(run + 1, upper);
        }
    }

    /// Takes the line at `key` out, if it is there; returns its order's slot.
    pub(super) fn remove(&mut self, key: WaitKey) -> Option<u32> {
        let (run, at) = self.find(key);
        let lines = self.runs.get_mut(run)?;
        if lines[at].0 != key {
            return None;
        }
        let (_, slot) = lines.remove(at);
        self.count -= 1;
        if lines.is_empty() {
            self.runs.remove(run);
        } else {
            self.join(run);
            self.join(run.wrapping_sub(1));
        }
        Some(slot)
    }

    /// The run that has the first line not before `key`, and where in it that is; the number of runs
    /// where every line is before `key`.
    fn find(&self, key: WaitKey) -> (usize, usize) {
        let is_before = |lines: &Vec<Line>| lines[lines.len() - 1].0 < key;
        let run = self.runs.partition_point(is_before);
        let at = self.runs.get(run).map_or(0, |lines| lines.partition_point(|line| line.0 < key));
        (run, at)
    }

    fn push(&mut self, key: WaitKey, slot: u32) {
        self.count += 1;
        match self.runs.back_mut() {
            Some(lines) if lines.len() < RUN_LINES_MAX => lines.push((key, slot)),
            _ => self.runs.push_back(vec![(key, slot)]),
        }
    }

    /// Joins a run with the next if half a run has room for both, so that many removals do not
    /// leave many runs.
    fn join(&mut self, run: usize) {
        let [Some(lines), Some(next)] = [run, run.wrapping_add(1)].map(|at| self.runs.get(at))
        else {
            return;
        };
        if lines.len() + next.len() <= RUN_LINES_MAX / 2 {
            let next = self.runs.remove(run + 1).expect("invariant: it was just looked at");
            self.runs[run].extend(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gantry_model::Sequence;
    use proptest::prelude::*;

    use super::*;

    fn key(number: u16) -> WaitKey {
        let placed = Sequence::new(u64::from(number / 8) + 1);
        WaitKey { placed, line: number % 8, ..WaitKey::FIRST }
    }

    fn check(lines: &WaitingLines, naive: &BTreeMap<WaitKey, u32>, from: WaitKey) {
        assert_eq!(lines.len(), naive.len());
        assert_eq!(lines.is_empty(), naive.is_empty());
        assert_eq!(lines.get(from), naive.get(&from).copied());
        let rest: Vec<Line> = naive.range(from..).map(|(key, slot)| (*key, *slot)).collect();
        assert_eq!(lines.from(from).collect::<Vec<_>>(), rest);
    }

    proptest! {
        #[test]
        fn behaves_like_a_tree(
            steps in prop::collection::vec((0_u8..5, 0_u16..600, 0_u16..600), 1..900),
        ) {
            let (mut lines, mut naive) = (WaitingLines::default(), BTreeMap::new());
            for (step, number, from) in steps {
                match step {
                    0..3 => {
                        lines.insert(key(number), number.into());
                        naive.insert(key(number), number.into());
                    }
                    3 => {
                        let gone = naive.remove(&key(number));
                        assert_eq!(lines.remove(key(number)), gone);
                    }
                    _ => if let Some((first, slot)) = naive.pop_first() {
                        assert_eq!(lines.remove(first), Some(slot));
                    },
                }
                check(&lines, &naive, key(from));
            }
            check(&lines, &naive, WaitKey::FIRST);
        }
    }

    #[test]
    fn runs_are_full_of_lines_that_come_in_order() {
        let mut lines = WaitingLines::default();
        (0..6_400).for_each(|number| lines.insert(key(number), 0));
        assert_eq!(lines.runs.len(), 100);
    }

    #[test]
    fn few_lines_leave_few_runs() {
        let mut lines = WaitingLines::default();
        (0..6_400).for_each(|number| lines.insert(key(number), 0));
        for number in (0..6_400).filter(|number| number % 64 > 0) {
            assert_eq!(lines.remove(key(number)), Some(0));
        }
        assert_eq!(lines.len(), 100);
        assert!(lines.runs.len() <= 7, "{} runs", lines.runs.len());
    }
}
