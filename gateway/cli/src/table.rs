//! Reads one CSV file: finds its columns by name, walks its rows, and words every fault with file,
//! line and column.
//!
//! Knows nothing of what a row means. A file is read whole before it is judged, so that what was
//! checked is what is used.

mod error;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ErrorKind, ReaderBuilder, StringRecord};
use gantry_model::Code;

pub(crate) use error::TableError;

/// Longest file: two gibibytes, some twenty million order lines.
const FILE_BYTES_MAX: u64 = 2 << 30;

/// A CSV file in memory.
pub(crate) struct Table {
    file: PathBuf,
    bytes: Vec<u8>,
}

/// One row of a table.
pub(crate) struct Row<'a> {
    file: &'a Path,
    columns: &'a Columns,
    record: &'a StringRecord,
    /// The line on which the row begins, from 1.
    pub(crate) line: u64,
}

/// Where the columns that are wanted stand.
struct Columns {
    places: Vec<(&'static str, usize)>,
}

impl Table {
    /// Reads the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, TableError> {
        let mut file = File::open(path).map_err(TableError::read(path))?;
        let bytes = file.metadata().map_err(TableError::read(path))?.len();
        if bytes > FILE_BYTES_MAX {
            let path = path.to_path_buf();
            return Err(TableError::FileTooLong { path, bytes, bytes_max: FILE_BYTES_MAX });
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(TableError::read(path))?;
        Ok(Self { file: path.to_path_buf(), bytes: content })
    }

    /// Calls `on_row` for each row. Columns in neither list are ignored; `optional` ones may lack.
    pub(crate) fn for_each_row(
        &self,
        required: &'static [&'static str],
        optional: &'static [&'static str],
        mut on_row: impl FnMut(&Row<'_>) -> Result<(), TableError>,
    ) -> Result<(), TableError> {
        let mut reader = ReaderBuilder::new().from_reader(self.bytes.as_slice());
        let mut lines = LineCounter::new(&self.bytes);
        let header = reader.headers().map_err(|error| self.row_error(1, &error))?;
        let columns = Columns::find(&self.file, header, required, optional)?;
        let mut record = StringRecord::new();
        loop {
            let start = reader.position().byte();
            match reader.read_record(&mut record) {
                Ok(false) => return Ok(()),
                Ok(true) => {
                    let line = lines.line_at(start);
                    on_row(&Row { file: &self.file, columns: &columns, record: &record, line })?;
                }
                Err(error) => return Err(self.row_error(lines.line_at(start), &error)),
            }
        }
    }

    fn row_error(&self, line: u64, error: &csv::Error) -> TableError {
        let problem = match error.kind() {
            ErrorKind::UnequalLengths { expected_len, len, .. } => format!(
                "the row has {len} fields; right would be {expected_len}, as the first line has"
            ),
            ErrorKind::Utf8 { err, .. } => format!(
                "field {} is not UTF-8; right would be a file saved as UTF-8",
                err.field() + 1
            ),
            _ => error.to_string(),
        };
        TableError::Row { file: self.file.clone(), line, problem }
    }
}

