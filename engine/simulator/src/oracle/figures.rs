//! What was judged, in numbers.

use std::collections::BTreeSet;

use gantry_model::{
    Command, CommandKind, HoldId, Match, MatchEnd, Movement, MovementKind,
    REJECTIONS_PER_ORDER_MAX, Record, WaitKey,
};

use super::book::Book;

/// Counts since the oracle began. Orders are those asked for; repeats of an id count as asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Records.
    pub records: u64,
    /// Of those: the engine's own, marks, what leaves memory, looks at waiting lines and promises, ends
    /// of holds and of waits.
    pub own: u64,
    /// Commands that were answered.
    pub commands: u64,
    /// Queries that were answered.
    pub queries: u64,
    /// `place_order` commands that were answered.
    pub orders_asked: u64,
    /// Orders with a record: accepted, or rejected for want of stock.
    pub orders: u64,
    /// Of those: accepted.
    pub accepted: u64,
    /// Of the orders: held against every plan. Others were judged by the rules that bind any plan.
    pub tried: u64,
    /// With a unit allocated when placed.
    pub allocated: u64,
    /// Allocated from two or more warehouses.
    pub split: u64,
    /// With a unit that waits.
    pub waiting: u64,
    /// Waiting lines that got units later, each time they did.
    pub lines_matched: u64,
    /// Lines that were looked at and got none.
    pub lines_passed_over: u64,
    /// Units that they got.
    pub units_matched: u64,
    /// Accepted orders that took a hold.
    pub orders_of_holds: u64,
    /// Holds with a record that were placed.
    pub holds: u64,
    /// Holds that came to their end by themselves.
    pub holds_expired: u64,
    /// Holds that were refused because their owner's would be at too many places.
    pub holds_at_too_many_places: u64,
    /// Units of holds of the order's owner besides the one that it took.
    pub units_of_other_holds: u64,
    /// Supplies that were announced, changed, and received, whole or in part.
    pub supplies: u64,
    /// See above.
    pub supplies_changed: u64,
    /// See above.
    pub supplies_received: u64,
    /// Lines that were promised units when they were ordered.
    pub promised_when_ordered: u64,
    /// Lines that were promised units while they waited, each time they were.
    pub promised_while_waiting: u64,
    /// Promises that could not be kept.
    pub promises_broken: u64,
    /// Looks at promises that could not end in one record.
    pub reviews_going_on: u64,
    /// Orders whose wait was given up, and units that waited then.
    pub given_up: u64,
    /// See above.
    pub units_given_up: u64,
    /// Times that units of an order were rejected, and that some of them came from elsewhere.
    pub rejections: u64,
    /// See above.
    pub rejections_served: u64,
    /// Those that were one too many for their order, or more.
    pub rejections_too_many: u64,
    /// Waiting lines that got nothing because of that when they were looked at.
    pub lines_stuck: u64,
    /// Open orders that were to be sourced again.
    pub sourced_again: u64,
    /// Those of them that were held against every plan.
    pub sourced_again_tried: u64,
    /// Those of them whose units moved.
    pub moved: u64,
    /// Those of them that had units at a warehouse that is no candidate any more.
    pub left: u64,
    /// Swaps that were asked for, and those that were carried out.
    pub swaps_asked: u64,
    /// See above.
    pub swaps: u64,
    /// Steps of sweeps, sweeps that began, and those of them that a command asked for.
    pub sweep_steps: u64,
    /// See above.
    pub sweeps: u64,
    /// See above.
    pub sweeps_asked: u64,
    /// SKUs that were due because of a sweep.
    pub swept_due: u64,
    /// Commands rejected with a record.
    pub rejected: u64,
    /// Commands refused without a record.
    pub refused: u64,
    /// Commands refused because the disk was full.
    pub no_space: u64,
    /// Commands whose id was answered before, with the same content or other.
    pub repeated: u64,
    /// Items that were malformed.
    pub malformed: u64,
}

impl Figures {
    pub(super) fn asked(&mut self, kind: CommandKind) {
        self.commands += 1;
        self.orders_asked += u64::from(kind == CommandKind::PlaceOrder);
        self.swaps_asked += u64::from(kind == CommandKind::SwapUnits);
    }

    /// A look at waiting lines was judged, of which the book does not know yet.
    fn looked(&mut self, book: &Book, looked: &Match, record: &Record<'_>) {
        let of_line = |movement: &&Movement| movement.kind() == MovementKind::Dequeued;
        let lines = book.waiting_behind(looked.sku.get());
        let lines = lines.take_while(|waiting| waiting.key <= looked.last).count();
        // An order that waits complete has other lines, too, that got units with the last.
        let is_served = record.movements.iter().any(|movement| of_line(&movement));
        let lines = lines - usize::from(is_served);
        self.lines_passed_over += u64::try_from(lines).unwrap_or(u64::MAX);
        for movement in record.movements.iter().filter(of_line) {
            self.lines_matched += 1;
            self.units_matched += u64::from(movement.quantity().unsigned_abs());
        }
    }

