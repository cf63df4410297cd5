//! The lines of the language that set sourcing up: limits, channels, policies, capacity, reserves,
//! bundles, shadow prices, and the time.
//!
//! A place is `SKU@WAREHOUSE`, or `SKU@WAREHOUSE/CHANNEL` for a ring-fence. What a policy or a
//! capacity does not name is no rule; what limits do not name is as in a new instance.

use gantry_model::{
    AssignPolicy, Channel, Command, CommandId, Component, EngineTime, Limits, Objective,
    PARCELS_PER_ORDER_MAX, Policy, PriceRow, ReserveRow, Rule, Rules, SetBundle, SetCapacity,
    SetLimits, SetPolicy, SetReserves, SetShadowPrices, SkuField, UpsertCode, WarehouseField,
};

use super::{Shop, number};

impl Shop {
    /// Runs one line that sets something up; the time has no reply.
    pub(super) fn set_up(&mut self, id: CommandId, words: &[&str]) -> Vec<u8> {
        match *words {
            ["time", day, clock] => {
                let minutes = 1_440 * day.parse::<u64>().unwrap() + minute(clock);
                self.clock = EngineTime::new(minutes * 60_000_000_000);
                Vec::new()
            }
            ["limits", ref bounds @ ..] => {
                let bound = |prefix| bounds.iter().find_map(|word| number(word, prefix));
                let Limits {
                    lines_per_order_max: lines,
                    quantity_per_line_max: units,
                    rejections_remembered_max: rejections,
                    sourcing_steps_max: steps,
                } = Limits::DEFAULT;
                let limits = Limits {
                    lines_per_order_max: bound("lines=").unwrap_or(lines),
                    quantity_per_line_max: bound("units=").unwrap_or(units),
                    rejections_remembered_max: bound("rejections=").unwrap_or(rejections),
                    sourcing_steps_max: bound("steps=").unwrap_or(steps),
                };
                self.send(&Command::SetLimits(SetLimits { id, limits }))
            }
            ["channel", code] => self.send(&Command::UpsertChannel(UpsertCode { id, code })),
            ["policy", code, objective, ref rules @ ..] => self.policy(id, code, objective, rules),
            ["assign", channel, policy] => {
                let channel = if channel == "all" { Channel::NONE } else { self.channel(channel) };
                let policy = if policy == "none" { Policy::NONE } else { self.policy_of(policy) };
                self.send(&Command::AssignPolicy(AssignPolicy { id, channel, policy }))
            }
            ["capacity", warehouse, ref bounds @ ..] => {
                let warehouse = self.warehouse(warehouse);
                let cut_off = flag(bounds, "cut_off=").map_or(u64::from(u16::MAX), minute);
                let bound = |prefix| bounds.iter().find_map(|word| number(word, prefix));
                self.send(&Command::SetCapacity(SetCapacity {
                    id,
                    warehouse,
                    cut_off_minute: cut_off.try_into().unwrap(),
                    orders_per_day_max: bound("orders=").unwrap_or(u32::MAX),
                    units_per_day_max: bound("units=").unwrap_or(u32::MAX),
                }))
            }
            ["reserve", ref places @ ..] => {
                let rows: Vec<_> = places.iter().map(|place| self.reserve(place)).collect();
                self.send(&Command::SetReserves(SetReserves { id, rows: &rows }))
            }
            ["bundle", sku, components] => {
                let part = |(code, units): (&str, &str)| {
                    Component::new(self.sku(code), units.parse().unwrap())
                };
                let parts = components.split(',').filter_map(|part| part.split_once(':'));
                let components: Vec<_> = parts.map(part).collect();
                let sku = self.sku(sku);
                self.send(&Command::SetBundle(SetBundle { id, sku, components: &components }))
            }
            ["price", ref places @ ..] => {
                let clear = places.first() == Some(&"clear");
                let rows: Vec<_> =
                    places[usize::from(clear)..].iter().map(|place| self.price(place)).collect();
                self.send(&Command::SetShadowPrices(SetShadowPrices { id, clear, rows: &rows }))
            }
            _ => panic!("no such command: {words:?}"),
        }
    }

    fn policy(&mut self, id: CommandId, code: &str, objective: &str, rules: &[&str]) -> Vec<u8> {
        let soft = list(rules, "soft=")
            .into_iter()
            .map(|name| *Rule::ALL.iter().find(|rule| rule.name() == name).unwrap());
        let bound =
            |prefix, none: u16| flag(rules, prefix).map_or(none, |figure| figure.parse().unwrap());
        let objective = Objective::ALL.iter().find(|known| known.name() == objective);
        let warehouses: Vec<_> = list(rules, "warehouses=")
            .into_iter()
            .map(|code| WarehouseField::new(self.warehouse(code)))
            .collect();
        let no_split_skus: Vec<_> = list(rules, "no_split=")
            .into_iter()
            .map(|code| SkuField::new(self.sku(code)))
            .collect();
        self.send(&Command::SetPolicy(SetPolicy {
            id,
            objective: *objective.unwrap(),
            soft: soft.fold(Rules::NONE, Rules::with),
            parcels_max: bound("parcels_max=", PARCELS_PER_ORDER_MAX),
            days_max: bound("days_max=", u16::MAX),
            split_value_min: flag(rules, "split_below=").map_or(0, |min| min.parse().unwrap()),
            warehouses: &warehouses,
            no_split_skus: &no_split_skus,
            code: if code == "-" { "" } else { code },
        }))
    }

    /// `SKU@WAREHOUSE:units` is safety stock, `SKU@WAREHOUSE/CHANNEL:units` a ring-fence.
    fn reserve(&self, place: &str) -> ReserveRow {
        let (cell, units) = place.split_once(':').unwrap();
        let (cell, channel) = match cell.split_once('/') {
            Some((cell, channel)) => (cell, self.channel(channel)),
            None => (cell, Channel::NONE),
        };
        let (sku, warehouse) = cell.split_once('@').unwrap();
        let (sku, warehouse) = (self.sku(sku), self.warehouse(warehouse));
        ReserveRow::new(sku, warehouse, channel, units.parse().unwrap())
    }

    /// `SKU@WAREHOUSE:price`.
    fn price(&self, place: &str) -> PriceRow {
        let (cell, price) = place.split_once(':').unwrap();
        let (sku, warehouse) = cell.split_once('@').unwrap();
        PriceRow::new(self.sku(sku), self.warehouse(warehouse), price.parse().unwrap())
    }

    pub(crate) fn channel(&self, code: &str) -> Channel {
        self.engine.state().catalogue.channels.handle(code).unwrap_or(Channel::new(999))
    }

    pub(crate) fn policy_of(&self, code: &str) -> Policy {
        self.engine.state().catalogue.policies.handle(code).unwrap_or(Policy::new(999))
    }
}

/// Minutes after midnight of `hh:mm`.
fn minute(clock: &str) -> u64 {
    let (hours, minutes) = clock.split_once(':').unwrap();
    60 * hours.parse::<u64>().unwrap() + minutes.parse::<u64>().unwrap()
}

pub(super) fn flag<'a>(words: &[&'a str], prefix: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(prefix))
}

fn list<'a>(words: &[&'a str], prefix: &str) -> Vec<&'a str> {
    flag(words, prefix).map_or_else(Vec::new, |names| names.split(',').collect())
}
