//! A scenario as it is kept, and as a person reads it: one line for each item and each fault.

use std::fmt::Write;

use gantry_model::{COMMAND_BYTES_MAX, Command, Item, Query};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::scenario::{Asked, Scenario};

/// Longest line of a listing: a list of prices has a thousand rows.
const CHARS_MAX: usize = 400;

/// An item in a file. What it reads as is for whoever looks at the file.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default)]
    reads: String,
    is_query: bool,
    bytes: String,
}

impl Serialize for Asked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Written { reads: reads(self), is_query: self.is_query, bytes }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { is_query, bytes: text, .. } = Written::deserialize(deserializer)?;
        let bytes: Option<_> = text.as_bytes().chunks(2).map(byte).collect();
        let bytes = bytes.ok_or_else(|| D::Error::custom("bytes are not pairs of hex digits"))?;
        Ok(Self { is_query, bytes })
    }
}

fn byte(pair: &[u8]) -> Option<u8> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16);
    let [high, low] = pair else { return None };
    u8::try_from(16 * digit(high)? + digit(low)?).ok()
}

/// The command or query, or what is wrong with it.
fn reads(asked: &Asked) -> String {
    let read = Item::split(&asked.bytes, COMMAND_BYTES_MAX).and_then(|(item, _)| {
        Ok(match asked.is_query {
            true => format!("{:?}", Query::parse(&item)?),
            false => format!("{:?}", Command::parse(&item)?),
        })
    });
    let mut text = read.map_or_else(|error| format!("malformed: {error}"), |text| plain(&text));
    if let Some((end, _)) = text.char_indices().nth(CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Numbers without the names of their types.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        let name_at = before.rfind(|char: char| !char.is_alphanumeric()).map_or(0, |at| at + 1);
        let number = after.split_once(')').filter(|(inner, _)| is_number(inner));
        match number {
            Some((number, behind)) => {
                plain.push_str(&before[..name_at]);
                plain.push_str(number);
                rest = behind;
            }
            None => {
                plain.push_str(before);
                plain.push('(');
                rest = after;
            }
        }
    }
    plain + rest
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl Scenario {
    /// As a file: each item and each fault has a line.
    ///
    /// # Errors
    /// None that is known of; JSON has errors.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let mut text = String::from("{\n");
        let settings =
            serde_json::to_value(Self { faults: Vec::new(), items: Vec::new(), ..self.clone() })?;
        for (name, value) in settings.as_object().into_iter().flatten() {
            if name != "faults" && name != "items" {
                let _ = writeln!(text, "{name:?}: {value},");
            }
        }
        let _ = write!(text, "\"faults\": {},\n\"items\": ", lines(&self.faults)?);
        Ok(text + &lines(&self.items)? + "\n}\n")
    }

    /// What happens, line by line.
    #[must_use]
    pub fn listing(&self) -> String {
        let mut text = format!(
            "  seed {}, {:?}\n  {:?}\n  {:?}\n",
            self.seed, self.setting, self.clients, self.weather
        );
        for index in 0..=self.items.len() {
            let is_here =
                |at_item| at_item == index || index == self.items.len() && at_item > index;
            for fault in self.faults.iter().filter(|fault| is_here(fault.at_item)) {
                let _ =
                    writeln!(text, "  when {} items were taken: {:?}", fault.at_item, fault.kind);
            }
            if let Some(item) = self.items.get(index) {
                let _ = writeln!(text, "  {index:>5} {}", reads(item));
            }
        }
        if let Some(damage) = self.damage {
            let _ = writeln!(text, "  after the stop: {damage:?}");
        }
        text
    }
}

fn lines<T: Serialize>(values: &[T]) -> serde_json::Result<String> {
    let lines: Result<Vec<_>, _> = values.iter().map(serde_json::to_string).collect();
    let lines = lines?.join(",\n  ");
    Ok(if lines.is_empty() { "[]".to_owned() } else { format!("[\n  {lines}\n]") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_the_names_of_their_types() {
        let text = "PlaceOrder(PlaceOrder { id: OrderId(7), lines: [OrderLine { sku: U32(4) }] })";
        let expected = "PlaceOrder(PlaceOrder { id: 7, lines: [OrderLine { sku: 4 }] })";
        assert_eq!(plain(text), expected);
        assert_eq!(plain("nothing (here) or (-3) f()"), "nothing (here) or -3 f()");
    }

    #[test]
    fn a_file_has_a_line_for_each_item_and_is_read_back() {
        let scenario = Scenario::draw(3, 300);
        let text = scenario.to_json().unwrap_or_default();
        assert_eq!(serde_json::from_str::<Scenario>(&text).ok(), Some(scenario.clone()));
        assert!(text.lines().count() >= scenario.items.len() + scenario.faults.len());
        assert!(text.contains("\"reads\":\"UpsertZone("), "{text}");
    }

    #[test]
    fn a_listing_shows_every_item_and_every_fault() {
        let scenario = Scenario::draw(3, 3_000);
        assert!(!scenario.faults.is_empty());
        let listing = scenario.listing();
        let damage = usize::from(scenario.damage.is_some());
        let expected = 3 + scenario.items.len() + scenario.faults.len() + damage;
        assert_eq!(listing.lines().count(), expected);
        assert!(listing.contains("PlaceOrder(") && listing.contains("items were taken: "));
    }
}
