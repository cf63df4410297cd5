//! After the restart: every acknowledged order is read back and compared.

use gantry_client::{ClientError, Connection};
use gantry_model::{Actor, Items, Query, RejectReason, Reply, ReplyBody, ReplyStatus, Totals};
use gantry_protocol::{Busy, FrameKind, REPLY_PAYLOAD_BYTES_MAX};

use super::DemoError;
use super::load::{Acknowledged, image};
use super::stream::Stream;
use crate::output::Progress;

/// Its answer stays far below the longest frame.
const ORDERS_PER_FRAME: usize = 256;

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    pub(super) found: u64,
    pub(super) missing: u64,
    /// There, but not with the same units at the same warehouses.
    pub(super) different: u64,
}

/// Reads every order of `acknowledged`.
pub(super) async fn read_back(
    address: &str,
    actor: Actor,
    stream: &Stream,
    acknowledged: &[Acknowledged],
) -> Result<Findings, DemoError> {
    let mut connection = Connection::connect(address, actor).await?;
    let mut progress = Progress::new("reading back", Some(acknowledged.len() as u64));
    let mut findings = Findings::default();
    let mut payload = Vec::new();
    for orders in acknowledged.chunks(ORDERS_PER_FRAME) {
        payload.clear();
        orders
            .iter()
            .for_each(|order| Query::ReadOrder(stream.id(order.order)).write(&mut payload));
        let mut expected = orders.iter();
        ask(&mut connection, orders.len(), &payload, |reply| {
            let order = expected.next().ok_or(ClientError::NoReply)?;
            findings.count(order, reply)
        })
        .await?;
        if expected.next().is_some() {
            return Err(ClientError::NoReply.into());
        }
        progress.set(findings.found + findings.missing + findings.different);
    }
    Ok(findings)
}

/// The server's figures.
pub(super) async fn totals(address: &str, actor: Actor) -> Result<Totals, DemoError> {
    let mut connection = Connection::connect(address, actor).await?;
    let (mut payload, mut totals) = (Vec::new(), None);
    Query::ReadTotals.write(&mut payload);
    ask(&mut connection, 1, &payload, |reply| {
        if let ReplyBody::Totals(answer) = reply.body {
            totals = Some(*answer);
        }
        Ok(())
    })
    .await?;
    totals.ok_or(DemoError::Connection(ClientError::NoReply))
}

impl Findings {
    fn count(&mut self, order: &Acknowledged, reply: &Reply<'_>) -> Result<(), DemoError> {
        match (reply.status, reply.body) {
            (ReplyStatus::Answered, ReplyBody::OrderDetail { order: body, .. }) => {
                if image(&body) == order.image {
                    self.found += 1;
                } else {
                    self.different += 1;
                }
            }
            (ReplyStatus::Rejected, _)
                if reply.reject_reason() == Some(RejectReason::UnknownOrder) =>
            {
                self.missing += 1;
            }
            (status, _) => {
                let (status, reason) = (status.name(), reply.reason);
                return Err(DemoError::UnexpectedAnswer { status, reason });
            }
        }
        Ok(())
    }
}

/// Sends one frame of queries, again as long as the server is busy, and hands on each reply.
async fn ask(
    connection: &mut Connection,
    count: usize,
    payload: &[u8],
    mut on_reply: impl FnMut(&Reply<'_>) -> Result<(), DemoError>,
) -> Result<(), DemoError> {
    let item_count = u32::try_from(count).expect("invariant: a few hundred");
    loop {
        connection.sender().send_queries(1, item_count, payload).await?;
        connection.sender().flush().await?;
        let frame = connection.receiver().next_frame().await?;
        match frame.kind {
            FrameKind::Replies => {
                for item in Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX) {
                    on_reply(&Reply::parse(&item?)?)?;
                }
                return Ok(());
            }
            FrameKind::Busy => {
                let busy = Busy::parse(frame.payload).map_err(ClientError::from)?;
                let wait = std::time::Duration::from_micros(u64::from(busy.retry_after_us));
                tokio::time::sleep(wait).await;
            }
            kind => return Err(DemoError::UnexpectedFrame { kind }),
        }
    }
}
