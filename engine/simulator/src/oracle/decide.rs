//! Is a record what the rules say? Changes nothing.

use gantry_model::{
    Actor, Command, Movement, MovementKind, OutcomeHead, Record, RejectReason, Retire, Sequence,
};

use super::book::Book;
use super::case::Scratch;
use super::no::No;
use super::place::{self, Part, Said};
use super::{
    expecting, freed, giving_up, holding, matching, rejecting, resource, reviewing, setup, shaping,
    supply, swapping, sweeping, units,
};

/// Judges the next record of the book; returns whether it was held against all that the rules
/// could say.
pub(super) fn judge(
    book: &Book,
    record: &Record<'_>,
    scratch: &mut Scratch,
    parts: &mut Vec<Part>,
) -> Result<bool, String> {
    let next = book.sequence + 1;
    expect(record.sequence.get() == next, || format!("sequence {next} should come"))?;
    expect(record.time.get() >= book.time, || format!("time goes back from {}", book.time))?;
    let Some(id) = record.command.id() else {
        return judge_own(book, record, scratch);
    };
    expect(record.actor != Actor::ENGINE, || "a client's command with the engine's actor".into())?;
    expect(id.get() != 0, || "a record with an id of 0".into())?;
    expect(book.ids.get(id.get()).is_none(), || format!("id {id} has a record already"))?;
    let reason = record.outcome.head.reason();
    expect(reason.is_none_or(RejectReason::is_journaled), || {
        format!("a record of {reason:?}, which has none")
    })?;
    match &record.command {
        Command::PlaceOrder(order) => {
            let allocated = record.movements.iter();
            let allocated =
                allocated.take_while(|movement| movement.kind() == MovementKind::Allocated);
            parts.clear();
            parts.extend(allocated.map(part));
            let said = Said { head: record.outcome.head, shorts: record.outcome.shorts, parts };
            let is_tried = place::judge(book, order, record.time.get(), &said, scratch)?;
            let expected = &mut scratch.movements;
            expected.clear();
            if record.outcome.head.is_accepted() {
                let at = (record.sequence, record.time.get());
                place::movements(book, order, at, parts, expected);
            }
            expect_movements(record, expected).map(|()| is_tried)
        }
        Command::PlaceHold(hold) => holding::judge(book, record, hold, scratch),
        Command::ResourceOrder(command) => resource::judge(book, record, command, scratch),
        Command::RejectUnits(command) => rejecting::judge(book, record, command, scratch),
        command => {
            let expected = &mut scratch.movements;
            expected.clear();
            let at = (record.sequence, record.time.get());
            let head = match decide(book, command, at, expected) {
                Ok(head) => head,
                Err(no) => {
                    expected.clear();
                    no.head()
                }
            };
            let said = &record.outcome;
            expect(*said.head == head && said.shorts.is_empty(), || {
                format!("said {:?}, the rules say {head:?}", said.head)
            })?;
            expect_movements(record, expected).map(|()| true)
        }
    }
}

/// Units that a movement allocates.
pub(super) fn part(movement: &Movement) -> Part {
    Part {
        line: movement.line(),
        warehouse: movement.warehouse().get(),
        units: movement.quantity().into(),
    }
}

pub(super) fn expect_movements(record: &Record<'_>, expected: &[Movement]) -> Result<(), String> {
    expect(record.movements == expected, || {
        format!("moved {:?}, the rules say {expected:?}", record.movements)
    })
}

