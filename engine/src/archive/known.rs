//! What an answer may rest on: the state, and what of the archive was attached to the request.

use gantry_journal::mark;
use gantry_model::{CommandId, OrderId};

use super::image::Archived;
use crate::state::{FirstAnswer, OrderView, State};

/// See the module. What is in memory comes first: it is what stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) state: &'a State,
    /// Rising by id.
    pub(crate) archived: &'a [Archived],
}

impl<'a> Known<'a> {
    /// The state alone.
    pub(crate) const fn of(state: &'a State) -> Self {
        Self { state, archived: &[] }
    }

    /// What is known of an id that was answered before.
    pub(crate) fn first_answer(&self, id: CommandId) -> Option<FirstAnswer> {
        self.state.first_answer(id).or_else(|| {
            let (sequence, content_hash) = match self.archived(id)? {
                Archived::Order(order) => (order.view().row.placed, order.view().row.content_hash),
                Archived::Command(command) => (command.row.sequence, command.row.content_hash),
            };
            mark!("archived id repeated");
            Some(FirstAnswer { sequence, content_hash, rejected: None, order_slot: None })
        })
    }

    /// An order as it stands.
    pub(crate) fn order(&self, id: OrderId) -> Option<OrderView<'a>> {
        if let Some(slot) = self.state.order_slot(id) {
            return Some(self.state.orders.view(slot));
        }
        match self.archived(id)? {
            Archived::Order(order) => {
                mark!("archived order asked for");
                Some(order.view())
            }
            Archived::Command(_) => None,
        }
    }

    fn archived(&self, id: CommandId) -> Option<&'a Archived> {
        let at = self.archived.binary_search_by_key(&id, Archived::id).ok()?;
        self.archived.get(at)
    }
}
