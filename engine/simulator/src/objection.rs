//! What an objection is about, whichever items it names: a scenario that is made smaller must still
//! end with an objection of the same sort.

/// Words that say what an objection is about; what follows are details.
const WORDS: usize = 8;

/// The first words of an objection, without figures and without what was printed in brackets.
#[must_use]
pub fn sort(objection: &str) -> String {
    let mut depth = 0_usize;
    let mut outside = String::new();
    for char in objection.chars() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(char),
            _ => {}
        }
    }
    let is_word = |word: &&str| !word.is_empty() && !word.contains(|char: char| char.is_numeric());
    let words = outside.split(|char: char| !char.is_alphanumeric()).filter(is_word);
    words.take(WORDS).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_what_is_printed_do_not_count() {
        let one = "at record 5: record 6, Ship(OrderUnits { id: 1 }): moved [Movement(3)], not []";
        let other =
            "at record 71: record 72, Ship(OrderUnits { id: 12 }): moved [], not [Movement]";
        assert_eq!(sort(one), sort(other));
        assert_eq!(sort(one), "at record record Ship moved not");
    }

    #[test]
    fn another_objection_is_of_another_sort() {
        let lost = "a start ends at 4, told was 9";
        assert_ne!(sort(lost), sort("a start ends at 4, a reader at 9"));
        assert_ne!(sort(lost), sort("a panic: index out of bounds: the len is 3"));
    }
}
