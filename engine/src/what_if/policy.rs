//! The policy of a column, by codes: a journal defines them as it goes.

use gantry_model::{
    AssignPolicy, Channel, Code, Command, CommandId, Handle, Objective, PRICE_ROWS_PER_COMMAND_MAX,
    Policy, PriceRow, Rule, Rules, SetPolicy, SetShadowPrices, Sku, SkuField, Warehouse,
    WarehouseField,
};

use crate::state::{Catalogue, CodeTable, State};

/// A policy to decide a journal by, as `set_policy` and `set_shadow_prices` make it.
#[derive(Clone, Debug)]
pub struct WhatIfPolicy {
    /// Its name.
    pub code: Code,
    /// What the best plan has least of.
    pub objective: Objective,
    /// Rules that are dropped in a second pass.
    pub soft: Rules,
    /// Parcels that one order may have: 1 to 64.
    pub parcels_max: u16,
    /// Days that a parcel may be on its way; 65,535 = any number.
    pub days_max: u16,
    /// Orders of a value below this are not split; 0 = no such rule.
    pub split_value_min: i64,
    /// The only warehouses it may use; none = all.
    pub warehouses: Vec<Code>,
    /// Orders with one of these are not split.
    pub no_split_skus: Vec<Code>,
    /// Shadow prices.
    pub prices: Vec<WhatIfPrice>,
}

/// A shadow price, by codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhatIfPrice {
    /// What.
    pub sku: Code,
    /// Where.
    pub warehouse: Code,
    /// Minor units.
    pub price: u32,
}

/// A policy on its way into a column: what is defined by now is set, the rest when it comes.
#[derive(Debug)]
pub(super) struct Installer {
    pub(super) policy: WhatIfPolicy,
    warehouses: Vec<Warehouse>,
    no_split_skus: Vec<Sku>,
    /// Shadow prices that name something still undefined.
    prices: Vec<WhatIfPrice>,
    /// SKUs and warehouses that were defined when this looked last.
    seen: Option<(usize, usize)>,
    /// Counts down from the top, where no client's id is.
    next_id: u128,
}

impl Installer {
    pub(super) fn new(policy: WhatIfPolicy) -> Self {
        let prices = policy.prices.clone();
        let (warehouses, no_split_skus) = (Vec::new(), Vec::new());
        Self { policy, warehouses, no_split_skus, prices, seen: None, next_id: u128::MAX }
    }

    /// Items of the commands that have to come before the next order. `None`: an allow-list without any warehouse yet.
    pub(super) fn items(&mut self, state: &State) -> Option<Vec<u8>> {
        let catalogue = &state.catalogue;
        let mut items = Vec::new();
        let seen = (catalogue.skus.len(), catalogue.warehouses.len());
        let before = self.seen.replace(seen);
        if before == Some(seen) {
            return Some(items);
        }
        let warehouses = known(&catalogue.warehouses, &self.policy.warehouses);
        let no_split_skus = known(&catalogue.skus, &self.policy.no_split_skus);
        if warehouses.is_empty() && !self.policy.warehouses.is_empty() {
            return None;
        }
        let is_new = before.is_none();
        if is_new || warehouses != self.warehouses || no_split_skus != self.no_split_skus {
            (self.warehouses, self.no_split_skus) = (warehouses, no_split_skus);
            self.put_policy(state, &mut items);
        }
        if is_new {
            let policy = catalogue.policies.handle_or_next(self.policy.code.as_str());
            self.put_assignments(state, policy, &mut items);
        }
        self.put_prices(state, &mut items);
        Some(items)
    }

