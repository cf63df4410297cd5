//! The commands that bring a policy into force, once its codes are handles.

use std::collections::BTreeSet;

use gantry_model::{
    AssignPolicy, Channel, Code, Command, CommandId, Namespace, PRICE_ROWS_PER_COMMAND_MAX, Policy,
    PriceRow, SetPolicy, SetShadowPrices, Sku, SkuField, Warehouse, WarehouseField,
};

use super::PolicyError;
use super::file::{PolicyFile, PriceLine};

/// A policy with handles in place of codes.
#[derive(Debug)]
pub(crate) struct PolicyCommands<'a> {
    file: &'a PolicyFile,
    pub(super) warehouses: Vec<WarehouseField>,
    pub(super) no_split_skus: Vec<SkuField>,
    /// [`Channel::NONE`] for those without a policy of their own.
    pub(super) channels: Vec<Channel>,
    /// Rising by SKU and warehouse; those of zero are left out, as the table is cleared first.
    pub(super) prices: Option<Vec<PriceRow>>,
}

impl PolicyFile {
    /// Every code that must be defined, each once.
    pub(crate) fn codes(&self) -> BTreeSet<(Namespace, Code)> {
        let of = |namespace, codes: &[Code]| {
            codes.iter().map(move |code| (namespace, *code)).collect::<Vec<_>>()
        };
        let prices = self.prices.iter().flatten();
        let prices = prices.flat_map(|price| {
            [(Namespace::Sku, price.sku), (Namespace::Warehouse, price.warehouse)]
        });
        of(Namespace::Warehouse, &self.warehouses)
            .into_iter()
            .chain(of(Namespace::Sku, &self.no_split_skus))
            .chain(of(Namespace::Channel, self.channels.as_deref().unwrap_or_default()))
            .chain(prices)
            .collect()
    }

    /// Fails with the first code that nobody defined.
    pub(crate) fn check_codes(
        &self,
        is_known: impl Fn(Namespace, &Code) -> bool,
    ) -> Result<(), PolicyError> {
        match self.codes().into_iter().find(|(namespace, code)| !is_known(*namespace, code)) {
            Some((namespace, code)) => Err(self.unknown(namespace, code)),
            None => Ok(()),
        }
    }

    fn unknown(&self, namespace: Namespace, code: Code) -> PolicyError {
        PolicyError::Unknown { policy: self.source.clone(), namespace, code }
    }

    /// Its commands, with the handles that `handle` finds.
    pub(crate) fn commands(
        &self,
        handle: impl Fn(Namespace, &Code) -> Option<u32>,
    ) -> Result<PolicyCommands<'_>, PolicyError> {
        let find = |namespace, code: &Code| {
            handle(namespace, code).ok_or_else(|| self.unknown(namespace, *code))
        };
        let sku = |code: &Code| find(Namespace::Sku, code).map(Sku::new);
        let warehouse =
            |code: &Code| find(Namespace::Warehouse, code).map(|at| Warehouse::new(narrow(at)));
        let channel =
            |code: &Code| find(Namespace::Channel, code).map(|at| Channel::new(narrow(at)));
        let mut warehouses =
            self.warehouses.iter().map(warehouse).collect::<Result<Vec<_>, _>>()?;
        let mut no_split_skus =
            self.no_split_skus.iter().map(sku).collect::<Result<Vec<_>, _>>()?;
        warehouses.sort_unstable();
        no_split_skus.sort_unstable();
        let channels = match &self.channels {
            Some(codes) => codes.iter().map(channel).collect::<Result<_, _>>()?,
            None => vec![Channel::NONE],
        };
        let row = |line: &PriceLine| {
            Ok(PriceRow::new(sku(&line.sku)?, warehouse(&line.warehouse)?, line.price_minor))
        };
        let rows =
            |lines: &Vec<PriceLine>| lines.iter().map(row).collect::<Result<Vec<_>, PolicyError>>();
        let mut prices = self.prices.as_ref().map(rows).transpose()?;
        if let Some(rows) = &mut prices {
            rows.retain(|row| row.price() > 0);
            rows.sort_unstable_by_key(|row| (row.sku(), row.warehouse()));
        }
        Ok(PolicyCommands {
            file: self,
            warehouses: warehouses.into_iter().map(WarehouseField::new).collect(),
            no_split_skus: no_split_skus.into_iter().map(SkuField::new).collect(),
            channels,
            prices,
        })
    }
}

impl PolicyCommands<'_> {
    /// Command number `step`, from 0: the policy, the prices in place of all others, and whom the
    /// policy binds. `policy` is the handle that the first command's answer gave.
    pub(crate) fn step(&self, step: usize, id: CommandId, policy: Policy) -> Option<Command<'_>> {
        let Some(step) = step.checked_sub(1) else {
            return Some(Command::SetPolicy(self.set_policy(id)));
        };
        let chunk_count = self.price_commands();
        if let (Some(rows), true) = (&self.prices, step < chunk_count) {
            let chunk = rows.chunks(PRICE_ROWS_PER_COMMAND_MAX).nth(step).unwrap_or_default();
            let prices = SetShadowPrices { id, clear: step == 0, rows: chunk };
            return Some(Command::SetShadowPrices(prices));
        }
        let channel = *self.channels.get(step - chunk_count)?;
        Some(Command::AssignPolicy(AssignPolicy { id, channel, policy }))
    }

    /// Commands that the prices take: one clears, even if no price follows.
    fn price_commands(&self) -> usize {
        let rows = self.prices.as_ref().map(Vec::len);
        rows.map_or(0, |rows| rows.div_ceil(PRICE_ROWS_PER_COMMAND_MAX).max(1))
    }

    fn set_policy(&self, id: CommandId) -> SetPolicy<'_> {
        let file = self.file;
        SetPolicy {
            id,
            objective: file.objective,
            soft: file.soft,
            parcels_max: file.parcels_max,
            days_max: file.days_max,
            split_value_min: file.split_value_min_minor,
            warehouses: &self.warehouses,
            no_split_skus: &self.no_split_skus,
            code: file.name.as_str(),
        }
    }
}

/// The id of a later command of the same request: a hash of the first one's, so that the request
/// can be repeated as a whole.
pub(crate) fn step_id(first: CommandId, step: usize) -> CommandId {
    if step == 0 {
        return first;
    }
    hashed_id("gantry policy", &[&first.get().to_be_bytes(), &(step as u64).to_be_bytes()])
}

/// The first sixteen bytes of a hash, in the order in which a UUID is written.
pub(super) fn hashed_id(what: &str, parts: &[&[u8]]) -> CommandId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(what.as_bytes());
    parts.iter().for_each(|part| {
        hasher.update(part);
    });
    let hash = hasher.finalize();
    let (half, _) = hash.as_bytes().split_first_chunk().expect("invariant: a hash has 32 bytes");
    CommandId::new(u128::from_be_bytes(*half))
}

fn narrow(handle: u32) -> u16 {
    u16::try_from(handle).expect("invariant: warehouses and channels have 16-bit handles")
}
