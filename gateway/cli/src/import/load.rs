//! Brings checked files into a folder, command by command, and tallies what the engine answers.
//!
//! Order of commands: warehouses, zones, channels, SKUs, costs, stock, orders. All ids come from
//! the files, so a second run finds every command done and reports the same.

use gantry_engine::{LocalInstance, State};
use gantry_model::{
    Actor, AdjustReason, COST_ROWS_PER_COMMAND_MAX, Channel, Code, Command, CostRow, EngineTime,
    HoldId, Item, Namespace, OrderLine, PlaceOrder, RejectReason, Reply, ReplyBody, ReplyStatus,
    SetCosts, ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse,
    Warehouse, Zone,
};

use crate::output::Progress;
use crate::policy::{PolicyError, PolicyFile, bring_into_force, handle};

use super::clock::Clock;
use super::error::ImportError;
use super::ids;
use super::network::{Network, Stock};
use super::orders::{Order, Orders};
use super::report::Report;

/// What is imported, and how.
pub(super) struct Plan<'a> {
    pub(super) network: &'a Network,
    pub(super) orders: &'a Orders,
    pub(super) short: ShortMode,
    pub(super) policy: Option<&'a PolicyFile>,
}

impl Plan<'_> {
    /// Whether the files or the folder, if there is one, define every code of the policy.
    pub(super) fn check_policy(&self, state: Option<&State>) -> Result<(), PolicyError> {
        let Some(policy) = self.policy else { return Ok(()) };
        policy.check_codes(|namespace, code| {
            let in_files = match namespace {
                Namespace::Sku => self.network.skus.find(code),
                Namespace::Warehouse => self.network.warehouses.find(code),
                Namespace::Channel => self.orders.channels.find(code),
                Namespace::Zone | Namespace::Policy => None,
            };
            in_files.or_else(|| handle(state?, namespace, code)).is_some()
        })
    }

    /// The wall's time, or the first order's day where the orders have days.
    fn clock(&self, last: EngineTime) -> Clock {
        let first = self.orders.list.first().and_then(|order| order.facts.placed_on);
        first.map_or_else(|| Clock::wall(last), |midnight| Clock::PlacedOn { midnight })
    }
}

/// The handles that the engine gave to the files' codes.
#[derive(Default)]
struct Handles {
    warehouses: Vec<Warehouse>,
    zones: Vec<Zone>,
    channels: Vec<Channel>,
    skus: Vec<Sku>,
}

/// An import under way.
struct Loader<'a> {
    plan: &'a Plan<'a>,
    instance: LocalInstance,
    clock: Clock,
    handles: Handles,
    report: Report,
    progress: Progress,
    done: u64,
}

/// Imports into `instance` and closes it.
pub(super) fn load(plan: &Plan<'_>, instance: LocalInstance) -> Result<Report, ImportError> {
    let network = plan.network;
    let rows = network.warehouses.count()
        + network.zones.count()
        + plan.orders.channels.count()
        + network.skus.count()
        + network.stock.len()
        + plan.orders.list.len();
    let mut loader = Loader {
        plan,
        clock: plan.clock(instance.engine().last_time()),
        instance,
        handles: Handles::default(),
        report: Report::default(),
        progress: Progress::new("importing", Some(rows as u64)),
        done: 0,
    };
    loader.define_codes()?;
    loader.set_costs()?;
    if let Some(policy) = plan.policy {
        let now = loader.clock.now();
        bring_into_force(policy, &mut loader.instance, Actor::IMPORT, now)?;
    }
    network.stock.iter().try_for_each(|stock| loader.receive(stock))?;
    plan.orders.list.iter().try_for_each(|order| loader.place(order))?;
    loader.instance.commit()?;
    loader.instance.close()?;
    Ok(loader.report)
}

