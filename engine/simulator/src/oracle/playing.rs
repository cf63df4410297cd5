//! Shops that only expect units and never receive any, by the oracle's own rules alone: promises add
//! up behind every record, and looking at them comes to an end.

use gantry_model::{
    Actor, ChangeSupply, Channel, Command, CommandId, CostRow, EngineSecond, EngineTime,
    ExpectSupply, HoldId, LineUnits, Match, MatchEnd, Movement, MovementKind, OrderId, OrderLine,
    OrderUnits, Outcome, OutcomeHead, PlaceOrder, Promise, Proof, Record, Sequence, SetCosts,
    SetPriority, ShortMode, Sku, UpsertCode, UpsertSku, UpsertWarehouse, WaitKey, Warehouse, Zone,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::audit::books_add_up;
use super::book::Book;
use super::case::Scratch;
use super::reviewing::Step;
use super::{decide, place};

const SECOND_NS: u64 = 1_000_000_000;
const SKUS: u32 = 2;

struct Play {
    book: Book,
    time: u64,
    random: ChaCha8Rng,
    orders: Vec<OrderId>,
    supplies: Vec<CommandId>,
    reviews: usize,
    broken: usize,
}

impl Play {
    fn new(seed: u64) -> Self {
        let (orders, supplies) = (Vec::new(), Vec::new());
        let random = ChaCha8Rng::seed_from_u64(seed);
        let time = 1_700_000_000 * SECOND_NS;
        let mut play =
            Self { book: Book::new(), time, random, orders, supplies, reviews: 0, broken: 0 };
        play.set_up();
        play
    }

    fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end)
    }

    fn id(&mut self) -> CommandId {
        CommandId::new(self.random.random())
    }

    fn soon(&mut self) -> EngineSecond {
        let now = u32::try_from(self.time / SECOND_NS).expect("a second");
        EngineSecond::new(now + 1 + self.below(600))
    }

    fn set_up(&mut self) {
        let id = self.id();
        self.ask(&Command::UpsertZone(UpsertCode { id, code: "Z" }));
        let (order_max, tracked, backorder, active) = (0, true, true, true);
        for code in ["S", "T"] {
            let id = self.id();
            let sku = UpsertSku { id, order_max, tracked, backorder, active, code };
            self.ask(&Command::UpsertSku(sku));
        }
        for (handle, code) in (0..).zip(["V", "W", "X"]) {
            let (id, priority) = (self.id(), 0);
            self.ask(&Command::UpsertWarehouse(UpsertWarehouse { id, priority, active, code }));
            let rows = [CostRow::serves(Zone::new(0), 5, 1, 1)];
            let (id, warehouse) = (self.id(), Warehouse::new(handle));
            if handle < 2 {
                self.ask(&Command::SetCosts(SetCosts { id, warehouse, rows: &rows }));
            }
        }
    }

    /// Carries a command out, if the rules say so.
    fn ask(&mut self, command: &Command<'_>) -> bool {
        let mut movements = Vec::new();
        let at = (Sequence::new(self.book.sequence + 1), self.time);
        let head = match command {
            Command::PlaceOrder(order) => {
                place::movements(&self.book, order, at, &[], &mut movements);
                match order.short {
                    ShortMode::WaitComplete => OutcomeHead::accepted(0, 0),
                    _ => OutcomeHead::sourced(0, 0, Some(Proof::Optimal), 0),
                }
            }
            command => match decide::decide(&self.book, command, at, &mut movements) {
                Ok(head) => head,
                Err(_) => return false,
            },
        };
        self.enter(command, Actor::CLIENT_MIN, &head, &movements);
        true
    }

    /// A record that must be right.
    fn enter(
        &mut self,
        command: &Command<'_>,
        actor: Actor,
        head: &OutcomeHead,
        movements: &[Movement],
    ) {
        let mut command_bytes = Vec::new();
        command.write(&mut command_bytes);
        let record = Record {
            sequence: Sequence::new(self.book.sequence + 1),
            time: EngineTime::new(self.time),
            actor,
            command: *command,
            command_bytes: &command_bytes,
            outcome: Outcome { head, shorts: &[] },
            movements,
        };
        let judged = decide::judge(&self.book, &record, &mut Scratch::default(), &mut Vec::new());
        assert!(judged.is_ok(), "{command:?}: {judged:?}");
        self.book.enter(&record);
        assert_eq!(books_add_up(&self.book), Ok(()), "behind {command:?}");
    }

    /// What the engine does by itself; nothing is there to be given away.
    fn go_on(&mut self) -> bool {
        let plain = OutcomeHead::accepted(0, 0);
        if let Some(sku) = self.book.next_due() {
            let looked = self.book.waiting_behind(sku).take(64).last();
            let last = looked.map_or(WaitKey::FIRST, |waiting| waiting.key);
            let looked = Match { sku: Sku::new(sku), last, end: MatchEnd::Over };
            self.enter(&Command::Match(looked), Actor::ENGINE, &plain, &[]);
            return true;
        }
        let Some(sku) = self.book.next_reviewed(self.time) else { return false };
        let (sequence, time) = (Sequence::new(self.book.sequence + 1), self.time);
        let sku = Sku::new(sku);
        let movements = Vec::new();
        let mut step = Step { book: &self.book, sku, sequence, time, movements, is_moved: false };
        let (last, end) = step.take();
        let movements = step.movements;
        let is_broken = |row: &&Movement| row.kind() == MovementKind::PromiseBroken;
        self.broken += movements.iter().filter(is_broken).count();
        self.reviews += 1;
        let command = Command::Promise(Promise { sku, last, end });
        self.enter(&command, Actor::ENGINE, &plain, &movements);
        true
    }

    fn play(&mut self) {
        match self.below(20) {
            0..7 => self.place(),
            7..10 => self.expect(),
            10..12 => self.change(),
            12..14 => self.cancel(),
            14 if !self.orders.is_empty() => {
                let (id, at) = (self.id(), self.random.random_range(0..self.orders.len()));
                let priority_class = u8::try_from(self.below(3)).expect("below 3");
                let order = self.orders[at];
                let set = SetPriority { id, order, priority_class };
                self.ask(&Command::SetPriority(set));
            }
            15..17 => self.time += u64::from(self.below(60)) * SECOND_NS,
            _ => {
                self.go_on();
            }
        }
    }

    fn place(&mut self) {
        let id = self.id();
        let count = 1 + usize::from(self.below(3) == 0);
        let mut line = || OrderLine::new(Sku::new(self.below(SKUS)), 1 + self.below(9));
        let lines = [line(), line()];
        let is_complete = self.below(8) == 0;
        let order = PlaceOrder {
            id,
            hold: HoldId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: Zone::new(0),
            channel: Channel::NONE,
            priority_class: u8::try_from(self.below(3)).expect("below 3"),
            service_level: 0,
            short: if is_complete { ShortMode::WaitComplete } else { ShortMode::Backorder },
            reference: "",
            lines: &lines[..count],
        };
        self.ask(&Command::PlaceOrder(order));
        self.orders.push(id);
    }

    fn expect(&mut self) {
        let (id, eta) = (self.id(), self.soon());
        let sku = Sku::new(self.below(SKUS));
        let warehouse = Warehouse::new(u16::try_from(self.below(3)).expect("below 3"));
        let quantity = 1 + self.below(30);
        let supply = ExpectSupply { id, sku, warehouse, quantity, eta };
        if self.ask(&Command::ExpectSupply(supply)) {
            self.supplies.push(id);
        }
    }

    fn change(&mut self) {
        if self.supplies.is_empty() {
            return;
        }
        let at = self.random.random_range(0..self.supplies.len());
        let (id, supply, eta) = (self.id(), self.supplies[at], self.soon());
        let quantity = self.below(30);
        self.ask(&Command::ChangeSupply(ChangeSupply { id, supply, quantity, eta }));
    }

    fn cancel(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let (id, at) = (self.id(), self.random.random_range(0..self.orders.len()));
        let units = [LineUnits::new(0, Warehouse::NONE, 1 + self.below(4))];
        let is_whole = self.below(2) == 0;
        let units = if is_whole { &[] } else { &units[..] };
        self.ask(&Command::CancelOrder(OrderUnits { id, order: self.orders[at], units }));
    }
}

#[test]
fn promises_add_up_and_looking_at_them_comes_to_an_end() {
    let (mut reviews, mut broken, mut promised) = (0, 0, 0);
    for seed in 0..60 {
        let mut play = Play::new(seed);
        for _ in 0..600 {
            play.play();
        }
        let mut steps = 0;
        while play.go_on() {
            steps += 1;
            assert!(steps < 100, "seed {seed} does not come to rest");
        }
        assert!(play.book.reviews.is_empty() && play.book.past(play.time).is_empty());
        promised += play.book.promises.len();
        (reviews, broken) = (reviews + play.reviews, broken + play.broken);
    }
    assert!(reviews > 2_000 && broken > 1_000 && promised > 500, "{reviews}, {broken}, {promised}");
}
