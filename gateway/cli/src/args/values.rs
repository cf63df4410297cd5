//! Values on the command line: codes, ids, lines and modes, parsed or refused with a sentence.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use gantry_model::{
    AdjustReason, CODE_BYTES_MAX, COOL_DOWN_SECONDS_MAX, CommandId, EngineSecond, HOLD_SECONDS_MAX,
    QUANTITY_PER_LINE_MAX, RejectCause, Sequence, ShortMode, StockState, UNITS_PER_COMMAND_MAX,
    UNITS_PER_COMPONENT_MAX, WaitKey,
};

/// `SKU:QUANTITY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderLineText {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

/// `LINE:QUANTITY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CancelUnits {
    pub(crate) line: u16,
    pub(crate) quantity: u32,
}

/// `LINE:WAREHOUSE:QUANTITY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShipUnits {
    pub(crate) line: u16,
    pub(crate) warehouse: String,
    pub(crate) quantity: u32,
}

/// `COMPONENT=UNITS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ComponentText {
    pub(crate) sku: String,
    pub(crate) units: u32,
}

/// A code, reference or note.
pub(super) fn code(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("a code cannot be empty".into());
    }
    short_text(text)
}

/// A text that may be empty.
pub(super) fn short_text(text: &str) -> Result<String, String> {
    if text.len() > CODE_BYTES_MAX {
        return Err(format!("{} bytes; at most {CODE_BYTES_MAX} are allowed", text.len()));
    }
    Ok(text.to_owned())
}

/// A UUID in any of its usual forms; never 0.
pub(super) fn command_id(text: &str) -> Result<CommandId, String> {
    match uuid::Uuid::try_parse(text) {
        Ok(uuid) if uuid.is_nil() => Err("the id of zeroes means nothing".into()),
        Ok(uuid) => Ok(CommandId::new(uuid.as_u128())),
        Err(_) => Err("not a UUID such as 0197a3c0-7f00-7000-8000-000000000001".into()),
    }
}

/// `SKU:QUANTITY`; the SKU's code may contain colons.
pub(super) fn order_line(text: &str) -> Result<OrderLineText, String> {
    let (sku, quantity_text) =
        text.rsplit_once(':').ok_or("expected SKU:QUANTITY, such as MUG:2")?;
    Ok(OrderLineText { sku: code(sku)?, quantity: quantity(quantity_text)? })
}

/// `LINE:QUANTITY`.
pub(super) fn cancel_units(text: &str) -> Result<CancelUnits, String> {
    let (line_text, quantity_text) =
        text.split_once(':').ok_or("expected LINE:QUANTITY, such as 0:1 (lines count from 0)")?;
    Ok(CancelUnits { line: line(line_text)?, quantity: quantity(quantity_text)? })
}

/// `LINE:WAREHOUSE:QUANTITY`; the warehouse's code may contain colons.
pub(super) fn ship_units(text: &str) -> Result<ShipUnits, String> {
    const EXPECTED: &str = "expected LINE:WAREHOUSE:QUANTITY, such as 0:BER:1 (lines count from 0)";
    let (line_text, rest) = text.split_once(':').ok_or(EXPECTED)?;
    let (warehouse, quantity_text) = rest.rsplit_once(':').ok_or(EXPECTED)?;
    Ok(ShipUnits {
        line: line(line_text)?,
        warehouse: code(warehouse)?,
        quantity: quantity(quantity_text)?,
    })
}

/// `COMPONENT=UNITS`; the component's code may contain equals signs.
pub(super) fn component(text: &str) -> Result<ComponentText, String> {
    let (sku, units) = text.rsplit_once('=').ok_or("expected COMPONENT=UNITS, such as MUG=2")?;
    let units = units.parse().ok().filter(|units| (1..=UNITS_PER_COMPONENT_MAX).contains(units));
    let units = units.ok_or_else(|| format!("expected 1 to {UNITS_PER_COMPONENT_MAX} units"))?;
    Ok(ComponentText { sku: code(sku)?, units })
}

/// `HH:MM`, as minutes after midnight.
pub(super) fn minute_of_day(text: &str) -> Result<u16, String> {
    let part = |text: &str, end: u16| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|part: &u16| digits && *part < end)
    };
    let parts =
        text.split_once(':').and_then(|(hour, minute)| part(hour, 24).zip(part(minute, 60)));
    let (hour, minute) = parts.ok_or("expected a time of day from 00:00 to 23:59")?;
    Ok(hour * 60 + minute)
}

