//! What of rows of version 1 needs no table: the sum of the orders' hashes, and where ids lie.
//!
//! It is half of the work of a start, and another thread than the one that builds the tables can
//! do it. Nothing is judged here: rows that make no sense are passed over, because `restore_v1`
//! refuses them.

use gantry_model::Channel;
use rkyv::vec::ArchivedVec;

use super::restore_v1::{Parts, access, allocation, code, detail_row, line, order_row};
use super::rows_v1::{self as v1, Kind};
use crate::state::{IdIndex, IndexBuilder, POSITION_MAX, Place, State, StateHash, rows};

/// Sums and indexes section by section.
#[derive(Debug)]
pub(crate) struct Indexing {
    ids: IndexBuilder,
    codes: Codes,
    orders_hash: StateHash,
    orders: u32,
    commands: u32,
    rejections: u32,
}

/// What stands for codes in the hashes of orders, by handle.
#[derive(Debug, Default)]
struct Codes {
    skus: Vec<u64>,
    warehouses: Vec<u64>,
    zones: Vec<u64>,
    channels: Vec<u64>,
}

impl Indexing {
    /// Nothing yet. `index_seed` as for an engine.
    pub(crate) fn new(index_seed: u64) -> Self {
        Self {
            ids: IndexBuilder::new(index_seed),
            codes: Codes::default(),
            orders_hash: StateHash::default(),
            orders: 0,
            commands: 0,
            rejections: 0,
        }
    }

    /// Takes the next section; `bytes` as for `Restoring::add`.
    pub(crate) fn add(&mut self, number: u16, bytes: &[u8]) {
        // Without a sum or an id the ends do not meet.
        let _ = Kind::from_number(number).and_then(|kind| self.add_rows(kind, bytes));
    }

    fn add_rows(&mut self, kind: Kind, bytes: &[u8]) -> Option<()> {
        match kind {
            Kind::Skus => {
                let codes = rows_of(bytes)?.iter().map(|row: &v1::ArchivedSku| &row.code);
                add_codes(&mut self.codes.skus, codes)
            }
            Kind::Warehouses => {
                let codes = rows_of(bytes)?.iter().map(|row: &v1::ArchivedWarehouse| &row.code);
                add_codes(&mut self.codes.warehouses, codes)
            }
            Kind::Zones => add_codes(&mut self.codes.zones, rows_of(bytes)?.iter()),
            Kind::Channels => add_codes(&mut self.codes.channels, rows_of(bytes)?.iter()),
            Kind::Orders => self.add_orders(access(bytes).ok()?),
            Kind::Commands => rows_of(bytes)?.iter().try_for_each(|row: &v1::ArchivedCommand| {
                let place = Place::Command(next(&mut self.commands)?);
                self.add_id(row.id.to_native(), place)
            }),
            Kind::Rejections => {
                rows_of(bytes)?.iter().try_for_each(|row: &v1::ArchivedRejection| {
                    let place = Place::Rejection(next(&mut self.rejections)?);
                    self.add_id(row.id.to_native(), place)
                })
            }
            _ => Some(()),
        }
    }

    fn add_orders(&mut self, section: &v1::ArchivedOrders) -> Option<()> {
        let mut rest = Parts::of(section);
        for order in section.orders.iter() {
            let parts = rest.take(order).ok()?;
            self.orders_hash.put(self.codes.order_hash(order, &parts)?);
            let place = Place::Order(next(&mut self.orders)?);
            self.add_id(order.id.to_native(), place)?;
        }
        Some(())
    }

    /// No id is 0, so a section of zeros is no heap of equal ids.
    fn add_id(&mut self, id: u128, place: Place) -> Option<()> {
        (id != 0).then(|| self.ids.add(id, place))
    }

    /// Ids that came.
    pub(crate) fn ids(&self) -> u64 {
        self.ids.len()
    }

    /// Whether the codes are those of the catalogue.
    pub(crate) fn has_codes_of(&self, state: &State) -> bool {
        let (codes, catalogue) = (&self.codes, &state.catalogue);
        codes.skus == catalogue.skus.hashes()
            && codes.warehouses == catalogue.warehouses.hashes()
            && codes.zones == catalogue.zones.hashes()
            && codes.channels == catalogue.channels.hashes()
    }

    /// The sum of the orders' hashes, and the index.
    pub(crate) fn into_parts(self) -> (StateHash, IdIndex) {
        (self.orders_hash, self.ids.build())
    }
}

impl Codes {
    /// The sum of the hashes of an order's rows.
    fn order_hash(&self, order: &v1::ArchivedOrder, parts: &Parts<'_>) -> Option<u128> {
        let (row, detail) = (order_row(order).ok()?, detail_row(order).ok()?);
        let zone = *self.zones.get(usize::from(row.zone.get()))?;
        let channel = match detail.channel {
            Channel::NONE => 0,
            channel => *self.channels.get(usize::from(channel.get()))?,
        };
        let mut sum = rows::order(&row, &detail, (zone, channel), parts.references);
        for (position, archived) in (0..).zip(parts.lines) {
            let line = line(archived);
            let sku = *self.skus.get(line.sku.get() as usize)?;
            sum = sum.wrapping_add(rows::line(row.placed, position, sku, &line));
        }
        for archived in parts.allocations {
            let allocation = allocation(archived);
            let warehouse = *self.warehouses.get(usize::from(allocation.warehouse.get()))?;
            sum = sum.wrapping_add(rows::allocation(row.placed, warehouse, &allocation));
        }
        Some(sum)
    }
}

/// The rows of an archived list.
fn rows_of<T>(bytes: &[u8]) -> Option<&[T]>
where
    ArchivedVec<T>: rkyv::Portable
        + for<'a> rkyv::bytecheck::CheckBytes<
            rkyv::api::high::HighValidator<'a, rkyv::rancor::Failure>,
        >,
{
    access::<ArchivedVec<T>>(bytes).ok().map(ArchivedVec::as_slice)
}

fn add_codes<'a>(
    hashes: &mut Vec<u64>,
    mut codes: impl Iterator<Item = &'a v1::ArchivedCode>,
) -> Option<()> {
    codes.try_for_each(|archived| {
        hashes.push(rows::code_hash(code(archived).ok()?));
        Some(())
    })
}

/// The next position of a table whose rows come without gaps.
fn next(count: &mut u32) -> Option<u32> {
    let position = (*count <= POSITION_MAX).then_some(*count)?;
    *count += 1;
    Some(position)
}