/// What the rules say of a command that sources nothing and is decided in this record, at this time.
pub(super) fn decide(
    book: &Book,
    command: &Command<'_>,
    (sequence, time): (Sequence, u64),
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    match command {
        Command::CancelOrder(named) => {
            let head = units::cancel(book, named, sequence, movements)?;
            freed::add(book, sequence, movements);
            Ok(head)
        }
        Command::SetPriority(priority) => units::set_priority(book, priority, sequence, movements),
        Command::SetCancelAt(command) => giving_up::set_cancel_at(book, command, time),
        Command::MatchAgain(again) => {
            book.sku(again.sku.get()).ok_or(RejectReason::UnknownSku)?;
            freed::look_again(book, again.sku, sequence, movements);
            Ok(OutcomeHead::accepted(0, 0))
        }
        Command::ExtendHold(extension) => holding::extend(book, extension, time),
        Command::ReleaseHold(named) => holding::release(book, named, (sequence, time), movements),
        Command::Ship(named) => units::ship(book, named, sequence, movements),
        Command::SwapUnits(command) => swapping::swap(book, command, (sequence, time), movements),
        Command::Receive(change) | Command::Adjust(change) | Command::SetStock(change) => {
            let decide = match command {
                Command::Receive(_) => supply::receive,
                Command::Adjust(_) => supply::adjust,
                _ => supply::count,
            };
            let head = decide(book, change, sequence, movements)?;
            freed::add(book, sequence, movements);
            Ok(head)
        }
        Command::UpsertSku(sku) => setup::sku(book, sku),
        Command::UpsertWarehouse(warehouse) => setup::warehouse(book, warehouse.code),
        Command::UpsertZone(zone) => setup::zone(book, zone.code),
        Command::UpsertChannel(channel) => setup::channel(book, channel.code),
        Command::SetCosts(costs) => setup::costs(book, costs),
        Command::SetLimits(limits) => setup::limits(&limits.limits),
        Command::SetPolicy(policy) => shaping::policy(book, policy),
        Command::AssignPolicy(assignment) => shaping::assignment(book, assignment),
        Command::SetCapacity(capacity) => shaping::capacity(book, capacity),
        Command::SetReserves(reserves) => {
            let head = shaping::reserves(book, reserves)?;
            for row in reserves.rows {
                freed::look_again(book, row.sku(), sequence, movements);
            }
            Ok(head)
        }
        Command::SetBundle(bundle) => shaping::bundle(book, bundle),
        Command::SetShadowPrices(prices) => shaping::prices(book, prices),
        Command::PlaceOrder(_)
        | Command::PlaceHold(_)
        | Command::ResourceOrder(_)
        | Command::RejectUnits(_) => unreachable!("what is sourced is judged by itself"),
        Command::ExpectSupply(supply) => expecting::expect(book, supply, time),
        Command::ChangeSupply(change) => expecting::change(book, change, time),
        Command::ReceiveSupply(receipt) => expecting::receive(book, receipt, sequence, movements),
        Command::Mark { .. }
        | Command::Retire(_)
        | Command::Match(_)
        | Command::ExpireHolds(_)
        | Command::Promise(_)
        | Command::GiveUp(_)
        | Command::Sweep(_) => Err(RejectReason::NotForClients.into()),
    }
}

/// A record of the engine's own, which answers nobody.
pub(super) fn expect_own(record: &Record<'_>) -> Result<(), String> {
    let outcome = &record.outcome;
    let is_plain = record.actor == Actor::ENGINE
        && *outcome.head == OutcomeHead::accepted(0, 0)
        && outcome.shorts.is_empty();
    expect(is_plain, || format!("the engine's own record with {outcome:?}"))
}

/// The engine's own records move nothing, but those that serve waiting lines or sweep them, end holds,
/// promise or give orders up.
fn judge_own(book: &Book, record: &Record<'_>, scratch: &mut Scratch) -> Result<bool, String> {
    if let Command::Match(looked) = &record.command {
        return matching::judge(book, record, looked, scratch);
    }
    if let Command::ExpireHolds(expiry) = &record.command {
        return holding::judge_expiry(book, record, expiry).map(|()| true);
    }
    if let Command::Promise(promise) = &record.command {
        return reviewing::judge(book, record, promise).map(|()| true);
    }
    if let Command::GiveUp(command) = &record.command {
        return giving_up::judge(book, record, command).map(|()| true);
    }
    if let Command::Sweep(command) = &record.command {
        return sweeping::judge(book, record, command).map(|()| true);
    }
    expect_own(record)?;
    expect_movements(record, &[])?;
    if let Command::Retire(retire) = &record.command {
        judge_retire(book, retire)?;
    }
    Ok(true)
}

/// One archive file after the other, and nothing leaves that is not closed.
fn judge_retire(book: &Book, retire: &Retire) -> Result<(), String> {
    let archive = &book.archive;
    let is_begun = archive.left != archive.totals;
    let totals = (retire.orders_total, retire.commands_total);
    let is_next = if is_begun {
        (retire.archive, retire.archive_hash, totals)
            == (archive.number, archive.hash, archive.totals)
    } else {
        retire.archive == archive.number + 1
    };
    let left = if is_begun { archive.left } else { (0, 0) };
    let fits = left.0 + retire.orders <= totals.0 && left.1 + retire.commands <= totals.1;
    let says_something = retire.orders + retire.commands > 0;
    let are_there = archive.orders + u64::from(retire.orders) <= book.closed_orders
        && archive.commands + u64::from(retire.commands) <= book.commands;
    expect(is_next && fits && says_something && are_there, || {
        format!("{retire:?} after {archive:?}, of {} closed orders", book.closed_orders)
    })
}

pub(super) fn expect(holds: bool, else_what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(else_what()) }
}
