//! The lines of a script that are about what is expected and promised.
//!
//! `expect 1 A N 5 60` announces five units for second 60, `change 1 3 70` makes them three for
//! second 70, `arrive 1 2` lets two come in. `supply 1` and `supplies A` ask; `review` makes promises
//! anew once, `rest` matches and reviews until there is nothing to be done.

use std::fmt::Write;
use std::iter::repeat;

use gantry_model::{
    BookHead, BookRow, ChangeSupply, Command, CommandId, EngineSecond, EngineTime, ExpectSupply,
    Item, PromiseKey, PromiseRow, Query, ReadBook, ReadSupply, ReceiveSupply, Reply, ReplyBody,
    Sequence, Sku, SuppliesHead, SupplyHead, SupplyStatus, WaitKey,
};

use zerocopy::little_endian::U32;

use super::setup::flag;
use super::{Shop, order_id};

impl Shop {
    pub(super) fn expecting(&mut self, id: CommandId, words: &[&str]) -> Vec<u8> {
        let second = |word: &str| EngineSecond::new(word.parse().unwrap());
        match *words {
            ["expect", supply, sku, warehouse, quantity, eta] => {
                self.send(&Command::ExpectSupply(ExpectSupply {
                    id: order_id(supply),
                    sku: self.sku(sku),
                    warehouse: self.warehouse(warehouse),
                    quantity: quantity.parse().unwrap(),
                    eta: second(eta),
                }))
            }
            ["change", supply, quantity, eta] => {
                let (supply, quantity) = (order_id(supply), quantity.parse().unwrap());
                let change = ChangeSupply { id, supply, quantity, eta: second(eta) };
                self.send(&Command::ChangeSupply(change))
            }
            ["arrive", supply, quantity] => {
                let (supply, quantity) = (order_id(supply), quantity.parse().unwrap());
                self.send(&Command::ReceiveSupply(ReceiveSupply { id, supply, quantity }))
            }
            ["supply", supply, ref bounds @ ..] => {
                let bound = |prefix| flag(bounds, prefix).map_or(0, |bound| bound.parse().unwrap());
                let from = flag(bounds, "from=").map_or(PromiseKey::FIRST, |from| {
                    let (promised, place) = from.split_once('/').unwrap();
                    let (placed, line) = place.split_once('/').unwrap();
                    let placed = Sequence::new(placed.parse().unwrap());
                    PromiseKey { promised: second(promised), placed, line: line.parse().unwrap() }
                });
                let (supply, rows_max) = (order_id(supply), bound("rows="));
                self.query(&Query::ReadSupply(ReadSupply { supply, from, rows_max }))
            }
            ["supplies", sku] => self.query(&Query::ReadSupplies(self.sku(sku))),
            ["review"] => {
                self.review();
                Vec::new()
            }
            ["rest"] => {
                self.rest();
                Vec::new()
            }
            _ => panic!("no line of a script: {words:?}"),
        }
    }

    /// Makes promises anew by one record, if there are any to be.
    pub(crate) fn review(&mut self) -> bool {
        let now = self.clock.max(EngineTime::new(self.engine.last_time().get() + 1_000));
        self.engine.review_promises(now, &mut self.records)
    }

    /// Lets the engine end what it does by itself.
    pub(crate) fn rest(&mut self) {
        loop {
            self.match_waiting(usize::MAX);
            if !self.review() {
                return;
            }
        }
    }

    /// The first lines that wait for a SKU, in their order: dates, and numbers in their orders.
    pub(crate) fn book_of(&mut self, sku: Sku) -> Vec<(u32, u16)> {
        let reply =
            self.query(&Query::ReadBook(ReadBook { sku, from: WaitKey::FIRST, rows_max: 0 }));
        let (item, _) = Item::split(&reply, usize::MAX).unwrap();
        let ReplyBody::Book { rows, promised, .. } = Reply::parse(&item).unwrap().body else {
            panic!()
        };
        let dates = promised.iter().map(|date| date.get()).chain(repeat(EngineSecond::NONE.get()));
        let rows = rows.iter().map(|row| row.key(EngineSecond::NONE).line);
        dates.zip(rows).collect()
    }

    pub(super) fn describe_supply(
        &self,
        head: &SupplyHead,
        rows: &[PromiseRow],
        text: &mut String,
    ) {
        let names = &self.engine.state().catalogue;
        if head.status() == Some(SupplyStatus::Closed) {
            return write!(text, " closed of {}", head.placed).unwrap();
        }
        let (sku, place) = (names.skus.code(head.sku()), names.warehouses.code(head.warehouse()));
        let (sku, place, eta) = (sku.as_str(), place.as_str(), head.eta().get());
        let SupplyHead { received, expected, promised, lines, .. } = head;
        write!(text, " {sku}@{place}:{received}/{expected} at={eta}s").unwrap();
        write!(text, " promised={promised} lines={lines}").unwrap();
        for row in rows {
            let (order, key) = (row.order().get() % 1_000_000, row.key());
            write!(text, " {order}/{}:{}@{}", key.line, row.units(), key.promised.get()).unwrap();
        }
    }

    pub(super) fn describe_supplies(
        &self,
        head: &SuppliesHead,
        rows: &[SupplyHead],
        text: &mut String,
    ) {
        let due = if head.is_due == 1 { " due" } else { "" };
        write!(text, " {}/{}{due}", head.promised, head.open).unwrap();
        for row in rows {
            let id = row.id.get() % 1_000_000;
            write!(text, " {id}:{}/{}", row.received, row.expected).unwrap();
        }
    }

    pub(super) fn describe_book(
        &self,
        head: &BookHead,
        (rows, promised): (&[BookRow], &[U32]),
        text: &mut String,
    ) {
        let due = if head.is_due == 1 { " due" } else { "" };
        write!(text, " {}+{}{due}", head.units, head.set_aside).unwrap();
        let dates = promised.iter().map(|date| date.get()).chain(repeat(EngineSecond::NONE.get()));
        for (row, date) in rows.iter().zip(dates) {
            let (order, line) =
                (row.order().get() % 1_000_000, row.key(EngineSecond::new(date)).line);
            write!(text, " {order}/{line}:{}", row.units()).unwrap();
            if date != EngineSecond::NONE.get() {
                write!(text, "@{date}").unwrap();
            }
        }
    }
}
