//! Answers of the engine as people and programs read them: codes instead of handles.

mod book;
mod hold;
mod order;
mod policy;
mod proof;
mod reason;
mod rejection;
mod stock;
mod supply;

pub(crate) use book::BookView;
pub(crate) use hold::{HoldView, HoldsView};
pub(crate) use order::{OrderView, OrderWithDetail};
pub(crate) use policy::PolicyView;
pub(crate) use proof::proof_text;
pub(crate) use reason::sentence;
pub(crate) use rejection::RejectionView;
pub(crate) use stock::{CellChange, StockView};
pub(crate) use supply::{SuppliesView, SupplyView};

use gantry_model::{CommandId, EngineSecond, Reply, ReplyBody, ReplyStatus};
use serde::Serialize;

use crate::error::{CliError, Verdict};
use crate::output::{Answer, Output, Page, grouped};
use crate::session::{Session, id_text};

/// What every answer to a command tells.
#[derive(Debug, Serialize)]
pub(crate) struct Answered<Body: Serialize> {
    pub(crate) status: &'static str,
    pub(crate) sequence: u64,
    /// The command's own id; a question has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(flatten)]
    pub(crate) body: Body,
}

/// A body that knows its part of the page.
pub(crate) trait Body: Serialize {
    /// Adds itself to the page.
    fn show(&self, page: Page) -> Page;
}

impl<B: Body> Answer for Answered<B> {
    fn page(&self) -> Page {
        let record = match self.status {
            "accepted" => format!("accepted, as record {}", grouped(self.sequence)),
            "duplicate" => format!("done before, as record {}", grouped(self.sequence)),
            _ => format!("as of record {}", grouped(self.sequence)),
        };
        let id = self.id.clone().map(|id| ("command id", id));
        self.body.show(Page::new().facts([("answer", record)].into_iter().chain(id)))
    }
}

impl<B: Body> Answered<B> {
    /// Puts a body beside what the reply's head tells.
    pub(crate) fn new(reply: &Reply<'_>, id: Option<CommandId>, body: B) -> Self {
        let (status, sequence) = (reply.status.name(), reply.sequence.get());
        Self { status, sequence, id: id.map(id_text), body }
    }
}

/// The beginning of a second, if it is one.
pub(crate) fn date_ns(date: EngineSecond) -> Option<u64> {
    (date != EngineSecond::NONE).then(|| date.begins().get())
}

/// Nothing to tell but that it was done.
#[derive(Debug, Serialize)]
pub(crate) struct Nothing {}

impl Body for Nothing {
    fn show(&self, page: Page) -> Page {
        page
    }
}

/// Prints the rejection in `reply`, if it is one.
pub(crate) async fn rejection(
    session: &mut Session,
    reply: &Reply<'_>,
    id: Option<CommandId>,
    json: bool,
    output: &mut Output,
) -> Result<Option<Verdict>, CliError> {
    let view = match (reply.status, reply.body) {
        (ReplyStatus::Rejected, ReplyBody::Rejection(outcome)) => {
            RejectionView::new(session, reply, outcome, id).await?
        }
        (ReplyStatus::Duplicate, _) if reply.reason != 0 => RejectionView::repeated(reply, id),
        _ => return Ok(None),
    };
    output.answer(json, &view)?;
    Ok(Some(Verdict::Rejected))
}