/// A signed number of units, other than 0.
pub(super) fn delta(text: &str) -> Result<i32, String> {
    let units: i32 = text.parse().map_err(|_| format!("`{text}` is not a whole number"))?;
    if units == 0 || units.unsigned_abs() > UNITS_PER_COMMAND_MAX {
        return Err(format!("expected 1 to {UNITS_PER_COMMAND_MAX}, with + or - before it"));
    }
    Ok(units)
}

/// Units that arrive.
pub(super) fn receipt(text: &str) -> Result<i32, String> {
    match delta(text)? {
        units if units > 0 => Ok(units),
        _ => Err("a receipt adds units; use `stock adjust` to take some away".into()),
    }
}

/// `CLASS:RECORD:LINE`, the place of a waiting line; of one with a promise `CLASS:SECOND:RECORD:LINE`.
pub(super) fn wait_key(text: &str) -> Result<WaitKey, String> {
    const EXPECTED: &str = "expected CLASS:RECORD:LINE, such as 0:1042:0, or with the second of \
                            the promise, such as 0:1767225600:1042:0";
    let parts: Vec<&str> = text.split(':').collect();
    let (class, promised, placed, line_text) = match parts[..] {
        [class, placed, line] => (class, EngineSecond::NONE, placed, line),
        [class, second, placed, line] => {
            let second = second.parse().map_err(|_| EXPECTED)?;
            (class, EngineSecond::new(second), placed, line)
        }
        _ => return Err(EXPECTED.into()),
    };
    Ok(WaitKey {
        priority_class: class.parse().map_err(|_| EXPECTED)?,
        promised,
        placed: Sequence::new(placed.parse().map_err(|_| EXPECTED)?),
        line: line(line_text)?,
    })
}

/// How long a hold lasts: `600s`, `10m`, `24h`, `7d`.
pub(super) fn seconds(text: &str) -> Result<u32, String> {
    let seconds = span(text)?;
    let is_lasting = (1..=HOLD_SECONDS_MAX).contains(&seconds);
    if is_lasting { Ok(seconds) } else { Err("a hold lasts from 1s to 7d".into()) }
}

/// How long an order has nothing from a warehouse that rejected units of it.
pub(super) fn cool_down(text: &str) -> Result<u32, String> {
    let seconds = span(text)?;
    let is_short = seconds <= COOL_DOWN_SECONDS_MAX;
    if is_short { Ok(seconds) } else { Err("a cool-down lasts at most 30d".into()) }
}

