//! The workload: commands and queries of a shop gone wild, from one stream of chance.
//!
//! It sees no answers. It remembers what it asked for, and so cancels, ships and repeats orders that
//! may or may not be there. Each seed draws a [`Swarm`], which switches acts off and weighs the
//! others wildly. What defines the shop comes first.

mod broken;
mod dice;
mod holds;
mod orders;
mod rejected;
mod shaping;
mod shop;
mod supplies;
mod swaps;
mod swarm;
mod times;

use gantry_model::{
    Channel, CommandId, EngineSecond, OrderId, OrderLine, Sequence, Sku, WaitKey, Warehouse, Zone,
};
use rand_chacha::ChaCha8Rng;

use self::dice::Dice;
use self::holds::AskedHold;
use self::supplies::AskedSupply;
use self::swarm::Act;
pub use self::swarm::Swarm;

/// Orders and items that are remembered to be asked for again.
const REMEMBERED_MAX: usize = 512;

/// What was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A command item, or bytes to be sent as one.
    Command,
    /// A query item.
    Query,
}

/// An order as it was asked for.
#[derive(Clone, Debug)]
struct Asked {
    id: OrderId,
    zone: Zone,
    lines: Vec<OrderLine>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Workload {
    dice: Dice,
    swarm: Swarm,
    /// About what second it is.
    second: u32,
    /// Commands of set-up that were made, and how many there are.
    set_up: u32,
    /// The last orders, in a ring.
    orders: Vec<Asked>,
    orders_made: usize,
    /// The order of which units are rejected again and again.
    rejected: Option<Asked>,
    /// The last holds, in a ring.
    holds: Vec<AskedHold>,
    holds_made: usize,
    /// The last supplies, in a ring.
    supplies: Vec<AskedSupply>,
    supplies_made: usize,
    /// The bytes of some of the last commands, in a ring.
    items: Vec<Vec<u8>>,
    items_made: usize,
}

impl Workload {
    /// A workload that draws from `rng` alone.
    #[must_use]
    pub fn new(rng: ChaCha8Rng, swarm: Swarm) -> Self {
        Self {
            dice: Dice(rng),
            swarm,
            second: 0,
            set_up: 0,
            orders: Vec::new(),
            orders_made: 0,
            rejected: None,
            holds: Vec::new(),
            holds_made: 0,
            supplies: Vec::new(),
            supplies_made: 0,
            items: Vec::new(),
            items_made: 0,
        }
    }

    /// Appends the next item.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Made {
        if self.set_up < self.set_up_steps() {
            self.write_set_up(self.set_up, out);
            self.set_up += 1;
            return Made::Command;
        }
        let act = Act::ALL[self.dice.weighed(&self.swarm.weights)];
        let start = out.len();
        match act {
            Act::Place => self.place(out),
            Act::Cancel => self.cancel(out),
            Act::Ship => self.ship(out),
            Act::Class => self.set_priority(out),
            Act::CancelAt => self.set_cancel_at(out),
            Act::Resource => self.resource(out),
            Act::Reject => self.reject_units(out),
            Act::Swap => self.swap_units(out),
            Act::Hold => self.hold(out),
            Act::Extend => self.extend_hold(out),
            Act::Release => self.release_hold(out),
            Act::LookAgain => self.match_again(out),
            Act::Receive | Act::Adjust | Act::Count => self.stock(act, out),
            Act::Sku | Act::Warehouse | Act::Costs | Act::Limits => self.set_again(act, out),
            Act::Policy => self.policy(out),
            Act::Assign => self.assign(out),
            Act::Capacity => self.capacity(out),
            Act::Reserves => self.reserves(out),
            Act::Bundle => self.bundle(out),
            Act::Prices => self.prices(out),
            Act::ReadOrder | Act::ReadStock | Act::ReadBook | Act::Quote | Act::ReadOther => {
                self.read(act, out);
                return Made::Query;
            }
            Act::ReadHold | Act::ReadHolds => {
                self.read_hold(act, out);
                return Made::Query;
            }
            Act::Expect => self.expect_supply(out),
            Act::ChangeSupply => self.change_supply(out),
            Act::ReceiveSupply => self.receive_supply(out),
            Act::ReadSupply | Act::ReadSupplies => {
                self.read_supply(act, out);
                return Made::Query;
            }
            Act::Repeat => self.repeat(out),
            Act::Reuse => self.reuse(out),
            Act::Malformed => return self.malformed(out),
            Act::Own => self.own(out),
        }
        self.remember(start, out);
        Made::Command
    }

