//! Sending what gained to a server.

use gantry_model::{Command, OrderAllocation, ReplyBody, ReplyStatus, ResourceOrder, Warehouse};

use super::report::SentReport;
use super::trial::{Gained, Places};
use crate::error::CliError;
use crate::session::{Session, id_or_new, unexpected};

/// Sends each order that gained, in order, and tells what really came of them.
pub(super) async fn send(session: &Session, gained: &[Gained]) -> Result<SentReport, CliError> {
    let mut report = SentReport::default();
    for gained in gained {
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
    }
    Ok(report)
}

fn places(rows: &[OrderAllocation]) -> Places {
    let rows = rows.iter().filter(|row| row.allocated.get() > 0);
    let mut places: Places = rows
        .map(|row| (row.line.get(), Warehouse::new(row.warehouse.get()), row.allocated.get()))
        .collect();
    places.sort_unstable();
    places
}
