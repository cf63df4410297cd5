//! Codes: the names by which people know SKUs, warehouses, zones and channels.

use std::fmt;

/// The longest code, reference or note, in bytes of UTF-8.
pub const CODE_BYTES_MAX: usize = 40;

/// A short UTF-8 text of at most [`CODE_BYTES_MAX`] bytes, stored in place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    // Zeroes past the text keep the derived order equal to the order of the texts.
    bytes: [u8; CODE_BYTES_MAX],
    length: u8,
}

/// Why a text is not a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Longer than the bound.
    #[error("text of {bytes} bytes is longer than {CODE_BYTES_MAX} bytes")]
    TooLong {
        /// The text's length in bytes.
        bytes: usize,
    },
}

impl Code {
    /// The empty text.
    pub const EMPTY: Self = Self { bytes: [0; CODE_BYTES_MAX], length: 0 };

    /// Copies `text`.
    pub fn new(text: &str) -> Result<Self, CodeError> {
        let length = text.len();
        if length > CODE_BYTES_MAX {
            return Err(CodeError::TooLong { bytes: length });
        }
        let mut bytes = [0; CODE_BYTES_MAX];
        bytes[..length].copy_from_slice(text.as_bytes());
        let length = u8::try_from(length).expect("invariant: at most 40");
        Ok(Self { bytes, length })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("invariant: built from a str")
    }

    /// The text's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl TryFrom<&str> for Code {
    type Error = CodeError;

    fn try_from(text: &str) -> Result<Self, CodeError> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_bytes_fit_and_forty_one_do_not() {
        assert_eq!(Code::new(&"x".repeat(40)).unwrap().as_str().len(), 40);
        assert_eq!(Code::new(&"x".repeat(41)), Err(CodeError::TooLong { bytes: 41 }));
    }

    #[test]
    fn codes_sort_as_their_texts() {
        let mut codes = ["b", "", "ab", "a", "é"].map(|text| Code::new(text).unwrap());
        codes.sort();
        assert_eq!(codes.map(|code| code.as_str().to_owned()), ["", "a", "ab", "b", "é"]);
    }
}
