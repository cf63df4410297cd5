//! Moments on the command line: days and times in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

use gantry_model::{EngineSecond, EngineTime};

use super::values::span;
use crate::error::CliError;

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;
const EXPECTED: &str = "expected a day such as 2025-12-31, or a time such as 2025-12-31T23:59:59Z";
/// Nanoseconds since 1970 in 64 bits reach into the year 2554.
const YEAR_MAX: u64 = 2553;

/// What lies between two moments, the first and the one behind the last; each may be left out.
pub(crate) fn range(
    from: Option<EngineTime>,
    until: Option<EngineTime>,
) -> Result<(EngineTime, EngineTime), CliError> {
    let (from, until) = (from.unwrap_or_default(), until.unwrap_or(EngineTime::new(u64::MAX)));
    if from >= until { Err(CliError::EmptyRange { from, until }) } else { Ok((from, until)) }
}

/// `2025-12-31`, or `2025-12-31T23:59:59.123Z`, or as our own output writes it,
/// `2025-12-31 23:59:59.123 UTC`. A day stands for its beginning.
pub(super) fn moment(text: &str) -> Result<EngineTime, String> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(without_zone(time))),
        None => (text, None),
    };
    let days = days(date).ok_or(EXPECTED)?;
    let nanoseconds = time.map_or(Some(0), nanoseconds_of_day).ok_or(EXPECTED)?;
    Ok(EngineTime::new(days * 86_400 * NANOSECONDS_PER_SECOND + nanoseconds))
}

/// The beginning of a day such as `2025-12-31`.
pub(crate) fn day(text: &str) -> Option<EngineTime> {
    days(text).map(|days| EngineTime::new(days * 86_400 * NANOSECONDS_PER_SECOND))
}

/// When something is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    At(EngineSecond),
    /// So many seconds from now on.
    In(u32),
}

impl When {
    /// The second that is meant, by this machine's clock.
    pub(crate) fn second(self) -> EngineSecond {
        match self {
            Self::At(second) => second,
            Self::In(seconds) => {
                let second = now().get().saturating_add(seconds);
                EngineSecond::new(second.min(EngineSecond::NONE.get() - 1))
            }
        }
    }
}

/// This machine's clock.
pub(crate) fn now() -> EngineSecond {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let second = u32::try_from(since_epoch.as_secs()).unwrap_or(EngineSecond::NONE.get() - 1);
    EngineSecond::new(second)
}

/// A moment, or a span from now on: `+3d`. Parts of a second are cut off.
pub(super) fn when(text: &str) -> Result<When, String> {
    if let Some(span_text) = text.strip_prefix('+') {
        return span(span_text).map(When::In);
    }
    let moment = moment(text).map_err(|error| format!("{error}, or a span such as +3d"))?;
    let second = u32::try_from(moment.get() / NANOSECONDS_PER_SECOND).ok();
    let second = second.filter(|second| *second != EngineSecond::NONE.get());
    let second = second.ok_or("expected a time before the year 2106")?;
    Ok(When::At(EngineSecond::new(second)))
}

/// A moment, a span from now on, or `never`.
pub(super) fn when_or_never(text: &str) -> Result<When, String> {
    if text == "never" { Ok(When::At(EngineSecond::NONE)) } else { when(text) }
}

fn without_zone(time: &str) -> &str {
    time.strip_suffix('Z').or_else(|| time.strip_suffix(" UTC")).unwrap_or(time)
}

/// Days since 1970-01-01.
fn days(text: &str) -> Option<u64> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let year = number(year, 1970..=YEAR_MAX)?;
    let month = number(month, 1..=12)?;
    let day = number(day, 1..=31)?;
    (day <= days_in_month(year, month)).then(|| days_from_civil(year, month, day))
}

fn nanoseconds_of_day(text: &str) -> Option<u64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 0..=23)?;
    let minute = number(parts.next()?, 0..=59)?;
    let second = parts.next().map_or(Some(0), |second| number(second, 0..=59))?;
    if parts.next().is_some() || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let fraction = number(&format!("{fraction:0<9}"), 0..=NANOSECONDS_PER_SECOND - 1)?;
    Some((hour * 3_600 + minute * 60 + second) * NANOSECONDS_PER_SECOND + fraction)
}

/// Digits and nothing else.
fn number(text: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = digits.then(|| text.parse().ok()).flatten()?;
    range.contains(&value).then_some(value)
}

fn days_in_month(year: u64, month: u64) -> u64 {
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_from_civil(next.0, next.1, 1) - days_from_civil(year, month, 1)
}

/// Years are counted from 1 March, so that the leap day is the last of its year.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let months_since_march = (month + 9) % 12;
    let day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::utc_time;

    #[test]
    fn moments_are_what_the_output_shows() {
        for (text, shown) in [
            ("1970-01-01", "1970-01-01 00:00:00.000 UTC"),
            ("2000-02-29T12:34:56.789Z", "2000-02-29 12:34:56.789 UTC"),
            ("2025-12-31T23:59", "2025-12-31 23:59:00.000 UTC"),
            ("2100-02-28 23:59:59.000 UTC", "2100-02-28 23:59:59.000 UTC"),
            ("2553-12-31", "2553-12-31 00:00:00.000 UTC"),
        ] {
            assert_eq!(utc_time(moment(text).unwrap().get()), shown, "{text}");
        }
        assert_eq!(moment("1970-01-02T00:00:00.000000001Z").unwrap().get(), 86_400_000_000_001);
    }

    #[test]
    fn whole_seconds_are_meant() {
        let at = |second| Ok(When::At(EngineSecond::new(second)));
        assert_eq!(when("1970-01-02T00:00:01.999Z"), at(86_401));
        assert_eq!(when_or_never("never"), at(u32::MAX));
        assert_eq!(when("+3d"), Ok(When::In(3 * 86_400)));
        assert!(When::In(60).second() > now());
        assert_eq!(When::In(u32::MAX).second().get(), u32::MAX - 1);
        for text in ["never", "2106-03-01", "+3", "+3w", "+-3d", "3d", "1767225600"] {
            assert!(when(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2025",
            "2025-1",
            "25-01-01",
            "2025-02-29",
            "2025-13-01",
            "2025-00-01",
            "2025-01-00",
            "1969-12-31",
            "2554-01-01",
            "2025-01-01-01",
            "2025-01-01T",
            "2025-01-01T24:00",
            "2025-01-01T1",
            "2025-01-01T00:00:00.",
            "2025-01-01T00:00:00.1234567890",
            "+2025-01-01",
            "2025-01-01T00:00:+1",
            "yesterday",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