impl Loader<'_> {
    fn define_codes(&mut self) -> Result<(), ImportError> {
        let plan = self.plan;
        let network = plan.network;
        for (code, priority) in network.warehouses.list().iter().zip(&network.priorities) {
            let handle = self.define_warehouse(code, *priority)?;
            self.handles.warehouses.push(Warehouse::new(narrow(handle)));
        }
        for code in network.zones.list() {
            let code = code.as_str();
            let command = UpsertCode { id: ids::row_id("zone", [code]), code };
            let handle = self.define(&Command::UpsertZone(command), &format!("zone {code}"))?;
            self.handles.zones.push(Zone::new(narrow(handle)));
        }
        for code in plan.orders.channels.list() {
            let code = code.as_str();
            let command = UpsertCode { id: ids::row_id("channel", [code]), code };
            let handle =
                self.define(&Command::UpsertChannel(command), &format!("channel {code}"))?;
            self.handles.channels.push(Channel::new(narrow(handle)));
        }
        for code in network.skus.list() {
            let handle = self.define_sku(code)?;
            self.handles.skus.push(Sku::new(handle));
        }
        Ok(())
    }

    fn define_warehouse(&mut self, code: &Code, priority: u16) -> Result<u32, ImportError> {
        let code = code.as_str();
        let id = ids::row_id("warehouse", [code, &priority.to_string()]);
        let command = UpsertWarehouse { id, priority, active: true, code };
        self.define(&Command::UpsertWarehouse(command), &format!("warehouse {code}"))
    }

    fn define_sku(&mut self, code: &Code) -> Result<u32, ImportError> {
        let code = code.as_str();
        let command = UpsertSku {
            id: ids::row_id("sku", [code]),
            order_max: 0,
            tracked: true,
            backorder: true,
            active: true,
            code,
        };
        self.define(&Command::UpsertSku(command), &format!("SKU {code}"))
    }

    /// One command for up to 256 rows of one warehouse, in order of their zones' handles.
    fn set_costs(&mut self) -> Result<(), ImportError> {
        let network = self.plan.network;
        for warehouse in (0..).take(network.warehouses.count()) {
            let rows = network.cost_rows.iter().filter(|(of, _)| *of == warehouse);
            let mut zones: Vec<u32> = rows.map(|(_, zone)| *zone).collect();
            zones.sort_unstable_by_key(|zone| self.handles.zones[*zone as usize]);
            for zones in zones.chunks(COST_ROWS_PER_COMMAND_MAX) {
                self.set_costs_of(warehouse, zones)?;
            }
        }
        Ok(())
    }

    fn set_costs_of(&mut self, warehouse: u32, zones: &[u32]) -> Result<(), ImportError> {
        let network = self.plan.network;
        let code = network.warehouses.list()[warehouse as usize];
        let mut fields = vec![code.as_str().to_owned()];
        let mut rows = Vec::with_capacity(zones.len());
        for zone in zones {
            let cost = network.costs[&(warehouse, *zone)];
            let (parcel_cost, unit_cost) = (cost.parcel_cost_cents, cost.unit_cost_cents);
            let handle = self.handles.zones[*zone as usize];
            rows.push(CostRow::serves(handle, parcel_cost, unit_cost, cost.days));
            fields.push(network.zones.list()[*zone as usize].as_str().to_owned());
            fields.extend([parcel_cost.to_string(), unit_cost.to_string(), cost.days.to_string()]);
        }
        let command = SetCosts {
            id: ids::row_id("costs", fields.iter().map(String::as_str)),
            warehouse: self.handles.warehouses[warehouse as usize],
            rows: &rows,
        };
        self.carry_out(&Command::SetCosts(command), &format!("costs of warehouse {code}"))
    }

    fn receive(&mut self, stock: &Stock) -> Result<(), ImportError> {
        self.step();
        if stock.on_hand == 0 {
            return Ok(());
        }
        let network = self.plan.network;
        let sku = network.skus.list()[stock.sku as usize];
        let warehouse = network.warehouses.list()[stock.warehouse as usize];
        let fields = [sku.as_str(), warehouse.as_str(), &stock.on_hand.to_string()];
        let command = StockChange {
            id: ids::row_id("stock", fields),
            sku: self.handles.skus[stock.sku as usize],
            warehouse: self.handles.warehouses[stock.warehouse as usize],
            quantity: i32::try_from(stock.on_hand).expect("invariant: bounded when it was read"),
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        };
        let what = format!("stock of SKU {sku} at warehouse {warehouse}");
        self.carry_out(&Command::Receive(command), &what)
    }

    fn place(&mut self, order: &Order) -> Result<(), ImportError> {
        self.step();
        self.clock.advance_to(order.facts.placed_on);
        let plan = self.plan;
        let file_lines = plan.orders.lines_of(order);
        let units = file_lines.iter().map(|line| u64::from(line.quantity)).sum();
        self.report.count(file_lines.len(), units);
        let lines: Vec<OrderLine> = file_lines
            .iter()
            .map(|line| OrderLine::new(self.handles.skus[line.sku as usize], line.quantity))
            .collect();
        let facts = &order.facts;
        let channel = facts.channel.map(|channel| self.handles.channels[channel as usize]);
        let command = PlaceOrder {
            id: order.id,
            hold: HoldId::NONE,
            customer: facts.customer,
            value_minor: order.value_cents,
            currency: facts.currency,
            zone: self.handles.zones[facts.zone as usize],
            channel: channel.unwrap_or(Channel::NONE),
            priority_class: 0,
            service_level: facts.service_level,
            short: plan.short,
            reference: order.reference.as_str(),
            lines: &lines,
        };
        let what =
            format!("order {} (line {} of its file)", order.reference, file_lines[0].file_line);
        let bytes = self.execute(&Command::PlaceOrder(command))?;
        self.tally(order, units, &parse(&bytes)?, &what)
    }

    fn tally(
        &mut self,
        order: &Order,
        units: u64,
        reply: &Reply<'_>,
        what: &str,
    ) -> Result<(), ImportError> {
        let ReplyBody::Order(body) = &reply.body else {
            return match reply.reject_reason() {
                Some(reason) if reason.is_journaled() => {
                    self.report.reject(units);
                    Ok(())
                }
                _ => Err(refused(reply, what)),
            };
        };
        let (network, handles) = (self.plan.network, &self.handles);
        let sums = self.report.accept(body, |handle| {
            let warehouse = handles.warehouses.iter().position(|known| known.get() == handle)?;
            let warehouse = u32::try_from(warehouse).ok()?;
            network.costs.get(&(warehouse, order.facts.zone)).copied()
        });
        let Some(sums) = sums else {
            let problem =
                format!("{what} is served by a warehouse that the costs file does not name");
            return Err(ImportError::Internal { problem });
        };
        // An order that was imported before may have been changed since.
        let cost_cents = body.head.cost_minor();
        if reply.status == ReplyStatus::Accepted && cost_cents != sums.cost_cents {
            let costs_file = sums.cost_cents;
            let problem = format!(
                "{what} costs {costs_file} cents by the costs file, {cost_cents} by the engine"
            );
            return Err(ImportError::Internal { problem });
        }
        Ok(())
    }

    /// Carries out a command that defines a code; the code's handle.
    fn define(&mut self, command: &Command<'_>, what: &str) -> Result<u32, ImportError> {
        self.step();
        let bytes = self.execute(command)?;
        let reply = parse(&bytes)?;
        match reply.body {
            ReplyBody::Handle(handle) => Ok(handle),
            _ => Err(refused(&reply, what)),
        }
    }

    /// Carries out a command of which nothing but success is expected.
    fn carry_out(&mut self, command: &Command<'_>, what: &str) -> Result<(), ImportError> {
        let bytes = self.execute(command)?;
        let reply = parse(&bytes)?;
        match reply.status {
            ReplyStatus::Accepted => Ok(()),
            ReplyStatus::Duplicate if reply.reason == 0 => Ok(()),
            _ => Err(refused(&reply, what)),
        }
    }

    fn execute(&mut self, command: &Command<'_>) -> Result<Vec<u8>, ImportError> {
        let now = self.clock.now();
        let reply = self.instance.execute(command, Actor::IMPORT, now)?;
        self.instance.match_waiting(now)?;
        Ok(reply)
    }

    fn step(&mut self) {
        self.done += 1;
        self.progress.set(self.done);
    }
}

fn parse(bytes: &[u8]) -> Result<Reply<'_>, ImportError> {
    let reply = Item::split(bytes, usize::MAX).and_then(|(item, _)| Reply::parse(&item));
    reply.map_err(|malformed| ImportError::Internal { problem: malformed.to_string() })
}

fn refused(reply: &Reply<'_>, what: &str) -> ImportError {
    let what = what.to_owned();
    match reply.reject_reason() {
        Some(RejectReason::IdReused) => ImportError::IdReused { what },
        Some(reason) => ImportError::Refused { what, reason: reason.name() },
        None => ImportError::Refused { what, reason: "malformed" },
    }
}

fn narrow(handle: u32) -> u16 {
    u16::try_from(handle).expect("invariant: warehouses, zones and channels stay below 2^16")
}
