//! Which records a dump shows: those of an order, those of a SKU.

use gantry_model::{Command, OrderId, PlaceHold, PlaceOrder, Record, Sequence};

use crate::names::Names;

/// What was asked for. Both at once means records about both.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    order: Option<OrderText>,
    sku: Option<String>,
}

/// An order by its id or by the shop's own number, and the records that placed such orders so far:
/// several orders may carry one number.
#[derive(Debug)]
struct OrderText {
    text: String,
    placed: Vec<Sequence>,
    ids: Vec<OrderId>,
}

impl Wanted {
    pub(super) fn new(order: Option<&str>, sku: Option<&str>) -> Self {
        let order = order.map(|text| OrderText {
            text: text.to_owned(),
            placed: Vec::new(),
            ids: uuid::Uuid::parse_str(text)
                .map(|id| OrderId::new(id.as_u128()))
                .into_iter()
                .collect(),
        });
        Self { order, sku: sku.map(str::to_owned) }
    }

    /// Whether the record speaks of everything that was asked for. `names` knows it already.
    pub(super) fn takes(&mut self, record: &Record<'_>, names: &Names) -> bool {
        let order = self.order.as_mut().is_none_or(|order| order.is_in(record));
        let sku = self.sku.as_deref().is_none_or(|code| has_sku(record, names, code));
        order && sku
    }
}

impl OrderText {
    fn is_in(&mut self, record: &Record<'_>) -> bool {
        match &record.command {
            Command::PlaceOrder(order) => {
                let by_number = !order.reference.is_empty() && order.reference == self.text;
                if by_number && !self.ids.contains(&order.id) {
                    self.ids.push(order.id);
                }
                let is_wanted = self.ids.contains(&order.id);
                if is_wanted && record.outcome.head.is_accepted() {
                    self.placed.push(record.sequence);
                }
                is_wanted
            }
            Command::CancelOrder(units) | Command::Ship(units) => self.ids.contains(&units.order),
            Command::SetCancelAt(cancel) => self.ids.contains(&cancel.order),
            Command::RejectUnits(units) => self.ids.contains(&units.order),
            Command::GiveUp(given_up) => self.ids.contains(&given_up.order),
            Command::SetPriority(priority) => self.ids.contains(&priority.order),
            Command::ResourceOrder(resource) => self.ids.contains(&resource.order),
            Command::SwapUnits(swap) => {
                self.ids.contains(&swap.first) || self.ids.contains(&swap.second)
            }
            Command::Match(looked) => self.placed.contains(&looked.last.placed),
            _ => {
                let mut movements = record.movements.iter();
                movements.any(|movement| self.placed.contains(&movement.order()))
            }
        }
    }
}

fn has_sku(record: &Record<'_>, names: &Names, code: &str) -> bool {
    let is_it = |sku| names.sku(sku) == crate::names::Name::Known(code);
    let is_asked = match &record.command {
        Command::PlaceOrder(PlaceOrder { lines, .. })
        | Command::PlaceHold(PlaceHold { lines, .. }) => lines.iter().any(|line| is_it(line.sku())),
        Command::Receive(change) | Command::Adjust(change) | Command::SetStock(change) => {
            is_it(change.sku)
        }
        Command::UpsertSku(sku) => sku.code == code,
        Command::Match(looked) => is_it(looked.sku),
        Command::MatchAgain(again) => is_it(again.sku),
        Command::SwapUnits(swap) => is_it(swap.sku),
        Command::ExpectSupply(supply) => is_it(supply.sku),
        Command::Promise(promise) => is_it(promise.sku),
        Command::SetReserves(reserves) => reserves.rows.iter().any(|row| is_it(row.sku())),
        Command::SetShadowPrices(prices) => prices.rows.iter().any(|row| is_it(row.sku())),
        Command::SetBundle(bundle) => {
            is_it(bundle.sku) || bundle.components.iter().any(|part| is_it(part.sku()))
        }
        Command::SetPolicy(policy) => policy.no_split_skus.iter().any(|sku| is_it(sku.get())),
        _ => false,
    };
    is_asked || record.movements.iter().any(|movement| is_it(movement.sku()))
}