    /// Codes that the policy names and `catalogue` does not know, each once.
    pub(super) fn missing(&self, catalogue: &Catalogue) -> Vec<Code> {
        let skus = self.policy.no_split_skus.iter();
        let skus = skus.chain(self.prices.iter().map(|price| &price.sku));
        let warehouses = self.policy.warehouses.iter();
        let warehouses = warehouses.chain(self.prices.iter().map(|price| &price.warehouse));
        let skus = skus.filter(|code| catalogue.skus.handle(code.as_str()).is_none());
        let warehouses =
            warehouses.filter(|code| catalogue.warehouses.handle(code.as_str()).is_none());
        let mut missing: Vec<Code> = warehouses.chain(skus).copied().collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// An id that no command so far has.
    fn id(&mut self, state: &State) -> CommandId {
        loop {
            let id = CommandId::new(self.next_id);
            self.next_id -= 1;
            if state.first_answer(id).is_none() {
                return id;
            }
        }
    }

    /// The soft rules that there is something to drop of: listed SKUs may come later.
    fn soft(&self) -> Rules {
        let policy = &self.policy;
        let waits = !policy.no_split_skus.is_empty()
            && self.no_split_skus.is_empty()
            && policy.split_value_min == 0;
        let rules = policy.soft.iter().filter(|rule| *rule != Rule::NoSplit || !waits);
        rules.fold(Rules::NONE, Rules::with)
    }

    fn put_policy(&mut self, state: &State, items: &mut Vec<u8>) {
        let id = self.id(state);
        let warehouses = self.warehouses.iter().copied().map(WarehouseField::new);
        let no_split_skus = self.no_split_skus.iter().copied().map(SkuField::new);
        let policy = &self.policy;
        Command::SetPolicy(SetPolicy {
            id,
            objective: policy.objective,
            soft: self.soft(),
            parcels_max: policy.parcels_max,
            days_max: policy.days_max,
            split_value_min: policy.split_value_min,
            warehouses: &warehouses.collect::<Vec<_>>(),
            no_split_skus: &no_split_skus.collect::<Vec<_>>(),
            code: policy.code.as_str(),
        })
        .write(items);
    }

    /// The policy binds every order, and no price but its own holds.
    fn put_assignments(&mut self, state: &State, policy: Policy, items: &mut Vec<u8>) {
        let channels = state.catalogue.channels.handles();
        let bound = channels.filter(|channel| state.policies.assigned(*channel) != Policy::NONE);
        let released = bound.map(|channel| (channel, Policy::NONE));
        for (channel, policy) in released.chain([(Channel::NONE, policy)]) {
            let assign = AssignPolicy { id: self.id(state), channel, policy };
            Command::AssignPolicy(assign).write(items);
        }
        let prices = SetShadowPrices { id: self.id(state), clear: true, rows: &[] };
        Command::SetShadowPrices(prices).write(items);
    }

    fn put_prices(&mut self, state: &State, items: &mut Vec<u8>) {
        let catalogue = &state.catalogue;
        let mut rows = Vec::new();
        self.prices.retain(|price| {
            let sku = catalogue.skus.handle(price.sku.as_str());
            let warehouse = catalogue.warehouses.handle(price.warehouse.as_str());
            let pair = sku.zip(warehouse);
            rows.extend(pair.map(|(sku, warehouse)| (sku, warehouse, price.price)));
            pair.is_none()
        });
        rows.sort_unstable();
        rows.dedup_by_key(|(sku, warehouse, _)| (*sku, *warehouse));
        for chunk in rows.chunks(PRICE_ROWS_PER_COMMAND_MAX) {
            let rows = chunk.iter();
            let rows = rows.map(|(sku, warehouse, price)| PriceRow::new(*sku, *warehouse, *price));
            let rows: Vec<PriceRow> = rows.collect();
            let prices = SetShadowPrices { id: self.id(state), clear: false, rows: &rows };
            Command::SetShadowPrices(prices).write(items);
        }
    }
}

/// Handles of the codes that are defined, rising.
fn known<H: Handle>(table: &CodeTable<H>, codes: &[Code]) -> Vec<H> {
    let mut handles: Vec<H> = codes.iter().filter_map(|code| table.handle(code.as_str())).collect();
    handles.sort_unstable();
    handles.dedup();
    handles
}
