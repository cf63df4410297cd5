//! What records may do to holds: make them, end them, let an order have their units.

use std::collections::BTreeMap;

use gantry_model::{
    Actor, Channel, ExpireHolds, ExtendHold, HOLD_ROWS_PER_OWNER_MAX, HOLDS_EXPIRED_PER_RECORD_MAX,
    HoldId, Movement, MovementKind, OrderLine, PlaceHold, PlaceOrder, Record, ReleaseHold,
    Sequence, Sku, Warehouse, Zone,
};

use super::rules::{BUILT_IN, PolicyRow};
use super::{Audit, Fault, rule};

/// Who asks for units, and what of them was left for it before, at each place that a record touches.
pub(super) struct Asking {
    channel: Channel,
    /// Whose held units it may have.
    owner: Option<u128>,
    time_ns: u64,
    before: BTreeMap<(Sku, Warehouse), i64>,
}

/// Units of each SKU that a line holds, by line and warehouse.
type Granted = BTreeMap<(u16, Warehouse), BTreeMap<Sku, i64>>;

impl Audit {
    /// A cart gets units, perhaps those of the hold that it replaces.
    pub(super) fn place_hold(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        hold: &PlaceHold<'_>,
    ) -> Result<(), Fault> {
        let time_ns = record.time.get();
        let policy = self.hold_policy(hold);
        let asking = self.asking(record, (hold.channel, policy), None);
        let mut held = own;
        if hold.replaces != HoldId::NONE {
            let replaced = self.holds.active(hold.replaces, time_ns)?;
            let is_its = self.holds.owner(replaced) == Some(hold.owner);
            rule(is_its, "a hold replaces one of its own owner")?;
            held = self.let_go(replaced, own)?;
        }
        self.holds.place(record.sequence, hold, time_ns)?;
        for movement in held {
            let is_its =
                movement.kind() == MovementKind::Held && movement.order() == record.sequence;
            rule(is_its, "a hold that is placed holds units of its own")?;
            rule(self.catalogue.sku(movement.sku())?, "only counted stock is held")?;
            self.stock.apply(movement)?;
            self.holds.hold(movement)?;
        }
        self.check_granted(hold, held)?;
        self.check_held_places(record, hold, held)?;
        let policy =
            if hold.zone == Zone::NONE { &BUILT_IN } else { self.rules.policy(hold.channel) };
        self.check_left(&asking, own, policy)?;
        let fits = self.holds.places_of(hold.owner) <= HOLD_ROWS_PER_OWNER_MAX;
        rule(fits, "the holds of an owner have at most 512 places")
    }

    /// A hold lasts longer.
    pub(super) fn extend_hold(
        &mut self,
        record: &Record<'_>,
        extend: &ExtendHold,
    ) -> Result<(), Fault> {
        rule(record.movements.is_empty(), "a hold that lasts longer moves nothing")?;
        let time_ns = record.time.get();
        let placed = self.holds.active(extend.hold, time_ns)?;
        self.holds.extend(placed, time_ns, extend.ttl_seconds)
    }

    /// A hold's owner lets it go.
    pub(super) fn release_hold(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        release: &ReleaseHold,
    ) -> Result<(), Fault> {
        let placed = self.holds.active(release.hold, record.time.get())?;
        let rest = self.let_go(placed, own)?;
        rule(rest.is_empty(), "the command makes no such movement")
    }

    /// Holds end whose time has come.
    pub(super) fn expire_holds(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        expired: &ExpireHolds,
    ) -> Result<(), Fault> {
        rule(record.actor == Actor::ENGINE, "the engine alone lets holds expire")?;
        let over = self.holds.expired(expired, record.time.get())?;
        let fits = (1..=HOLDS_EXPIRED_PER_RECORD_MAX).contains(&over.len());
        rule(fits, "a record lets 1 to 64 holds expire")?;
        let places: usize = over.iter().map(|placed| self.holds.places(*placed)).sum();
        let fits = over.len() == 1 || places <= HOLD_ROWS_PER_OWNER_MAX;
        rule(fits, "a record lets one hold expire, or several with at most 512 places")?;
        let mut rest = own;
        for placed in over {
            rest = self.let_go(placed, rest)?;
        }
        rule(rest.is_empty(), "the command makes no such movement")
    }

