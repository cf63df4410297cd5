//! Pages: titles, facts and tables as aligned text.

use std::fmt::Write;

/// Aligned text for people, built piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Page {
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Text(String),
    Facts(Vec<(String, String)>),
    Table(Table),
}

/// A table; columns of figures stand to the right.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

#[derive(Debug)]
struct Column {
    title: String,
    right: bool,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

impl Page {
    /// An empty page.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a sentence.
    #[must_use]
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Text(text.into()));
        self
    }

    /// Adds names and values, one pair a line; facts that follow each other are aligned.
    #[must_use]
    pub(crate) fn facts(mut self, facts: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value));
        match self.blocks.last_mut() {
            Some(Block::Facts(before)) => before.extend(facts),
            _ => self.blocks.push(Block::Facts(facts.collect())),
        }
        self
    }

    /// Adds a table, unless it has no rows.
    #[must_use]
    pub(crate) fn table(mut self, table: Table) -> Self {
        if !table.rows.is_empty() {
            self.blocks.push(Block::Table(table));
        }
        self
    }

    /// The page as text, each line ended.
    pub(crate) fn render(&self, styled: bool) -> String {
        let mut text = String::new();
        for (index, block) in self.blocks.iter().enumerate() {
            let table = matches!(block, Block::Table(_));
            if index > 0 && table {
                text.push('\n');
            }
            match block {
                Block::Text(line) => writeln!(text, "{}", printable(line)).expect(INFALLIBLE),
                Block::Facts(facts) => render_facts(facts, styled, &mut text),
                Block::Table(table) => table.render(styled, &mut text),
            }
        }
        text
    }
}

/// Writing to a `String` cannot fail.
const INFALLIBLE: &str = "invariant: a String takes every write";

fn render_facts(facts: &[(String, String)], styled: bool, text: &mut String) {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let (on, off) = if styled { (DIM, PLAIN) } else { ("", "") };
    for (name, value) in facts {
        writeln!(text, "{on}{name:<width$}{off}  {}", printable(value)).expect(INFALLIBLE);
    }
}

impl Table {
    /// A table with these columns. A title that begins with `>` stands to the right.
    pub(crate) fn new<T: AsRef<str>>(titles: &[T]) -> Self {
        let column = |title: &T| match title.as_ref().strip_prefix('>') {
            Some(title) => Column { title: printable(title), right: true },
            None => Column { title: printable(title.as_ref()), right: false },
        };
        Self { columns: titles.iter().map(column).collect(), rows: Vec::new() }
    }

    /// Adds a row of as many cells as there are columns.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| printable(&cell)).collect();
        assert_eq!(cells.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(cells);
    }

    fn widths(&self) -> Vec<usize> {
        let cell_width = |row: &Vec<String>, index: usize| row[index].chars().count();
        let widest = |index: usize, column: &Column| {
            let cells = self.rows.iter().map(|row| cell_width(row, index)).max().unwrap_or(0);
            cells.max(column.title.chars().count())
        };
        self.columns.iter().enumerate().map(|(index, column)| widest(index, column)).collect()
    }

    fn render(&self, styled: bool, text: &mut String) {
        let widths = self.widths();
        let (on, off) = if styled { (BOLD, PLAIN) } else { ("", "") };
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title.as_str()).collect();
        writeln!(text, "{on}{}{off}", self.align(&titles, &widths)).expect(INFALLIBLE);
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            writeln!(text, "{}", self.align(&cells, &widths)).expect(INFALLIBLE);
        }
    }

    fn align(&self, cells: &[&str], widths: &[usize]) -> String {
        let aligned = cells.iter().zip(&self.columns).zip(widths).map(|((cell, column), width)| {
            if column.right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        aligned.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// A text from a shop may hold anything; what would steer a terminal is shown escaped.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A whole number with its thousands set apart: `1,234,567`.
pub(crate) fn grouped<Number: Into<i128>>(number: Number) -> String {
    let number = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    if number < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of a whole: `12.3 %`, or `–` of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let per_mille = u128::from(part) * 1_000 / u128::from(whole);
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

/// Nanoseconds since the Unix epoch as `2026-01-31 23:59:59.123 UTC`.
pub(crate) fn utc_time(time_ns: u64) -> String {
    let seconds = time_ns / 1_000_000_000;
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil_from_days(days);
    let (hour, minute, second) =
        (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    let millis = time_ns / 1_000_000 % 1_000;
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03} UTC")
}

/// The date of a number of days since 1970-01-01, in the Gregorian calendar. Years are counted
/// from 1 March so that the leap day is the last of its year.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    const DAYS_PER_ERA: u64 = 146_097;
    let since_march_of_year_0 = days + 719_468;
    let (era, day_of_era) =
        (since_march_of_year_0 / DAYS_PER_ERA, since_march_of_year_0 % DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month =
        if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_to_the_right_and_lines_have_no_tail() {
        let mut table = Table::new(&["sku", ">units", "note"]);
        table.row(["MUG".into(), "7".into(), String::new()]);
        table.row(["T".into(), "1,000".into(), "é".into()]);
        let text = Page::new().table(table).render(false);
        assert_eq!(text, "sku  units  note\nMUG      7\nT    1,000  é\n");
    }

    #[test]
    fn what_would_steer_a_terminal_is_escaped() {
        let text = Page::new().facts([("reference", "a\x1b[2Jb".to_owned())]).render(false);
        assert_eq!(text, "reference  a\\u{1b}[2Jb\n");
    }

    #[test]
    fn numbers_are_grouped() {
        let shown = [0, 12, 999, 1_000, -1_234_567].map(grouped::<i32>);
        assert_eq!(shown, ["0", "12", "999", "1,000", "-1,234,567"]);
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(0, 0), "–");
    }

    #[test]
    fn times_are_dates() {
        assert_eq!(utc_time(0), "1970-01-01 00:00:00.000 UTC");
        assert_eq!(utc_time(951_827_696_789_000_000), "2000-02-29 12:34:56.789 UTC");
        assert_eq!(utc_time(4_107_542_399_000_000_000), "2100-02-28 23:59:59.000 UTC");
        assert_eq!(utc_time(4_107_542_400_000_000_000), "2100-03-01 00:00:00.000 UTC");
    }
}
