//! What warehouses can work off in a day, and what today's orders have used of it.

use gantry_model::{EngineTime, Sequence, Warehouse};

const NS_PER_MINUTE: u64 = 60_000_000_000;
const MINUTES_PER_DAY: u64 = 24 * 60;

/// No bound, and no cut-off.
const ANY: u32 = u32::MAX;
/// No minute of a day: no cut-off.
pub(crate) const CUT_OFF_NONE: u16 = u16::MAX;

/// The UTC day of a time, counted from 1970.
pub(crate) fn day_of(time: EngineTime) -> u32 {
    u32::try_from(time.get() / NS_PER_MINUTE / MINUTES_PER_DAY)
        .expect("invariant: 2^64 ns are 213,503 days")
}

/// When a day begins.
pub(crate) fn begin_of_day(day: u32) -> EngineTime {
    EngineTime::new(u64::from(day).saturating_mul(NS_PER_MINUTE * MINUTES_PER_DAY))
}

/// Bounds of one warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapacityRow {
    /// Minutes after midnight UTC; what is placed at it or later leaves a day later. 65,535 = none.
    pub cut_off_minute: u16,
    /// Orders a UTC day; 4,294,967,295 = any number.
    pub orders_per_day_max: u32,
    /// Units a UTC day; 4,294,967,295 = any number.
    pub units_per_day_max: u32,
}

impl CapacityRow {
    /// A warehouse of which nothing was said.
    pub(crate) const ANY: Self =
        Self { cut_off_minute: CUT_OFF_NONE, orders_per_day_max: ANY, units_per_day_max: ANY };

    /// Days that a parcel waits because the cut-off has passed.
    #[must_use]
    pub fn days_late(&self, now: EngineTime) -> u32 {
        let minute = now.get() / NS_PER_MINUTE % MINUTES_PER_DAY;
        u32::from(self.cut_off_minute != CUT_OFF_NONE && minute >= u64::from(self.cut_off_minute))
    }

    fn is_bounded(&self) -> bool {
        self.orders_per_day_max != ANY || self.units_per_day_max != ANY
    }
}

/// What the orders of one day have used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayLoad {
    /// The UTC day, counted from 1970.
    pub day: u32,
    /// Orders with units from the warehouse.
    pub orders: u32,
    /// Units, a bundle's unit as one.
    pub units: u32,
}

impl DayLoad {
    const NONE: Self = Self { day: 0, orders: 0, units: 0 };
}

/// One warehouse.
#[derive(Debug)]
struct Counted {
    bounds: CapacityRow,
    load: DayLoad,
    /// The record that set a bound where there was none. Orders placed before were not counted.
    since: Sequence,
}

impl Counted {
    const NOTHING: Self =
        Self { bounds: CapacityRow::ANY, load: DayLoad::NONE, since: Sequence::NONE };
}

/// Bounds and loads by warehouse.
#[derive(Debug, Default)]
pub struct Capacity {
    rows: Vec<Counted>,
    /// Warehouses of which anything was said.
    said: usize,
}

impl Capacity {
    /// The bounds of a warehouse.
    #[must_use]
    pub fn row(&self, warehouse: Warehouse) -> &CapacityRow {
        &self.counted(warehouse).bounds
    }

    /// What was used on the last day on which anything was; counted while there is a bound.
    #[must_use]
    pub fn load(&self, warehouse: Warehouse) -> DayLoad {
        self.counted(warehouse).load
    }

    /// Orders that the warehouse can still take on `day`.
    #[must_use]
    pub fn orders_left(&self, warehouse: Warehouse, day: u32) -> u32 {
        let max = self.row(warehouse).orders_per_day_max;
        if max == ANY { ANY } else { max.saturating_sub(self.load_on(warehouse, day).orders) }
    }

    /// Units that the warehouse can still take on `day`.
    #[must_use]
    pub fn units_left(&self, warehouse: Warehouse, day: u32) -> u32 {
        let max = self.row(warehouse).units_per_day_max;
        if max == ANY { ANY } else { max.saturating_sub(self.load_on(warehouse, day).units) }
    }

    /// Whether a bound or a cut-off was said of any warehouse: a new day may let more be done.
    #[must_use]
    pub fn is_any_said(&self) -> bool {
        self.said > 0
    }

    /// Whether what an order placed by the record `placed` uses of the warehouse is counted.
    pub(crate) fn is_counted(&self, warehouse: Warehouse, placed: Sequence) -> bool {
        self.row(warehouse).is_bounded() && placed > self.since(warehouse)
    }

    /// The record from which on orders are counted; none while there is no bound.
    pub(crate) fn since(&self, warehouse: Warehouse) -> Sequence {
        self.counted(warehouse).since
    }

