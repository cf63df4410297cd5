//! A policy as its file tells it: codes, not handles. `docs/IMPORT.md` describes the file.
//!
//! What the file alone can say wrong is found here, with the key's name; what only an instance
//! knows (SKUs, warehouses, channels) is found where codes become handles.

use std::collections::HashSet;
use std::path::Path;

use gantry_model::{
    Code, Objective, PARCELS_PER_ORDER_MAX, POLICY_SKUS_MAX, Rule, Rules, SHADOW_PRICE_MINOR_MAX,
    WAREHOUSES_MAX,
};
use serde::Deserialize;

use super::PolicyError;
use crate::table::{Table, TableError};

const PRICE_COLUMNS: &[&str] = &["sku", "warehouse", "price_minor"];
/// Days that no parcel takes longer than: no rule.
const DAYS_ANY: u16 = u16::MAX;

/// A policy, whom it binds, and the shadow prices that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyFile {
    /// What messages call it: its file, or its name.
    pub(crate) source: String,
    /// Its code.
    pub(crate) name: Code,
    /// What the best plan has least of.
    pub(crate) objective: Objective,
    /// Rules that a second pass drops.
    pub(crate) soft: Rules,
    /// Parcels that one order may have, 1 to 64; 64 = any number.
    pub(crate) parcels_max: u16,
    /// Days that a parcel may be on its way; 65,535 = any number.
    pub(crate) days_max: u16,
    /// Orders of a value below this are not split; 0 = no such rule.
    pub(crate) split_value_min_minor: i64,
    /// The only warehouses it may use; none = all.
    pub(crate) warehouses: Vec<Code>,
    /// Orders with one of these are not split.
    pub(crate) no_split_skus: Vec<Code>,
    /// Channels that it binds; `None` = those without a policy of their own.
    pub(crate) channels: Option<Vec<Code>>,
    /// Shadow prices that stand in place of all others; `None` = those that there are.
    pub(crate) prices: Option<Vec<PriceLine>>,
}

/// What a unit at a place is worth to orders still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PriceLine {
    pub(crate) sku: Code,
    pub(crate) warehouse: Code,
    pub(crate) price_minor: u32,
}

/// The file's keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    name: String,
    objective: String,
    parcels_max: Option<i64>,
    days_max: Option<i64>,
    split_value_min_minor: Option<i64>,
    warehouses: Option<Vec<String>>,
    no_split_skus: Option<Vec<String>>,
    soft: Option<Vec<String>>,
    channels: Option<Vec<String>>,
    shadow_prices: Option<String>,
}

impl PolicyFile {
    /// The policy that `argument` means: the name of an objective, or else a file.
    pub(crate) fn read(argument: &str) -> Result<Self, PolicyError> {
        if let Some(objective) = named(Objective::ALL, Objective::name, argument) {
            return Ok(Self::plain(objective));
        }
        let path = Path::new(argument);
        let text = std::fs::read_to_string(path).map_err(|source| PolicyError::Read {
            path: path.to_path_buf(),
            objectives: listed(Objective::ALL, Objective::name),
            source,
        })?;
        let keys: Keys = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = 1 + before.matches('\n').count();
            let problem = error.message().replace('\n', " ");
            PolicyError::Toml { path: path.to_path_buf(), line, problem }
        })?;
        let prices = keys.shadow_prices.as_ref().map(|prices| path.with_file_name(prices));
        let mut policy = Judge { source: argument }.policy(keys)?;
        policy.prices = prices.map(|prices| read_prices(&prices)).transpose()?;
        Ok(policy)
    }

    /// An objective without rules, for all channels without a policy of their own.
    pub(crate) fn plain(objective: Objective) -> Self {
        Self {
            source: objective.name().to_owned(),
            name: Code::new(objective.name()).expect("invariant: names of objectives are codes"),
            objective,
            soft: Rules::NONE,
            parcels_max: PARCELS_PER_ORDER_MAX,
            days_max: DAYS_ANY,
            split_value_min_minor: 0,
            warehouses: Vec::new(),
            no_split_skus: Vec::new(),
            channels: None,
            prices: None,
        }
    }
}

/// Holds a file's keys against what they may say.
struct Judge<'a> {
    source: &'a str,
}

