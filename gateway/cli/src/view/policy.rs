//! A policy that was set, or whom it binds.

use serde::Serialize;

use super::Body;
use crate::output::{Page, grouped};
use crate::policy::PolicyFile;

/// What a command about a policy did.
#[derive(Debug, Serialize)]
pub(crate) struct PolicyView {
    /// `null`: none of its own any more.
    policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objective: Option<&'static str>,
    /// `null`: every channel without a policy of its own.
    channels: Option<Vec<String>>,
    /// Rows of the file of shadow prices, which stand in place of all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow_prices: Option<usize>,
}

impl PolicyView {
    /// A policy came into force.
    pub(crate) fn set(file: &PolicyFile) -> Self {
        let channels = file.channels.as_ref();
        Self {
            policy: Some(file.name.to_string()),
            objective: Some(file.objective.name()),
            channels: channels.map(|codes| codes.iter().map(ToString::to_string).collect()),
            shadow_prices: file.prices.as_ref().map(Vec::len),
        }
    }

    /// A channel got a policy, or has none of its own any more.
    pub(crate) fn assigned(policy: Option<&str>, channel: Option<&str>) -> Self {
        Self {
            policy: policy.map(ToOwned::to_owned),
            objective: None,
            channels: channel.map(|channel| vec![channel.to_owned()]),
            shadow_prices: None,
        }
    }
}

impl Body for PolicyView {
    fn show(&self, page: Page) -> Page {
        let binds = match self.channels.as_deref() {
            None => "every channel without a policy of its own".to_owned(),
            Some([]) => "no channel yet; see `gantry policy assign`".to_owned(),
            Some(channels) => format!("channel {}", channels.join(", ")),
        };
        let prices = self.shadow_prices;
        let facts = [
            Some(("policy", self.policy.clone().unwrap_or_else(|| "none of its own".to_owned()))),
            self.objective.map(|objective| ("objective", objective.to_owned())),
            Some(("binds", binds)),
            prices.map(|rows| ("shadow prices", format!("{} rows", grouped(rows as u64)))),
        ];
        page.facts(facts.into_iter().flatten())
    }
}
