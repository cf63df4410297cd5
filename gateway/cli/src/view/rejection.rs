//! Rejections: why not, and for which lines.

use gantry_model::{CommandId, Namespace, Outcome, RejectReason, Reply};
use serde::Serialize;

use super::reason::sentence;
use crate::error::CliError;
use crate::output::{Answer, Page, Table, grouped};
use crate::session::{Session, id_text};

/// A rejection with its figures.
#[derive(Debug, Serialize)]
pub(crate) struct RejectionView {
    status: &'static str,
    reason: &'static str,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The offending figure and what it was held against, for reasons that compare two.
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    short_lines: Vec<ShortLine>,
    #[serde(skip)]
    sentence: &'static str,
    #[serde(skip)]
    repeated: bool,
}

#[derive(Debug, Serialize)]
struct ShortLine {
    line: u16,
    sku: String,
    wanted: u32,
    available: u32,
}

impl RejectionView {
    /// Turns handles into codes.
    pub(crate) async fn new(
        session: &mut Session,
        reply: &Reply<'_>,
        outcome: Outcome<'_>,
        id: Option<CommandId>,
    ) -> Result<Self, CliError> {
        let mut short_lines = Vec::with_capacity(outcome.shorts.len());
        for short in outcome.shorts {
            short_lines.push(ShortLine {
                line: short.line(),
                sku: session.name(Namespace::Sku, short.sku().get()).await?,
                wanted: short.wanted(),
                available: short.available(),
            });
        }
        let (actual, limit) = (outcome.head.actual(), outcome.head.limit());
        let compares = actual != 0 || limit != 0;
        let figures = (compares.then_some(actual), compares.then_some(limit));
        let plain = Self::plain(reply, id);
        Ok(Self { actual: figures.0, limit: figures.1, short_lines, ..plain })
    }

    /// The id was rejected before: the reason is all that is remembered of it.
    pub(crate) fn repeated(reply: &Reply<'_>, id: Option<CommandId>) -> Self {
        Self { repeated: true, ..Self::plain(reply, id) }
    }

    fn plain(reply: &Reply<'_>, id: Option<CommandId>) -> Self {
        let reason = reply.reject_reason();
        Self {
            status: reply.status.name(),
            reason: reason.map_or("unknown", RejectReason::name),
            sequence: reply.sequence.get(),
            id: id.map(id_text),
            actual: None,
            limit: None,
            short_lines: Vec::new(),
            sentence: reason.map_or("for a reason that this program does not know", sentence),
            repeated: false,
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[">line", "sku", ">wanted", ">available"]);
        for short in &self.short_lines {
            let figures = [grouped(short.wanted), grouped(short.available)];
            let [wanted, available] = figures;
            table.row([short.line.to_string(), short.sku.clone(), wanted, available]);
        }
        table
    }
}

impl Answer for RejectionView {
    fn page(&self) -> Page {
        let before = if self.repeated { "rejected before" } else { "rejected" };
        let figures = self.actual.zip(self.limit).map(|(actual, limit)| {
            ("figures", format!("{}, held against {}", grouped(actual), grouped(limit)))
        });
        let again = self.repeated.then(|| ("advice", "a new attempt takes a new id".to_owned()));
        let id = self.id.clone().map(|id| ("command id", id));
        let facts = [
            Some(("answer", format!("{before}: {}", self.reason))),
            Some(("meaning", self.sentence.to_owned())),
            figures,
            again,
            id,
        ];
        Page::new().facts(facts.into_iter().flatten()).table(self.table())
    }
}
