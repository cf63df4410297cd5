//! A bundle and its components move together or not at all.

use gantry_model::{Component, SetBundle};

use super::*;

const GIFT: Sku = Sku::new(1);

/// The small shop, which also sells a gift of two mugs; one order of two gifts is placed.
fn with_gift_order(components: u32) -> (Shop, Result<(), String>) {
    let mut shop = Shop::new();
    let id = CommandId::new(4);
    let gift =
        UpsertSku { id, order_max: 0, tracked: false, backorder: true, active: true, code: "GIFT" };
    shop.must(&Command::UpsertSku(gift), OutcomeHead::defined(1), &[]);
    let parts = [Component::new(SKU, 2)];
    let bundle = SetBundle { id, sku: GIFT, components: &parts };
    shop.must(&Command::SetBundle(bundle), accepted(), &[]);
    let of = |kind, sku, units| {
        let cause = Sequence::new(shop.next);
        Movement::of_order(kind, cause, 0, sku, HERE, units, cause)
    };
    let movements = [
        of(MovementKind::Allocated, GIFT, 2),
        of(MovementKind::ComponentAllocated, SKU, components),
    ];
    let lines = [OrderLine::new(GIFT, 2)];
    let head = OutcomeHead::accepted(1, 390 + 2 * 25);
    let taken = shop.take(&place(ShortMode::ShipComplete, &lines), head, &movements);
    (shop, taken)
}

#[test]
fn a_bundle_takes_its_components_off_the_shelf() {
    let (mut shop, taken) = with_gift_order(4);
    assert_eq!(taken, Ok(()));
    assert_eq!(shop.audit.sums().units_allocated, 2 + 4, "two gifts and the four mugs in them");
    let ship = [LineUnits::new(0, HERE, 1)];
    let cause = Sequence::new(shop.next);
    let placed = Sequence::new(shop.next - 1);
    let of = |kind, sku, units| Movement::of_order(kind, placed, 0, sku, HERE, units, cause);
    let shipped = [of(MovementKind::Shipped, GIFT, 1), of(MovementKind::ComponentShipped, SKU, 2)];
    shop.must(&Command::Ship(units(&ship)), accepted(), &shipped);
    assert_eq!(shop.audit.sums().units_on_hand, 3);
    let words = "a bundle moves with its components";
    let cause = Sequence::new(shop.next);
    let alone = [Movement::of_order(MovementKind::Shipped, placed, 0, GIFT, HERE, 1, cause)];
    shop.must_not(&Command::Ship(units(&ship)), accepted(), &alone, words);
}

#[test]
fn a_bundle_with_too_few_components_is_found() {
    for components in [3, 5] {
        let (_, taken) = with_gift_order(components);
        assert!(taken.unwrap_err().contains("a bundle moves with its components"));
    }
}

#[test]
fn a_bundle_is_not_made_of_itself_or_of_counted_stock() {
    let (own, part) = ([Component::new(SKU, 1)], [Component::new(GIFT, 1)]);
    let of = |sku, components| SetBundle { id: CommandId::new(5), sku, components };
    let words = "a bundle's own stock is not counted";
    Shop::new().must_not(&Command::SetBundle(of(SKU, &own)), accepted(), &[], words);
    let (shop, _) = with_gift_order(4);
    let words = "a bundle does not contain itself";
    shop.must_not(&Command::SetBundle(of(GIFT, &part)), accepted(), &[], words);
}