    /// An order takes a hold: all its units are let go, and of the owner's other holds as many as
    /// the order has there besides. Its own movements come after, though they stand before.
    pub(super) fn take_hold(
        &mut self,
        record: &Record<'_>,
        order: &PlaceOrder<'_>,
        unheld: &[Movement],
    ) -> Result<Asking, Fault> {
        let policy = self.rules.policy(order.channel);
        if order.hold == HoldId::NONE {
            rule(unheld.is_empty(), "an order takes units of a hold that it names")?;
            return Ok(self.asking(record, (order.channel, policy), None));
        }
        let time_ns = record.time.get();
        let placed = self.holds.active(order.hold, time_ns)?;
        let owner = self.holds.owner(placed).unwrap_or(0);
        let asking = self.asking(record, (order.channel, policy), Some(owner));
        let mut wanted: BTreeMap<(Sku, Warehouse), i64> = BTreeMap::new();
        for movement in record.movements.iter().filter(|movement| takes(movement)) {
            let (sku, warehouse) = (movement.sku(), movement.warehouse());
            let units = i64::from(movement.quantity());
            let has = || -self.holds.units(placed, sku, warehouse);
            *wanted.entry((sku, warehouse)).or_insert_with(has) += units;
        }
        for movement in self.let_go(placed, unheld)? {
            let is_first = movement.kind() == MovementKind::Unheld
                && self.holds.is_first(owner, time_ns, movement);
            rule(is_first, "an order takes of its owner's other holds the oldest first")?;
            let wanted = wanted.entry((movement.sku(), movement.warehouse())).or_default();
            *wanted -= i64::from(movement.quantity());
            rule(*wanted >= 0, "an order takes no more of its owner's other holds than it needs")?;
            self.stock.apply(movement)?;
            self.holds.unhold(movement)?;
        }
        Ok(asking)
    }

