//! What the engine really journals, under rules of every kind at random, keeps the audit's rules.
//! The two share no code, so this holds each against the other.

mod expected;
mod swapped;

use gantry_engine::{ArchiveLimits, LocalInstance, Moment};
use gantry_journal::{FileStorage, JournalOptions, JournalReader};
use gantry_model::{
    AssignPolicy, Component, ExtendHold, Item, MatchAgain, Objective, PlaceHold, Policy, Records,
    ReleaseHold, Reply, ReplyBody, ReserveRow, ResourceOrder, Rule, Rules, SetBundle, SetCapacity,
    SetPolicy, SetPriority, SetReserves, SkuField, SupplyId, WarehouseField,
};

use super::*;

const SHOPS: u64 = 40;
const COMMANDS: usize = 240;
const SKUS: u64 = 6;
/// Bundles, and so not counted; what they are made of comes before them.
const BUNDLES: std::ops::Range<u32> = 4..6;
const WAREHOUSES: u64 = 4;
const CHANNELS: u64 = 2;
const NS_PER_MINUTE: u64 = 60_000_000_000;

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn small(&mut self, bound: u64) -> u16 {
        u16::try_from(self.below(bound)).unwrap()
    }

    fn units(&mut self, bound: u64) -> u32 {
        u32::try_from(self.below(bound)).unwrap()
    }

    fn sku(&mut self) -> Sku {
        Sku::new(self.units(SKUS))
    }

    fn warehouse(&mut self) -> Warehouse {
        Warehouse::new(self.small(WAREHOUSES))
    }

    /// One of them, or none.
    fn channel(&mut self) -> Channel {
        let channel = self.small(CHANNELS + 1);
        if u64::from(channel) == CHANNELS { Channel::NONE } else { Channel::new(channel) }
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

/// A shop whose commands are drawn.
struct Drawn {
    random: Random,
    instance: LocalInstance,
    time_ns: u64,
    next_id: u128,
    orders: Vec<(CommandId, Vec<LineUnits>)>,
    holds: Vec<HoldId>,
    supplies: Vec<SupplyId>,
    accepted: u64,
}

impl Drawn {
    fn carry_out(&mut self, command: &Command<'_>) -> bool {
        let now = EngineTime::new(self.time_ns);
        let bytes = self.instance.execute(command, Actor::CLIENT_MIN, now).unwrap();
        if self.random.one_in(2) {
            self.instance.match_waiting(now).unwrap();
        }
        let (item, _) = Item::split(&bytes, usize::MAX).unwrap();
        let reply = Reply::parse(&item).unwrap();
        if let (Command::PlaceOrder(order), ReplyBody::Order(body)) = (command, reply.body) {
            let taken = body.allocations.iter().map(|row| {
                let warehouse = Warehouse::new(row.warehouse.get());
                LineUnits::new(row.line.get(), warehouse, row.allocated.get())
            });
            self.orders.push((order.id, taken.collect()));
        }
        let is_accepted = reply.reason == 0;
        self.accepted += u64::from(is_accepted);
        is_accepted
    }

    fn id(&mut self) -> CommandId {
        self.next_id += 1;
        CommandId::new(self.next_id)
    }

    fn furnish(&mut self) {
        for (number, code) in (0..).zip(["A", "B", "C", "D", "E", "F"]) {
            let tracked = !BUNDLES.contains(&number);
            let sku = UpsertSku {
                id: self.id(),
                order_max: 0,
                tracked,
                backorder: number != 0,
                active: true,
                code,
            };
            assert!(self.carry_out(&Command::UpsertSku(sku)));
        }
        for code in ["W", "X"] {
            let upsert = UpsertCode { id: self.id(), code };
            assert!(self.carry_out(&Command::UpsertChannel(upsert)));
            let upsert = UpsertCode { id: self.id(), code };
            assert!(self.carry_out(&Command::UpsertZone(upsert)));
        }
        for (warehouse, code) in (0..).map(Warehouse::new).zip(["K", "L", "M", "N"]) {
            let upsert = UpsertWarehouse { id: self.id(), priority: 1, active: true, code };
            assert!(self.carry_out(&Command::UpsertWarehouse(upsert)));
            let mut row = |zone| {
                let (parcel, unit) = (self.random.units(900), self.random.units(90));
                CostRow::serves(Zone::new(zone), parcel, unit, self.random.small(5))
            };
            let rows = [row(0), row(1)];
            let costs = SetCosts { id: self.id(), warehouse, rows: &rows };
            assert!(self.carry_out(&Command::SetCosts(costs)));
        }
    }

    fn draw(&mut self) {
        self.time_ns += self.random.below(400) * NS_PER_MINUTE;
        match self.random.below(46) {
            0 => self.draw_policy(),
            1 => self.draw_capacity(),
            2 => self.draw_reserve(),
            3 => self.draw_bundle(),
            4..=7 => self.draw_receipt(),
            8 => self.draw_cancel(),
            9 => self.draw_ship(),
            10 => self.draw_correction(),
            11 => self.draw_again(),
            12..=15 => self.draw_hold(),
            16 => self.draw_extension(),
            17 => self.draw_release(),
            18..=20 => self.draw_resourcing(),
            21..=27 => self.draw_supply(),
            28..=29 => self.draw_cancel_at(),
            30..=32 => self.draw_rejection(),
            33..=34 => self.draw_swaps(),
            _ => self.draw_order(),
        }
    }

    fn draw_policy(&mut self) {
        let random = &mut self.random;
        let warehouses = (0..4).map(Warehouse::new).map(WarehouseField::new);
        let warehouses: Vec<_> = warehouses.filter(|_| random.one_in(2)).collect();
        let skus = (0..6).map(Sku::new).map(SkuField::new);
        let no_split_skus: Vec<_> = skus.filter(|_| random.one_in(6)).collect();
        let soft = Rule::ALL.iter().filter(|_| random.one_in(4));
        let soft = soft.fold(Rules::NONE, |soft, rule| soft.with(*rule));
        let policy = SetPolicy {
            objective: random.pick(Objective::ALL),
            soft,
            parcels_max: if random.one_in(2) { 1 + random.small(3) } else { 64 },
            days_max: if random.one_in(3) { random.small(5) } else { u16::MAX },
            split_value_min: i64::from(random.one_in(3)) * 500,
            warehouses: if random.one_in(3) { &warehouses } else { &[] },
            no_split_skus: if random.one_in(3) { &no_split_skus } else { &[] },
            code: random.pick(&["p", "q", "r"]),
            id: self.id(),
        };
        self.carry_out(&Command::SetPolicy(policy));
        let (channel, policy) = (self.random.channel(), Policy::new(self.random.small(3)));
        let assign = AssignPolicy { id: self.id(), channel, policy };
        self.carry_out(&Command::AssignPolicy(assign));
    }

    fn draw_capacity(&mut self) {
        let random = &mut self.random;
        let capacity = SetCapacity {
            warehouse: random.warehouse(),
            cut_off_minute: if random.one_in(2) { random.small(1_440) } else { u16::MAX },
            orders_per_day_max: if random.one_in(2) { random.units(4) } else { u32::MAX },
            units_per_day_max: if random.one_in(2) { random.units(20) } else { u32::MAX },
            id: self.id(),
        };
        self.carry_out(&Command::SetCapacity(capacity));
    }

    fn draw_reserve(&mut self) {
        let random = &mut self.random;
        let (sku, warehouse, channel) = (random.sku(), random.warehouse(), random.channel());
        let rows = [ReserveRow::new(sku, warehouse, channel, random.units(6))];
        let reserves = SetReserves { id: self.id(), rows: &rows };
        self.carry_out(&Command::SetReserves(reserves));
    }

    fn draw_bundle(&mut self) {
        let random = &mut self.random;
        let bundle = Sku::new(random.units(2) + BUNDLES.start);
        let parts = (0..BUNDLES.start).map(Sku::new).filter(|_| random.one_in(2));
        let parts: Vec<Sku> = parts.collect();
        let parts = parts.into_iter().map(|sku| Component::new(sku, 1 + random.units(3)));
        let components: Vec<Component> = parts.collect();
        let bundle = SetBundle { id: self.id(), sku: bundle, components: &components };
        self.carry_out(&Command::SetBundle(bundle));
    }

    fn draw_receipt(&mut self) {
        let quantity = i32::from(self.random.small(12)) + 1;
        let (sku, warehouse) = (self.random.sku(), self.random.warehouse());
        let change = StockChange { id: self.id(), sku, warehouse, ..change(quantity) };
        self.carry_out(&Command::Receive(change));
    }

    fn draw_correction(&mut self) {
        let random = &mut self.random;
        let (sku, warehouse) = (random.sku(), random.warehouse());
        let quantity = i32::from(random.small(12)) - 6;
        let state = random.pick(&[StockState::OnHand, StockState::Unavailable]);
        let reason = AdjustReason::Count;
        let change = StockChange { sku, warehouse, state, reason, ..change(quantity) };
        let adjust = StockChange { id: self.id(), ..change };
        self.carry_out(&Command::Adjust(adjust));
    }

    /// Another class for an order, or another look at what waits.
    fn draw_again(&mut self) {
        if self.random.one_in(2) || self.orders.is_empty() {
            let again = MatchAgain { sku: self.random.sku(), id: self.id() };
            self.carry_out(&Command::MatchAgain(again));
            return;
        }
        let (order, _) = self.known_order();
        let priority_class = u8::from(self.random.one_in(2));
        let priority = SetPriority { id: self.id(), order, priority_class };
        self.carry_out(&Command::SetPriority(priority));
    }

    /// One of the orders, perhaps a closed one, comes from better places if there are any.
    fn draw_resourcing(&mut self) {
        if !self.orders.is_empty() {
            let (order, _) = self.known_order();
            let resource = ResourceOrder { id: self.id(), order };
            self.carry_out(&Command::ResourceOrder(resource));
        }
    }

    /// A hold of one of two owners, for some hours, perhaps in the place of an earlier one.
    fn draw_hold(&mut self) {
        let random = &mut self.random;
        let count = 1 + random.below(3);
        let lines = (0..count).map(|_| OrderLine::new(random.sku(), 1 + random.units(6)));
        let lines: Vec<OrderLine> = lines.collect();
        let is_sourced = !random.one_in(3);
        let hold = PlaceHold {
            id: HoldId::NONE,
            owner: 1 + u128::from(random.below(2)),
            replaces: if random.one_in(3) { self.hold() } else { HoldId::NONE },
            ttl_seconds: 3_600 * (1 + self.random.units(48)),
            zone: if is_sourced { Zone::new(self.random.small(2)) } else { Zone::NONE },
            warehouse: if is_sourced { Warehouse::NONE } else { self.random.warehouse() },
            channel: self.random.channel(),
            partial: self.random.one_in(2),
            lines: &lines,
        };
        let id = self.id();
        if self.carry_out(&Command::PlaceHold(PlaceHold { id, ..hold })) {
            self.holds.push(id);
        }
    }

    fn draw_extension(&mut self) {
        let extend = ExtendHold {
            hold: self.hold(),
            ttl_seconds: 3_600 * (1 + self.random.units(48)),
            id: self.id(),
        };
        self.carry_out(&Command::ExtendHold(extend));
    }

    fn draw_release(&mut self) {
        let release = ReleaseHold { hold: self.hold(), id: self.id() };
        self.carry_out(&Command::ReleaseHold(release));
    }

    /// One of the last two holds, or none; it may be over.
    fn hold(&mut self) -> HoldId {
        let last = &self.holds[self.holds.len().saturating_sub(2)..];
        if last.is_empty() { HoldId::NONE } else { self.random.pick(last) }
    }

    fn draw_order(&mut self) {
        let count = 1 + self.random.below(3);
        let random = &mut self.random;
        let lines = (0..count).map(|_| OrderLine::new(random.sku(), 1 + random.units(9)));
        let lines: Vec<OrderLine> = lines.collect();
        let short = self.random.pick(&[
            ShortMode::ShipComplete,
            ShortMode::TakeAvailable,
            ShortMode::Backorder,
            ShortMode::WaitComplete,
        ]);
        let Command::PlaceOrder(order) = place(short, &lines) else { unreachable!("it places") };
        let order = PlaceOrder {
            id: self.id(),
            hold: if self.random.one_in(2) { self.hold() } else { HoldId::NONE },
            zone: Zone::new(self.random.small(2)),
            channel: self.random.channel(),
            priority_class: u8::from(self.random.one_in(3)),
            value_minor: i64::from(self.random.small(1_000)),
            currency: *b"EUR\0",
            ..order
        };
        self.carry_out(&Command::PlaceOrder(order));
    }

    fn known_order(&mut self) -> (CommandId, Vec<LineUnits>) {
        let index = self.random.below(self.orders.len() as u64);
        self.orders[usize::try_from(index).unwrap()].clone()
    }

    fn draw_cancel(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let (order, _) = self.known_order();
        let cancel = OrderUnits { id: self.id(), order, units: &[] };
        self.carry_out(&Command::CancelOrder(cancel));
    }

    /// Lets what is closed leave memory now and then.
    fn archive_sometimes(&mut self) {
        if self.random.below(16) > 0 {
            return;
        }
        let until = Moment { sequence: Sequence::MAX, time: EngineTime::new(self.time_ns) };
        let limits = ArchiveLimits { rows_min: 1, orders_max: 8, commands_max: 16 };
        self.instance.archive(until, &limits).unwrap();
    }

    fn draw_ship(&mut self) {
        if self.orders.is_empty() {
            return;
        }
        let (order, units) = self.known_order();
        let ship = OrderUnits { id: self.id(), order, units: &units };
        self.carry_out(&Command::Ship(ship));
    }
}

/// Returns how many commands were carried out, and how many orders left memory.
fn draw_shop(seed: u64, folder: &std::path::Path) -> (u64, u64) {
    let options = JournalOptions {
        new_instance_id: 1,
        segment_bytes: 1 << 20,
        segments_spare: 1,
        ..JournalOptions::default()
    };
    let storage = Box::new(FileStorage::new());
    let instance = LocalInstance::open(folder, options, storage, seed).unwrap();
    let mut shop = Drawn {
        random: Random(seed),
        instance,
        time_ns: 20_000 * 1_440 * NS_PER_MINUTE,
        next_id: 0,
        orders: Vec::new(),
        holds: Vec::new(),
        supplies: Vec::new(),
        accepted: 0,
    };
    shop.furnish();
    (0..COMMANDS).for_each(|_| {
        shop.draw();
        shop.archive_sometimes();
    });
    let archived = shop.instance.engine().state().archives.orders();
    shop.instance.close().unwrap();
    (shop.accepted, archived)
}

#[test]
fn what_the_engine_journals_under_random_rules_keeps_them() {
    let (mut accepted, mut archived) = (0, 0);
    let (mut orders, mut waiting, mut matched) = (0, 0, 0);
    let (mut taken, mut expired) = (0, 0);
    let (mut promised, mut broken_promises) = (0, 0);
    let (mut given_up, mut rejected) = (0, 0);
    let (mut swapped, mut swept) = (0, 0);
    for seed in 0..SHOPS {
        let folder = tempfile::tempdir().unwrap();
        let shop = draw_shop(seed, folder.path());
        (accepted, archived) = (accepted + shop.0, archived + shop.1);
        let mut audit = Audit::default();
        let mut reader = JournalReader::open(folder.path()).unwrap();
        while let Some(frame) = reader.next_frame().unwrap() {
            for record in Records::new(frame.payload) {
                let record = record.unwrap();
                let is_match = matches!(record.command, Command::Match(_));
                matched += u64::from(is_match && record.movements.len() > 1);
                let is_unheld = record.movements.iter().any(|it| it.kind() == MovementKind::Unheld);
                let is_order = matches!(record.command, Command::PlaceOrder(_));
                taken += u64::from(is_order && is_unheld);
                let has = |kind| record.movements.iter().any(|it| it.kind() == kind);
                let is_given_up = matches!(record.command, Command::GiveUp(_));
                given_up += u64::from(is_given_up && has(MovementKind::Dequeued));
                let is_rejected = matches!(record.command, Command::RejectUnits(_));
                rejected += u64::from(is_rejected && has(MovementKind::Allocated));
                swapped += u64::from(matches!(record.command, Command::SwapUnits(_)));
                let is_sweep = matches!(record.command, Command::Sweep(_));
                swept += u64::from(is_sweep && has(MovementKind::Due));
                promised += u64::from(has(MovementKind::Promised));
                broken_promises += u64::from(has(MovementKind::PromiseBroken));
                let is_over = matches!(record.command, Command::ExpireHolds(_));
                expired += u64::from(is_over && is_unheld);
                if let Err(broken) = audit.take(&record) {
                    panic!("shop {seed}: {broken}: {record:#?}");
                }
            }
        }
        let sums = audit.sums();
        (orders, waiting) = (orders + sums.orders, waiting + sums.units_backordered);
    }
    assert!(orders > SHOPS * 20 && waiting > 0, "{orders} orders, {waiting} units wait");
    assert!(matched > SHOPS * 3, "{matched} lines got what they waited for");
    assert!(taken > SHOPS / 2, "{taken} orders took what was held");
    assert!(expired > SHOPS * 2, "{expired} records let holds expire");
    assert!(promised > SHOPS * 2, "{promised} records promised units");
    assert!(broken_promises > SHOPS, "{broken_promises} records broke promises");
    assert!(given_up > SHOPS / 4, "{given_up} orders were given up while units waited");
    assert!(rejected > SHOPS / 4, "{rejected} rejections were sourced elsewhere");
    assert!(swapped > SHOPS / 2, "{swapped} times two orders swapped");
    assert!(swept > SHOPS * 10, "{swept} sweeps found lines that may be served");
    assert!(archived > SHOPS * 3, "{archived} orders left memory");
    assert!(accepted > SHOPS * 80, "{accepted} commands were carried out");
}