    fn counted(&self, warehouse: Warehouse) -> &Counted {
        self.rows.get(warehouse.index()).unwrap_or(&Counted::NOTHING)
    }

    fn load_on(&self, warehouse: Warehouse, day: u32) -> DayLoad {
        let load = self.load(warehouse);
        if load.day == day { load } else { DayLoad { day, orders: 0, units: 0 } }
    }

    pub(crate) fn add_warehouse(&mut self) {
        self.rows.push(Counted::NOTHING);
    }

    /// Sets the bounds by the record `sequence`. Counting begins with the first bound; what was
    /// counted goes with the last.
    pub(crate) fn set(&mut self, warehouse: Warehouse, bounds: CapacityRow, sequence: Sequence) {
        let counted = &mut self.rows[warehouse.index()];
        self.said -= usize::from(counted.bounds != CapacityRow::ANY);
        self.said += usize::from(bounds != CapacityRow::ANY);
        if !bounds.is_bounded() {
            *counted = Counted::NOTHING;
        } else if !counted.bounds.is_bounded() {
            counted.since = sequence;
        }
        counted.bounds = bounds;
    }

    /// Counts orders and units of `day`. One that comes after another day's begins anew.
    pub(crate) fn add(&mut self, warehouse: Warehouse, day: u32, orders: u32, units: u32) {
        let load = self.load_on(warehouse, day);
        let orders = load.orders.saturating_add(orders);
        let units = load.units.saturating_add(units);
        self.rows[warehouse.index()].load = DayLoad { day, orders, units };
    }

    /// Gives back what a counted order of `day` had used, if that day is still counted.
    pub(crate) fn give_back(&mut self, warehouse: Warehouse, day: u32, orders: u32, units: u32) {
        let load = &mut self.rows[warehouse.index()].load;
        if load.day == day {
            load.orders = load.orders.saturating_sub(orders);
            load.units = load.units.saturating_sub(units);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: Warehouse = Warehouse::new(0);

    #[test]
    fn a_day_ends_at_midnight_and_gives_nothing_back_to_the_next() {
        let mut capacity = Capacity::default();
        capacity.add_warehouse();
        assert_eq!(capacity.units_left(EAST, 1), ANY);
        let bounds = CapacityRow { units_per_day_max: 10, ..CapacityRow::ANY };
        capacity.set(EAST, bounds, Sequence::new(5));
        capacity.add(EAST, 1, 1, 7);
        assert_eq!((capacity.units_left(EAST, 1), capacity.orders_left(EAST, 1)), (3, ANY));
        capacity.give_back(EAST, 1, 0, 2);
        assert_eq!((capacity.units_left(EAST, 1), capacity.units_left(EAST, 2)), (5, 10));
        capacity.add(EAST, 2, 1, 4);
        capacity.give_back(EAST, 1, 1, 5);
        assert_eq!(capacity.load(EAST), DayLoad { day: 2, orders: 1, units: 4 });
        capacity.set(EAST, CapacityRow::ANY, Sequence::new(6));
        assert_eq!(capacity.load(EAST), DayLoad::default());
    }

    #[test]
    fn orders_are_counted_that_come_after_the_first_bound() {
        let mut capacity = Capacity::default();
        capacity.add_warehouse();
        let bounds = |orders| CapacityRow { orders_per_day_max: orders, ..CapacityRow::ANY };
        let counts = |capacity: &Capacity| {
            [4, 6, 8].map(|placed| capacity.is_counted(EAST, Sequence::new(placed)))
        };
        assert_eq!(counts(&capacity), [false, false, false]);
        capacity.set(EAST, bounds(1), Sequence::new(5));
        capacity.set(EAST, bounds(2), Sequence::new(7));
        assert_eq!(counts(&capacity), [false, true, true], "another bound does not begin anew");
        capacity.set(EAST, bounds(ANY), Sequence::new(7));
        capacity.set(EAST, bounds(2), Sequence::new(7));
        assert_eq!(counts(&capacity), [false, false, true]);
    }

    #[test]
    fn the_cut_off_minute_itself_is_late() {
        let row = CapacityRow { cut_off_minute: 90, ..CapacityRow::ANY };
        let at = |minute: u64| EngineTime::new((3 * MINUTES_PER_DAY + minute) * NS_PER_MINUTE);
        assert_eq!((row.days_late(at(89)), row.days_late(at(90))), (0, 1));
        assert_eq!(CapacityRow::ANY.days_late(at(1_439)), 0);
        assert_eq!(day_of(at(1_439)), 3);
    }
}