/// A span of time: `600s`, `10m`, `24h`, `7d`.
pub(super) fn span(text: &str) -> Result<u32, String> {
    const EXPECTED: &str = "expected a time such as 600s, 10m, 24h or 7d";
    let unit = match text.bytes().last() {
        Some(b's') => 1,
        Some(b'm') => 60,
        Some(b'h') => 3_600,
        Some(b'd') => 86_400,
        _ => return Err(EXPECTED.into()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| EXPECTED)?;
    number.checked_mul(unit).ok_or_else(|| "that is longer than a century".into())
}

/// The number of a record.
pub(super) fn record(text: &str) -> Result<Sequence, String> {
    let number = text.parse().map_err(|_| format!("`{text}` is not the number of a record"))?;
    Ok(Sequence::new(number))
}

/// Counted units, 0 or more.
pub(super) fn count(text: &str) -> Result<i32, String> {
    let units: i32 = text.parse().map_err(|_| format!("`{text}` is not a whole number"))?;
    if units < 0 || units.unsigned_abs() > UNITS_PER_COMMAND_MAX {
        return Err(format!("expected 0 to {UNITS_PER_COMMAND_MAX}"));
    }
    Ok(units)
}

/// Three capital letters, zero-padded.
pub(super) fn currency(text: &str) -> Result<[u8; 4], String> {
    match text.as_bytes() {
        [a, b, c] if text.bytes().all(|byte| byte.is_ascii_uppercase()) => Ok([*a, *b, *c, 0]),
        _ => Err("expected three capital letters, such as EUR".into()),
    }
}

/// The name of a mode, one of a fixed list that `--help` shows.
pub(super) fn short_mode() -> impl TypedValueParser<Value = ShortMode> {
    PossibleValuesParser::new(ShortMode::ALL.iter().map(|mode| mode.name()))
        .map(|name| named(ShortMode::ALL, ShortMode::name, &name))
}

/// The name of a mode that an import can use; `wait_complete` is for later.
pub(super) fn short_mode_for_import() -> impl TypedValueParser<Value = ShortMode> {
    let modes = ShortMode::ALL.iter().filter(|mode| **mode != ShortMode::WaitComplete);
    PossibleValuesParser::new(modes.map(|mode| mode.name()))
        .map(|name| named(ShortMode::ALL, ShortMode::name, &name))
}

/// The name of a reason for a correction.
pub(super) fn adjust_reason() -> impl TypedValueParser<Value = AdjustReason> {
    let reasons = AdjustReason::ALL.iter().filter(|reason| **reason != AdjustReason::None);
    PossibleValuesParser::new(reasons.map(|reason| reason.name()))
        .map(|name| named(AdjustReason::ALL, AdjustReason::name, &name))
}

/// The name of the figure that a correction changes.
pub(super) fn stock_state() -> impl TypedValueParser<Value = StockState> {
    PossibleValuesParser::new(StockState::ALL.iter().map(|state| state.name()))
        .map(|name| named(StockState::ALL, StockState::name, &name))
}

/// The name of why a warehouse cannot ship.
pub(super) fn reject_cause() -> impl TypedValueParser<Value = RejectCause> {
    PossibleValuesParser::new(RejectCause::ALL.iter().map(|cause| cause.name()))
        .map(|name| named(RejectCause::ALL, RejectCause::name, &name))
}

/// Units of a supply.
pub(super) fn supply_units(text: &str) -> Result<u32, String> {
    let units = text.parse().ok().filter(|units| (1..=UNITS_PER_COMMAND_MAX).contains(units));
    units.ok_or_else(|| format!("`{text}` is not a quantity from 1 to {UNITS_PER_COMMAND_MAX}"))
}

fn named<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str, name: &str) -> T {
    let found = all.iter().copied().find(|value| name_of(*value) == name);
    found.expect("invariant: the parser lets only listed names through")
}

fn line(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("`{text}` is not a line number; lines count from 0"))
}

fn quantity(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(units) if (1..=QUANTITY_PER_LINE_MAX).contains(&units) => Ok(units),
        _ => Err(format!("`{text}` is not a quantity from 1 to {QUANTITY_PER_LINE_MAX}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_at_the_last_colon() {
        let line = order_line("SHOE:RED:42:3").unwrap();
        assert_eq!(line, OrderLineText { sku: "SHOE:RED:42".into(), quantity: 3 });
        let units = ship_units("1:A:B:7").unwrap();
        assert_eq!(units, ShipUnits { line: 1, warehouse: "A:B".into(), quantity: 7 });
    }

    #[test]
    fn wrong_values_are_refused() {
        for text in ["MUG", "MUG:", ":2", "MUG:0", "MUG:-1", "MUG:1.5", "MUG:1000001", "MUG:9e9"] {
            assert!(order_line(text).is_err(), "{text}");
        }
        for text in ["0", "x", "-2000000000", "2147483648"] {
            assert!(delta(text).is_err(), "{text}");
        }
        for text in ["1", "1:2", "256:1:0", "0:1:x", "0:x:2:3", "0:1:2:3:4"] {
            assert!(wait_key(text).is_err(), "{text}");
        }
        for text in
            ["", "s", "600", "10 m", "-1s", "0s", "1.5h", "8d", "604801s", "99999999d", "1é"]
        {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert!(record("x").is_err());
        assert!(receipt("-1").is_err());
        assert!(count("-1").is_err());
        assert!(command_id("00000000-0000-0000-0000-000000000000").is_err());
        assert!(currency("eur").is_err());
        assert!(code(&"x".repeat(41)).is_err());
    }

    #[test]
    fn times_are_read_as_seconds() {
        let read = ["600s", "10m", "24h", "7d"].map(|text| seconds(text).unwrap());
        assert_eq!(read, [600, 600, 86_400, HOLD_SECONDS_MAX]);
        assert_eq!((cool_down("0s"), cool_down("30d")), (Ok(0), Ok(COOL_DOWN_SECONDS_MAX)));
        assert!(cool_down("31d").is_err());
    }

    #[test]
    fn signs_are_read() {
        assert_eq!(delta("-3"), Ok(-3));
        assert_eq!(delta("+3"), Ok(3));
        assert_eq!(count("0"), Ok(0));
    }
}