    /// The first movements let every unit of a hold go, in order of its places, and it ends; those
    /// that follow.
    fn let_go<'a>(
        &mut self,
        placed: Sequence,
        movements: &'a [Movement],
    ) -> Result<&'a [Movement], Fault> {
        let places = self.holds.places(placed);
        let (all, rest) = movements.split_at_checked(places).unwrap_or((movements, &[]));
        let is_unheld = all.iter().all(|movement| movement.kind() == MovementKind::Unheld);
        let is_all = is_unheld && self.holds.is_all(placed, all);
        rule(is_all, "a hold that ends lets all of its units go, place by place")?;
        for movement in all {
            self.stock.apply(movement)?;
            self.holds.unhold(movement)?;
        }
        self.holds.end(placed)?;
        Ok(rest)
    }

    /// Every line has all its units, or some if that will do; of a bundle whole ones, at a place.
    fn check_granted(&self, hold: &PlaceHold<'_>, held: &[Movement]) -> Result<(), Fault> {
        rule(!hold.lines.is_empty(), "a hold has lines")?;
        let mut granted = Granted::new();
        for movement in held {
            let place = granted.entry((movement.line(), movement.warehouse())).or_default();
            *place.entry(movement.sku()).or_default() += i64::from(movement.quantity());
        }
        let mut is_some = false;
        for (number, line) in (0..).zip(hold.lines) {
            let units = self.granted(&mut granted, number, line)?;
            let wanted = i64::from(line.quantity());
            let short = wanted - units.unwrap_or(wanted);
            if short < 0 || short > 0 && !hold.partial {
                let figure = "too few, or too many, held";
                return Err(Fault::Line { figure, line: number, units: short });
            }
            is_some |= short < wanted;
        }
        rule(granted.is_empty(), "held units are those of the hold's lines")?;
        rule(is_some, "a hold holds something")
    }

    /// Units of a line that are held, which are taken off `granted`; `None` where they need not be.
    fn granted(
        &self,
        granted: &mut Granted,
        number: u16,
        line: &OrderLine,
    ) -> Result<Option<i64>, Fault> {
        let alone = [(line.sku(), 1)];
        let parts = self.bundles.components(line.sku()).unwrap_or(&alone);
        let mut counted = Vec::with_capacity(parts.len());
        for (sku, each) in parts {
            if self.catalogue.sku(*sku)? {
                counted.push((*sku, *each));
            }
        }
        let Some((first, each)) = counted.first().copied() else { return Ok(None) };
        let mut units = 0;
        for warehouse in (0..self.catalogue.warehouses()).map(Warehouse::new) {
            let Some(place) = granted.remove(&(number, warehouse)) else { continue };
            let whole = place.get(&first).copied().unwrap_or(0) / each;
            let expected: BTreeMap<Sku, i64> =
                counted.iter().map(|(sku, each)| (*sku, whole * each)).collect();
            rule(place == expected, "held units make up whole units of their line")?;
            units += whole;
        }
        Ok(Some(units))
    }

    /// Units are held where an order could have them, or where the hold says.
    fn check_held_places(
        &self,
        record: &Record<'_>,
        hold: &PlaceHold<'_>,
        held: &[Movement],
    ) -> Result<(), Fault> {
        let is_one = (hold.zone == Zone::NONE) != (hold.warehouse == Warehouse::NONE);
        rule(is_one, "a hold names a zone or a warehouse")?;
        self.catalogue.channel(hold.channel)?;
        let mut warehouses: Vec<Warehouse> = held.iter().map(Movement::warehouse).collect();
        warehouses.sort_unstable();
        warehouses.dedup();
        if hold.zone == Zone::NONE {
            let is_it = warehouses.iter().all(|warehouse| *warehouse == hold.warehouse);
            rule(is_it, "units are held at the warehouse that is named")?;
            let is_active = self.catalogue.warehouse(hold.warehouse)?;
            return rule(is_active, "nothing is held at an inactive warehouse");
        }
        let zone = self.catalogue.zone(hold.zone)?;
        let policy = self.rules.policy(hold.channel);
        let parcels_max = policy.parcels_max(0, hold.lines.iter().map(OrderLine::sku));
        let count_holds = warehouses.len() <= parcels_max;
        rule(count_holds, "a hold has no more places than its policy allows parcels")?;
        for warehouse in warehouses {
            rule(policy.allows(warehouse), "a policy's warehouses are the only ones")?;
            let days = self.days(warehouse, zone, record.time.get())?;
            rule(policy.allows_days(days), "no parcel is later than its policy allows")?;
        }
        Ok(())
    }

    /// What binds a hold: at one warehouse no policy does, but every reserve.
    fn hold_policy(&self, hold: &PlaceHold<'_>) -> &PolicyRow {
        let is_sourced = hold.zone != Zone::NONE;
        if is_sourced { self.rules.policy(hold.channel) } else { &BUILT_IN }
    }

    /// Who asks, before the record has moved anything.
    pub(super) fn asking(
        &self,
        record: &Record<'_>,
        (channel, policy): (Channel, &PolicyRow),
        owner: Option<u128>,
    ) -> Asking {
        let time_ns = record.time.get();
        let mut asking = Asking { channel, owner, time_ns, before: BTreeMap::new() };
        let somewhere = record.movements.iter().filter(|it| it.warehouse() != Warehouse::NONE);
        for movement in somewhere {
            let (sku, warehouse) = (movement.sku(), movement.warehouse());
            let left = self.left(sku, warehouse, channel, policy);
            asking.before.insert((sku, warehouse), left);
        }
        asking
    }

    /// No unit that is reserved was taken: what reserves lack they lacked before.
    pub(super) fn check_left(
        &self,
        asking: &Asking,
        movements: &[Movement],
        policy: &PolicyRow,
    ) -> Result<(), Fault> {
        for movement in movements {
            let (sku, warehouse) = (movement.sku(), movement.warehouse());
            if warehouse == Warehouse::NONE || !self.catalogue.sku(sku)? {
                continue;
            }
            let lacked = asking.before.get(&(sku, warehouse)).copied().unwrap_or(0).min(0);
            let units = self.left(sku, warehouse, asking.channel, policy);
            if units < lacked {
                let (sku, warehouse) = (sku.get(), warehouse.get());
                let figure = "left besides those that are set aside";
                return Err(Fault::Stock { figure, sku, warehouse, units });
            }
        }
        Ok(())
    }

    /// Units that are neither promised nor reserved from whoever asks, with those that it holds.
    pub(super) fn left_and_own(
        &self,
        asking: &Asking,
        sku: Sku,
        warehouse: Warehouse,
        policy: &PolicyRow,
    ) -> i64 {
        let own = |owner| self.holds.units_of(owner, asking.time_ns, sku, warehouse);
        self.left(sku, warehouse, asking.channel, policy) + asking.owner.map_or(0, own)
    }
}

/// Whether it promises counted units to an order.
fn takes(movement: &Movement) -> bool {
    matches!(movement.kind(), MovementKind::Allocated | MovementKind::ComponentAllocated)
}