impl Columns {
    fn find(
        file: &Path,
        header: &StringRecord,
        required: &[&'static str],
        optional: &[&'static str],
    ) -> Result<Self, TableError> {
        let mut places = Vec::with_capacity(required.len() + optional.len());
        for &column in required.iter().chain(optional) {
            let mut found = header.iter().enumerate().filter(|(_, name)| *name == column);
            let wrong = match (found.next(), found.next()) {
                (Some((place, _)), None) => {
                    places.push((column, place));
                    continue;
                }
                (None, _) if optional.contains(&column) => continue,
                (None, _) => "is missing",
                (Some(_), Some(_)) => "stands there twice",
            };
            let (file, expected) = (file.to_path_buf(), required.join(", "));
            return Err(TableError::Column { file, column, wrong, expected });
        }
        Ok(Self { places })
    }
}

impl<'a> Row<'a> {
    /// The field as it stands, or `None` where an optional column lacks.
    pub(crate) fn text(&self, column: &'static str) -> Option<&'a str> {
        let (_, place) = self.columns.places.iter().find(|(name, _)| *name == column)?;
        Some(self.record.get(*place).expect("invariant: rows are as long as the first line"))
    }

    /// The field as a code: a text of 1 to 40 bytes.
    pub(crate) fn code(&self, column: &'static str) -> Result<Code, TableError> {
        let code = self.code_or_empty(column)?;
        if code.is_empty() {
            return Err(self.error(column, "nothing stands here", "a text of 1 to 40 bytes"));
        }
        Ok(code)
    }

    /// The field as a code, which may be empty.
    pub(crate) fn code_or_empty(&self, column: &'static str) -> Result<Code, TableError> {
        let text = self.text(column).unwrap_or_default();
        let trimmed = text.trim() == text && !text.contains(char::is_control);
        match Code::new(text) {
            Ok(code) if trimmed => Ok(code),
            Ok(_) => Err(self.error(
                column,
                &format!("{text:?} has spaces around it or a control character in it"),
                "the text alone",
            )),
            Err(error) => Err(self.error(column, &error.to_string(), "at most 40 bytes")),
        }
    }

    /// The field as a whole number from `min` to `max`.
    pub(crate) fn number(
        &self,
        column: &'static str,
        min: u64,
        max: u64,
    ) -> Result<u64, TableError> {
        let text = self.text(column).unwrap_or_default();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        number.filter(|_| digits).ok_or_else(|| {
            let right = format!("a whole number from {min} to {max}");
            self.error(column, &format!("{text:?} cannot be"), &right)
        })
    }

    /// As [`Self::number`], for fields of 32 bits.
    pub(crate) fn number_u32(
        &self,
        column: &'static str,
        min: u32,
        max: u32,
    ) -> Result<u32, TableError> {
        let number = self.number(column, u64::from(min), u64::from(max))?;
        Ok(u32::try_from(number).expect("invariant: at most max"))
    }

    /// As [`Self::number`], for fields of 16 bits.
    pub(crate) fn number_u16(
        &self,
        column: &'static str,
        min: u16,
        max: u16,
    ) -> Result<u16, TableError> {
        let number = self.number(column, u64::from(min), u64::from(max))?;
        Ok(u16::try_from(number).expect("invariant: at most max"))
    }

    /// A fault in this row.
    pub(crate) fn error(&self, column: &'static str, wrong: &str, right: &str) -> TableError {
        TableError::Cell {
            file: self.file.to_path_buf(),
            line: self.line,
            column,
            wrong: wrong.to_owned(),
            right: right.to_owned(),
        }
    }
}

/// Turns byte offsets into line numbers. The reader's own count stumbles over blank lines and
/// carriage returns.
struct LineCounter<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, counted: 0, line: 1 }
    }

    /// The line of the first row at or after `offset`; offsets never go back.
    fn line_at(&mut self, offset: u64) -> u64 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let row = self.bytes[offset..].iter().position(|byte| !matches!(byte, b'\r' | b'\n'));
        let end = row.map_or(self.bytes.len(), |skipped| offset + skipped);
        let passed = self.bytes[self.counted..end].iter().filter(|byte| **byte == b'\n').count();
        self.line += passed as u64;
        self.counted = end;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str) -> Vec<u64> {
        let table = Table { file: PathBuf::from("t.csv"), bytes: text.into() };
        let mut lines = Vec::new();
        table
            .for_each_row(&["a"], &[], |row| {
                lines.push(row.line);
                Ok(())
            })
            .unwrap();
        lines
    }

    #[test]
    fn a_row_knows_its_line_whatever_ends_lines() {
        assert_eq!(lines_of("a\n1\n2\n"), [2, 3]);
        assert_eq!(lines_of("a\r\n1\r\n2"), [2, 3]);
        assert_eq!(lines_of("a\n\n\n1\n\n2"), [4, 6]);
        assert_eq!(lines_of("b,a\n\"x\ny\",1\n2,3\n"), [2, 4]);
        assert_eq!(lines_of("\u{feff}a\n1\n"), [2]);
    }
}
