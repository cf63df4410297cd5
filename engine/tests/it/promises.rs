//! What is expected and promised: supplies, what lines that wait are promised of them, and how
//! promises are made anew.

mod naive;
mod random;
mod reviews;
mod rules;
mod woven;

use gantry_model::{Command, Records};

use crate::shop::Shop;

/// Two counted SKUs, an unlimited one and a bundle, two warehouses, two zones of which the second is
/// served by the second warehouse only.
fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(
        "sku A
         sku B
         sku U unlimited
         sku KIT unlimited
         bundle KIT B:1
         warehouse N 1
         warehouse O 2
         zone 1
         zone 2
         channel WEB
         channel SHOP
         cost N 1 5+0
         cost O 1 7+0
         cost O 2 7+0",
    );
    shop
}

/// The movements of the last record, in words; orders and supplies by the records that began them.
fn last(shop: &Shop) -> String {
    let records = Records::new(shop.records.payload()).map(Result::unwrap);
    let record = records.last().unwrap();
    let mut words: Vec<String> = Vec::new();
    if let Command::Promise(looked) = record.command {
        words.push(format!("{} {}", looked.sku.get(), looked.end.name()));
    }
    for movement in record.movements {
        let (kind, units) = (movement.kind(), movement.quantity());
        let line = format!("{}/{}", movement.order().get(), movement.line());
        words.push(match kind {
            _ if kind.is_of_promise() && movement.cause() != record.sequence => {
                format!("{} {line}:{units} of {}", kind.name(), movement.cause().get())
            }
            _ if movement.order().get() > 0 => format!("{} {line}:{units}", kind.name()),
            _ => format!("{} {units}", kind.name()),
        });
    }
    words.join(", ")
}

#[test]
fn a_line_is_promised_what_comes_in_first_when_it_is_ordered() {
    let mut shop = shop();
    shop.script(
        "expect 1 A N 5 60 => accepted A@N:0/5 at=60s promised=0 lines=0
         expect 2 A O 5 50 => accepted A@O:0/5 at=50s promised=0 lines=0
         quote 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@50
         place 3 1 backorder A:3,A:4 => accepted open parcels=0 cost=0 0:3waiting 1:4waiting 0@50 1@60
         supply 2 => accepted A@O:0/5 at=50s promised=5 lines=2 3/0:3@50 3/1:2@60
         supply 1 => accepted A@N:0/5 at=60s promised=2 lines=1 3/1:2@60
         supplies A => accepted 7/10 2:0/5 1:0/5
         place 4 1 backorder A:4 => accepted open parcels=0 cost=0 0:4waiting
         place 5 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         book A => accepted 14+0 3/0:3@50 3/1:4@60 5/0:3@60 4/0:4
         review
         show 4 => accepted open parcels=0 cost=0 0:4waiting",
    );
}

#[test]
fn what_comes_in_goes_to_who_was_promised_it() {
    let mut shop = shop();
    shop.script(
        "place 1 1 backorder A:9 => accepted open parcels=0 cost=0 0:9waiting
         expect 2 A N 5 60 => accepted A@N:0/5 at=60s promised=0 lines=0
         rest
         place 3 1 backorder A:3 => accepted open parcels=0 cost=0 0:3waiting 0@60
         supply 2 => accepted A@N:0/5 at=60s promised=3 lines=1 3/0:3@60
         arrive 2 4 => accepted A@N:4/5 at=60s promised=3 lines=1
         supplies A => accepted 3/1 due 2:4/5
         rest
         show 3 => accepted open parcels=0 cost=0 0@N:3
         show 1 => accepted open parcels=0 cost=0 0@N:1 0:8waiting
         supplies A => accepted 0/1 2:4/5
         arrive 2 1 => accepted closed of 16
         rest
         supply 2 => accepted closed of 16
         show 1 => accepted open parcels=0 cost=0 0@N:2 0:7waiting",
    );
}