    fn held(&mut self, book: &Book, record: &Record<'_>, is_accepted: bool) {
        match &record.command {
            Command::PlaceHold(_) => self.holds += u64::from(is_accepted),
            Command::ExpireHolds(expired) => self.holds_expired += u64::from(expired.holds),
            Command::PlaceOrder(order) if order.hold != HoldId::NONE && is_accepted => {
                self.orders_of_holds += 1;
                let placed = book.hold(order.hold).map(|hold| hold.placed);
                let of_others = record.movements.iter().filter(|row| {
                    row.kind() == MovementKind::Unheld && Some(row.order().get()) != placed
                });
                let units = of_others.map(|row| u64::from(row.quantity().unsigned_abs()));
                self.units_of_other_holds += units.sum::<u64>();
            }
            _ => {}
        }
    }

    fn promised(&mut self, record: &Record<'_>, is_accepted: bool) {
        let of_kind = |kind| {
            let movements = record.movements.iter().filter(|row| row.kind() == kind);
            let lines = movements.map(|row| (row.order(), row.line()));
            let lines: BTreeSet<_> = lines.collect();
            u64::try_from(lines.len()).unwrap_or(u64::MAX)
        };
        match &record.command {
            Command::ExpectSupply(_) => self.supplies += u64::from(is_accepted),
            Command::ChangeSupply(_) => self.supplies_changed += u64::from(is_accepted),
            Command::ReceiveSupply(_) => self.supplies_received += u64::from(is_accepted),
            Command::PlaceOrder(_) => {
                self.promised_when_ordered += of_kind(MovementKind::Promised);
            }
            Command::Promise(promise) => {
                self.promised_while_waiting += of_kind(MovementKind::Promised);
                self.promises_broken += of_kind(MovementKind::PromiseBroken);
                let goes_on = promise.end == MatchEnd::GoesOn && promise.last != WaitKey::FIRST;
                self.reviews_going_on += u64::from(goes_on);
            }
            _ => {}
        }
    }

    /// What waits is given up, or more of it waits.
    fn left_waiting(&mut self, book: &Book, record: &Record<'_>, is_accepted: bool) {
        let moved = |kind| record.movements.iter().filter(move |row| row.kind() == kind);
        let units = |row: &Movement| u64::from(row.quantity().unsigned_abs());
        match &record.command {
            Command::GiveUp(_) => {
                self.given_up += 1;
                self.units_given_up += moved(MovementKind::Dequeued).map(units).sum::<u64>();
            }
            Command::RejectUnits(command) if is_accepted => {
                let placed = book.order(command.order.get()).map(|(_, order)| order.placed);
                let before = placed.map_or(0, |placed| book.rejections(placed));
                self.rejections += 1;
                self.rejections_served += u64::from(moved(MovementKind::Allocated).count() > 0);
                self.rejections_too_many += u64::from(before >= REJECTIONS_PER_ORDER_MAX);
            }
            Command::Match(looked) => {
                let lines = book.waiting_behind(looked.sku.get());
                let lines = lines.take_while(|waiting| waiting.key <= looked.last);
                let stuck = lines.filter(|row| book.is_stuck(book.orders[row.order].placed));
                self.lines_stuck += u64::try_from(stuck.count()).unwrap_or(u64::MAX);
            }
            _ => {}
        }
    }

    fn swept(&mut self, book: &Book, record: &Record<'_>) {
        let begins = book.sweep.next.is_none();
        self.sweep_steps += 1;
        self.sweeps += u64::from(begins);
        self.sweeps_asked += u64::from(begins && book.sweep.is_asked);
        self.swept_due += u64::try_from(record.movements.len()).unwrap_or(u64::MAX);
    }

    /// A record was judged, of which the book does not know yet.
    pub(super) fn judged(&mut self, book: &Book, record: &Record<'_>, is_tried: bool) {
        self.records += 1;
        self.own += u64::from(record.command.id().is_none());
        if let Command::Match(looked) = &record.command {
            self.looked(book, looked, record);
        }
        let is_accepted = record.outcome.head.is_accepted();
        match &record.command {
            Command::SwapUnits(_) => self.swaps += u64::from(is_accepted),
            Command::Sweep(_) => self.swept(book, record),
            _ => {}
        }
        self.rejected += u64::from(!is_accepted);
        self.held(book, record, is_accepted);
        self.promised(record, is_accepted);
        self.left_waiting(book, record, is_accepted);
        if matches!(record.command, Command::ResourceOrder(_)) {
            self.sourced_again += 1;
            self.sourced_again_tried += u64::from(is_tried);
            self.moved += u64::from(!record.movements.is_empty());
            self.left += u64::from(leaves(book, record));
        }
        if !matches!(record.command, Command::PlaceOrder(_)) {
            return;
        }
        let has = |kind| record.movements.iter().any(|movement| movement.kind() == kind);
        self.orders += 1;
        self.accepted += u64::from(is_accepted);
        self.tried += u64::from(is_tried);
        self.allocated += u64::from(has(MovementKind::Allocated));
        self.split += u64::from(record.outcome.head.parcels() > 1);
        self.waiting += u64::from(has(MovementKind::Backordered));
    }
}

/// Whether an order's units leave a warehouse that may not serve it any more.
fn leaves(book: &Book, record: &Record<'_>) -> bool {
    let Command::ResourceOrder(command) = &record.command else { return false };
    let Some((_, order)) = book.order(command.order.get()) else { return false };
    let costs = &book.zones[order.zone.index()].costs;
    record.movements.iter().any(|movement| {
        let warehouse = movement.warehouse();
        let is_candidate =
            || costs.contains_key(&warehouse.get()) && book.warehouses[warehouse.index()].active;
        movement.kind() == MovementKind::Released && !is_candidate()
    })
}
