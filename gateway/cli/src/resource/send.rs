//! Sending what gained to a server.

use gantry_model::{
    Command, OrderAllocation, ReplyBody, ReplyStatus, ResourceOrder, SwapUnits, Warehouse,
};

use super::report::SentReport;
use super::trial::{Gained, Places, Step};
use crate::error::CliError;
use crate::session::{Session, id_or_new, unexpected};

/// Sends what gained, in the order in which it was found, and tells what really came of it.
pub(super) async fn send(session: &Session, steps: &[Step]) -> Result<SentReport, CliError> {
    let mut report = SentReport::default();
    for step in steps {
        match step {
            Step::Moved(gained) => send_order(session, gained, &mut report).await?,
            Step::Swapped(swap) => send_swap(session, swap, &mut report).await?,
        }
    }
    Ok(report)
}

async fn send_order(
    session: &Session,
    gained: &Gained,
    report: &mut SentReport,
) -> Result<(), CliError> {
    let (id, order) = (id_or_new(None), gained.order);
    let owned = session.command(&Command::ResourceOrder(ResourceOrder { id, order })).await?;
    let reply = owned.reply();
    report.orders += 1;
    match (reply.status, reply.body) {
        (ReplyStatus::Accepted, ReplyBody::Order(order)) => {
            let places = places(order.allocations);
            report.as_tried += u64::from(places == gained.after);
            report.unchanged += u64::from(places == gained.before);
            let is_other = places != gained.after && places != gained.before;
            report.otherwise += u64::from(is_other);
        }
        (ReplyStatus::Rejected, _) => report.refused += 1,
        _ => return Err(unexpected(&reply)),
    }
    Ok(())
}

async fn send_swap(
    session: &Session,
    swap: &SwapUnits,
    report: &mut SentReport,
) -> Result<(), CliError> {
    let owned = session.command(&Command::SwapUnits(*swap)).await?;
    let reply = owned.reply();
    report.swaps += 1;
    match reply.status {
        ReplyStatus::Accepted | ReplyStatus::Duplicate => report.swaps_made += 1,
        ReplyStatus::Rejected => report.swaps_refused += 1,
        _ => return Err(unexpected(&reply)),
    }
    Ok(())
}

fn places(rows: &[OrderAllocation]) -> Places {
    let rows = rows.iter().filter(|row| row.allocated.get() > 0);
    let mut places: Places = rows
        .map(|row| (row.line.get(), Warehouse::new(row.warehouse.get()), row.allocated.get()))
        .collect();
    places.sort_unstable();
    places
}
