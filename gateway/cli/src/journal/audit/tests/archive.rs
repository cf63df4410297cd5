//! Rows that leave memory.

use gantry_model::{Command, Retire};

use super::{Shop, accepted};

fn retire(archive: u64, orders: u32, commands: u32) -> Command<'static> {
    let (orders_total, commands_total) = (1, 4);
    let archive_hash = [7; 16];
    Command::Retire(Retire {
        archive,
        archive_hash,
        orders_total,
        commands_total,
        orders,
        commands,
    })
}

#[test]
fn rows_leave_file_by_file() {
    let mut shop = Shop::with_order();
    shop.must(&retire(1, 1, 1), accepted(), &[]);
    shop.must(&retire(1, 0, 3), accepted(), &[]);
    shop.must(&retire(2, 0, 1), accepted(), &[]);
}

#[test]
fn what_leaves_breaks_no_rule() {
    let words = "archive files are dense from 1";
    Shop::with_order().must_not(&retire(2, 1, 1), accepted(), &[], words);
    let words = "no more leaves than the archive file holds";
    Shop::with_order().must_not(&retire(1, 1, 5), accepted(), &[], words);
    let words = "no more orders leave than were placed";
    Shop::new().must_not(&retire(1, 1, 0), accepted(), &[], words);
    let mut shop = Shop::with_order();
    shop.must(&retire(1, 1, 1), accepted(), &[]);
    let words = "one archive file is worked off before the next";
    shop.must_not(&retire(2, 0, 1), accepted(), &[], words);
    let mut shop = Shop::with_order();
    shop.must(&retire(1, 1, 4), accepted(), &[]);
    let words = "no more commands leave than were carried out";
    shop.must_not(&retire(2, 0, 3), accepted(), &[], words);
    let shop = Shop::with_order();
    let received = shop.stock(gantry_model::MovementKind::Received, 1);
    shop.must_not(&retire(1, 1, 1), accepted(), &[received], "a setting moves nothing");
}
