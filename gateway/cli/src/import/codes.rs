//! Codes in order of first appearance, each with its number within the files.

use std::collections::HashMap;

use gantry_model::Code;

/// A list of codes that finds each by its text.
#[derive(Default)]
pub(super) struct Codes {
    list: Vec<Code>,
    places: HashMap<Code, u32>,
}

impl Codes {
    /// Adds `code` if it is new; whether it was.
    pub(super) fn add(&mut self, code: Code) -> bool {
        let count = self.list.len();
        self.find_or_add(code);
        self.list.len() > count
    }

    /// The number of `code`, which is added if it is new.
    pub(super) fn find_or_add(&mut self, code: Code) -> u32 {
        let next = u32::try_from(self.list.len()).expect("invariant: a file is below 2^32 rows");
        let place = *self.places.entry(code).or_insert(next);
        if place == next {
            self.list.push(code);
        }
        place
    }

    /// The number of `code`.
    pub(super) fn find(&self, code: &Code) -> Option<u32> {
        self.places.get(code).copied()
    }

    /// All codes in order of first appearance.
    pub(super) fn list(&self) -> &[Code] {
        &self.list
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.list.len()
    }
}