    /// Now and then keeps what was just made, to send it again.
    fn remember(&mut self, start: usize, out: &[u8]) {
        if !self.dice.one_in(4) {
            return;
        }
        let place = self.items_made % REMEMBERED_MAX;
        self.items_made += 1;
        if place == self.items.len() {
            self.items.push(Vec::new());
        }
        self.items[place].clear();
        self.items[place].extend_from_slice(&out[start..]);
    }

    /// An id for a command: new, or from a tiny set.
    fn id(&mut self) -> CommandId {
        if self.dice.per_mille(self.swarm.tiny_share) {
            return CommandId::new(self.dice.below(self.swarm.tiny_ids).into());
        }
        CommandId::new(self.dice.wide())
    }

    /// A handle, now and then of nothing.
    fn sku(&mut self) -> Sku {
        if self.dice.per_mille(self.swarm.hot_share) {
            return Sku::new(0);
        }
        let past = u32::from(self.dice.one_in(200));
        Sku::new(self.dice.below(self.swarm.skus + past))
    }

    /// A handle of a SKU whose stock is counted, as far as chance knows.
    fn tracked_sku(&mut self) -> Sku {
        if self.dice.per_mille(self.swarm.hot_share * 3 / 4) || self.dice.one_in(30) {
            return self.sku();
        }
        Sku::new(self.dice.below(self.swarm.skus - self.swarm.bundles))
    }

    fn warehouse(&mut self) -> Warehouse {
        let past = u32::from(self.dice.one_in(200));
        Warehouse::new(self.dice.short(self.swarm.warehouses + past))
    }

    /// Where a SKU is received.
    fn home(&mut self, sku: Sku) -> Warehouse {
        let Swarm { homes, warehouses, .. } = self.swarm;
        if homes == 0 || self.dice.one_in(30) {
            return self.warehouse();
        }
        let home = (sku.get() + self.dice.below(homes)) % warehouses;
        Warehouse::new(u16::try_from(home).unwrap_or(u16::MAX))
    }

    fn class(&mut self) -> u8 {
        u8::try_from(self.dice.below(self.swarm.classes)).unwrap_or(u8::MAX)
    }

    /// A place in some book.
    fn wait_key(&mut self) -> WaitKey {
        let priority_class = self.class();
        let placed = Sequence::new(self.dice.below(2_000).into());
        let is_promised = self.dice.one_in(2);
        WaitKey {
            priority_class,
            promised: if is_promised { self.second() } else { EngineSecond::NONE },
            placed,
            line: self.dice.short(self.swarm.lines_max),
        }
    }

    fn zone(&mut self) -> Zone {
        let past = u32::from(self.dice.one_in(200));
        Zone::new(self.dice.short(self.swarm.zones + past))
    }

    fn channel(&mut self) -> Channel {
        let past = u32::from(self.dice.one_in(200));
        if self.dice.one_in(2) || self.swarm.channels + past == 0 {
            return Channel::NONE;
        }
        Channel::new(self.dice.short(self.swarm.channels + past))
    }

    /// Units: few, or near a limit.
    fn units(&mut self, max: u32) -> u32 {
        if self.dice.per_mille(self.swarm.extreme_share) {
            let limits = [0, 9_999, 10_000, 10_001, 1_000_000, 1_000_001, 1 << 31, u32::MAX];
            return self.dice.pick(&limits);
        }
        self.dice.between(1, max)
    }
}