impl Judge<'_> {
    fn policy(&self, keys: Keys) -> Result<PolicyFile, PolicyError> {
        let objective = named(Objective::ALL, Objective::name, &keys.objective);
        let objective = objective.ok_or_else(|| {
            let right = format!("one of {}", listed(Objective::ALL, Objective::name));
            self.fault("objective", &format!("{:?} is no objective", keys.objective), &right)
        })?;
        let parcels_any = i64::from(PARCELS_PER_ORDER_MAX);
        let parcels_max = self.number("parcels_max", keys.parcels_max, 1..=parcels_any)?;
        let days_max = self.number("days_max", keys.days_max, 0..=i64::from(DAYS_ANY) - 1)?;
        let value_min =
            self.number("split_value_min_minor", keys.split_value_min_minor, 1..=i64::MAX)?;
        let narrow = |number: i64| u16::try_from(number).expect("invariant: held against a range");
        let policy = PolicyFile {
            source: self.source.to_owned(),
            name: self.code("name", &keys.name)?,
            objective,
            soft: self.soft(keys.soft.unwrap_or_default())?,
            parcels_max: parcels_max.map_or(PARCELS_PER_ORDER_MAX, narrow),
            days_max: days_max.map_or(DAYS_ANY, narrow),
            split_value_min_minor: value_min.unwrap_or(0),
            warehouses: self.rule_list("warehouses", keys.warehouses, WAREHOUSES_MAX)?,
            no_split_skus: self.rule_list("no_split_skus", keys.no_split_skus, POLICY_SKUS_MAX)?,
            channels: keys.channels.map(|codes| self.codes("channels", &codes)).transpose()?,
            prices: None,
        };
        self.contradictions(&policy, keys.shadow_prices.is_some())?;
        Ok(policy)
    }

    /// The rules of the engine's `policy_contradicts`, told by key.
    fn contradictions(&self, policy: &PolicyFile, has_prices: bool) -> Result<(), PolicyError> {
        let splits = policy.split_value_min_minor != 0 || !policy.no_split_skus.is_empty();
        let bounds_parcels = policy.parcels_max < PARCELS_PER_ORDER_MAX;
        let absent = [
            (Rule::Warehouses, policy.warehouses.is_empty(), "warehouses"),
            (Rule::DaysMax, policy.days_max == DAYS_ANY, "days_max"),
            (Rule::ParcelsMax, !bounds_parcels, "parcels_max below 64"),
            (Rule::NoSplit, !splits, "split_value_min_minor or no_split_skus"),
        ];
        for (rule, is_absent, needs) in absent {
            if is_absent && policy.soft.contains(rule) {
                let wrong =
                    format!("it names {:?}, a rule that the policy does not have", rule.name());
                return Err(self.fault("soft", &wrong, &format!("{needs} besides")));
            }
        }
        if policy.parcels_max == 1 && splits {
            let wrong = "one parcel at most leaves nothing to forbid splitting";
            let right = "parcels_max above 1, or neither split_value_min_minor nor no_split_skus";
            return Err(self.fault("parcels_max", wrong, right));
        }
        if policy.objective == Objective::Greedy && (bounds_parcels || splits) {
            let wrong = "greedy looks at no limit on parcels and no rule against splitting";
            return Err(self.fault("objective", wrong, "another objective, or no such rule"));
        }
        let reads_prices = policy.objective == Objective::LeastCostWithShadowPrices;
        if has_prices && !reads_prices {
            let wrong = format!("{} reads no shadow prices", policy.objective.name());
            let right = Objective::LeastCostWithShadowPrices.name();
            return Err(self.fault("shadow_prices", &wrong, &format!("the objective {right}")));
        }
        Ok(())
    }

    fn soft(&self, names: Vec<String>) -> Result<Rules, PolicyError> {
        names.iter().try_fold(Rules::NONE, |rules, name| {
            let rule = named(Rule::ALL, Rule::name, name).ok_or_else(|| {
                let right = format!("rules of {}", listed(Rule::ALL, Rule::name));
                self.fault("soft", &format!("{name:?} is no rule"), &right)
            })?;
            Ok(rules.with(rule))
        })
    }

    fn number(
        &self,
        key: &'static str,
        number: Option<i64>,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, PolicyError> {
        match number {
            Some(number) if !range.contains(&number) => {
                let (min, max) = range.into_inner();
                let right = match max {
                    i64::MAX => format!("{min} or more, or no {key} at all"),
                    _ => format!("{min} to {max}, or no {key} at all"),
                };
                Err(self.fault(key, &format!("{number} cannot be"), &right))
            }
            number => Ok(number),
        }
    }

    /// A list that makes a rule: an empty one would make none.
    fn rule_list(
        &self,
        key: &'static str,
        codes: Option<Vec<String>>,
        max: usize,
    ) -> Result<Vec<Code>, PolicyError> {
        let Some(codes) = codes else { return Ok(Vec::new()) };
        if codes.is_empty() || codes.len() > max {
            let right = format!("1 to {max}, or no {key} at all");
            return Err(self.fault(key, &format!("{} codes", codes.len()), &right));
        }
        self.codes(key, &codes)
    }

    fn codes(&self, key: &'static str, texts: &[String]) -> Result<Vec<Code>, PolicyError> {
        let mut seen = HashSet::new();
        let mut codes = Vec::with_capacity(texts.len());
        for text in texts {
            let code = self.code(key, text)?;
            if !seen.insert(code) {
                return Err(self.fault(key, &format!("{text:?} stands there twice"), "each once"));
            }
            codes.push(code);
        }
        Ok(codes)
    }

    fn code(&self, key: &'static str, text: &str) -> Result<Code, PolicyError> {
        let is_plain = text.trim() == text && !text.contains(char::is_control);
        let code = Code::new(text).ok().filter(|code| is_plain && !code.is_empty());
        let right = "1 to 40 bytes, without spaces around them or control characters";
        code.ok_or_else(|| self.fault(key, &format!("{text:?} is no code"), right))
    }

    fn fault(&self, key: &'static str, wrong: &str, right: &str) -> PolicyError {
        let (wrong, right) = (wrong.to_owned(), right.to_owned());
        PolicyError::Key { policy: self.source.to_owned(), key, wrong, right }
    }
}

fn read_prices(path: &Path) -> Result<Vec<PriceLine>, TableError> {
    let mut seen = HashSet::new();
    let mut prices = Vec::new();
    Table::read(path)?.for_each_row(PRICE_COLUMNS, &[], |row| {
        let (sku, warehouse) = (row.code("sku")?, row.code("warehouse")?);
        if !seen.insert((sku, warehouse)) {
            let wrong = format!("SKU {sku} at warehouse {warehouse} stands in this file already");
            return Err(row.error("sku", &wrong, "one row for each"));
        }
        let price_minor = row.number_u32("price_minor", 0, SHADOW_PRICE_MINOR_MAX)?;
        prices.push(PriceLine { sku, warehouse, price_minor });
        Ok(())
    })?;
    Ok(prices)
}

fn named<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str, name: &str) -> Option<T> {
    all.iter().copied().find(|value| name_of(*value) == name)
}

fn listed<T: Copy>(all: &[T], name_of: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|value| name_of(*value)).collect::<Vec<_>>().join(", ")
}
