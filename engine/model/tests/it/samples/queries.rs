//! Queries of every kind.

use gantry_model::{
    CommandId, EngineSecond, Namespace, OrderLine, PlaceOrder, PromiseKey, Query, ReadBook,
    ReadHolds, ReadSupply, Sequence, Sku, WaitKey,
};

use super::{HOLD, SUPPLY, Sample, Version, place_order};

fn written_query(query: &Query<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    query.write(&mut bytes);
    bytes
}

fn book(promised: EngineSecond) -> ReadBook {
    let placed = Sequence::new(0x0102_0304_0506_0708);
    let from = WaitKey { priority_class: 9, promised, placed, line: 0x0a0b };
    ReadBook { sku: Sku::new(0x0c0d_0e0f), from, rows_max: 0x1011 }
}

fn holds() -> ReadHolds {
    let from = Sequence::new(0x0102_0304_0506_0708);
    ReadHolds { owner: 0x090a_0b0c_0d0e_0f10, from, rows_max: 0x1112_1314 }
}

fn supply() -> ReadSupply {
    let promised = EngineSecond::new(0x0506_0708);
    let from = PromiseKey { promised, placed: Sequence::new(0x0102_0304), line: 0x090a };
    ReadSupply { supply: SUPPLY, from, rows_max: 0x0b0c_0d0e }
}

/// The queries that this version was the first to write.
pub(crate) fn queries(version: Version) -> Vec<Sample> {
    let lines = [OrderLine::new(Sku::new(8), 9)];
    let queries = match version {
        Version::First => vec![
            ("read_order", Query::ReadOrder(CommandId::new(0x0102_0304))),
            ("read_stock", Query::ReadStock(Sku::new(0x0506))),
            ("quote", Query::Quote(place_order(&lines))),
            ("resolve", Query::Resolve(Namespace::Warehouse, "EWR")),
            ("name", Query::Name(Namespace::Channel, 0x0708)),
            ("read_totals", Query::ReadTotals),
        ],
        Version::Second => vec![
            ("resolve", Query::Resolve(Namespace::Policy, "web")),
            ("name", Query::Name(Namespace::Policy, 0x0708)),
        ],
        Version::Third => vec![
            ("read_book", Query::ReadBook(book(EngineSecond::NONE))),
            ("quote", Query::Quote(PlaceOrder { hold: HOLD, ..place_order(&lines) })),
            ("read_hold", Query::ReadHold(HOLD)),
            ("read_holds", Query::ReadHolds(holds())),
        ],
        Version::Fourth => vec![
            ("read_book", Query::ReadBook(book(EngineSecond::new(0x1213_1415)))),
            ("read_supply", Query::ReadSupply(supply())),
            ("read_supplies", Query::ReadSupplies(Sku::new(0x0102_0304))),
        ],
    };
    let sample = |(name, query): (&str, Query<'_>)| Sample {
        name: name.to_owned(),
        meaning: format!("{query:?}"),
        written: written_query(&query),
    };
    queries.into_iter().map(sample).collect()
}
