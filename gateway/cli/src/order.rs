//! `gantry order`: place, show, cancel, ship, give up at a time, reject, swap.

use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, Channel, Command, CommandId, HoldId, LINES_PER_ORDER_MAX, LineUnits,
    OrderId, OrderLine, OrderUnits, PlaceOrder, Query, RejectUnits, Reply, ReplyBody, SetCancelAt,
    ShortMode, SwapUnits, Warehouse, Zone,
};

use crate::args::{
    BasketArgs, CancelArgs, CancelAtArgs, OrderCommand, OrderLineText, PlaceArgs, RejectArgs,
    ShipArgs, ShipUnits, ShowOrderArgs, SwapArgs,
};
use crate::book;
use crate::error::{CliError, Verdict};
use crate::output::Output;
use crate::session::{Session, converse, id_or_new, unexpected};
use crate::view::{Answered, OrderView, OrderWithDetail, rejection};

/// Runs one of them.
pub(crate) fn run(command: &OrderCommand, output: &mut Output) -> Result<Verdict, CliError> {
    match command {
        OrderCommand::Place(args) => place(args, output),
        OrderCommand::Show(args) => show(args, output),
        OrderCommand::Cancel(args) => cancel(args, output),
        OrderCommand::Ship(args) => ship(args, output),
        OrderCommand::Priority(args) => book::priority(args, output),
        OrderCommand::CancelAt(args) => cancel_at(args, output),
        OrderCommand::Reject(args) => reject(args, output),
        OrderCommand::Swap(args) => swap(args, output),
    }
}

/// An order's content with handles in place of codes.
pub(crate) struct Basket {
    hold: HoldId,
    zone: Zone,
    channel: Channel,
    short: ShortMode,
    priority_class: u8,
    service_level: u8,
    lines: Vec<OrderLine>,
}

impl Basket {
    /// Looks every code up.
    pub(crate) async fn resolve(
        session: &mut Session,
        args: &BasketArgs,
    ) -> Result<Self, CliError> {
        let lines = lines_of(session, &args.lines).await?;
        Ok(Self {
            hold: args.hold.unwrap_or(HoldId::NONE),
            zone: session.zone(&args.zone).await?,
            channel: session.channel(args.channel.as_deref()).await?,
            short: args.short,
            priority_class: args.priority_class,
            service_level: args.service_level,
            lines,
        })
    }

    /// The command that orders it.
    pub(crate) fn order(&self, id: OrderId) -> PlaceOrder<'_> {
        PlaceOrder {
            id,
            hold: self.hold,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: self.zone,
            channel: self.channel,
            priority_class: self.priority_class,
            service_level: self.service_level,
            short: self.short,
            reference: "",
            lines: &self.lines,
        }
    }
}

fn place(args: &PlaceArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |mut session| {
        let basket = Basket::resolve(&mut session, &args.basket).await?;
        let id = id_or_new(args.id.id);
        let order = PlaceOrder {
            customer: args.customer.map_or(0, CommandId::get),
            value_minor: args.value,
            currency: args.currency.unwrap_or([0; 4]),
            reference: &args.reference,
            ..basket.order(id)
        };
        let owned = session.command(&Command::PlaceOrder(order)).await?;
        // The command's id is the order's, which the page names anyway.
        tell(&mut session, &owned.reply(), Some(id), None, args.server.format.json, output).await
    })
}

fn show(args: &ShowOrderArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let json = args.server.format.json;
    converse(&args.server, async |mut session| {
        let owned = session.query(&Query::ReadOrder(args.order)).await?;
        let reply = owned.reply();
        if let Some(verdict) = rejection(&mut session, &reply, None, json, output).await? {
            return Ok(verdict);
        }
        let ReplyBody::OrderDetail { order, detail, reference } = reply.body else {
            return Err(unexpected(&reply));
        };
        let view = OrderWithDetail::new(&mut session, &order, detail, reference).await?;
        output.answer(json, &Answered::new(&reply, None, view))?;
        Ok(Verdict::Done)
    })
}

fn cancel(args: &CancelArgs, output: &mut Output) -> Result<Verdict, CliError> {
    bounded(args.units.len(), LINES_PER_ORDER_MAX)?;
    let units = args.units.iter();
    let units = units.map(|units| LineUnits::new(units.line, Warehouse::NONE, units.quantity));
    let units = rising(units.collect());
    let id = id_or_new(args.id.id);
    let command = OrderUnits { id, order: args.order, units: &units };
    converse(&args.server, async |mut session| {
        let owned = session.command(&Command::CancelOrder(command)).await?;
        let (order, json) = (Some(args.order), args.server.format.json);
        tell(&mut session, &owned.reply(), order, Some(id), json, output).await
    })
}

fn ship(args: &ShipArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let id = id_or_new(args.id.id);
    converse(&args.server, async |mut session| {
        let units = units_of(&mut session, &args.units).await?;
        let command = OrderUnits { id, order: args.order, units: &units };
        let owned = session.command(&Command::Ship(command)).await?;
        let (order, json) = (Some(args.order), args.server.format.json);
        tell(&mut session, &owned.reply(), order, Some(id), json, output).await
    })
}

fn reject(args: &RejectArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, order) = (id_or_new(args.id.id), args.order);
    converse(&args.server, async |mut session| {
        let units = units_of(&mut session, &args.units).await?;
        let (cause, cool_down_seconds) = (args.cause, args.cool_down);
        let command = RejectUnits { id, order, cause, cool_down_seconds, units: &units };
        let owned = session.command(&Command::RejectUnits(command)).await?;
        let json = args.server.format.json;
        tell(&mut session, &owned.reply(), Some(order), Some(id), json, output).await
    })
}

fn cancel_at(args: &CancelAtArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, order) = (id_or_new(args.id.id), args.order);
    let command = SetCancelAt { id, order, cancel_at: args.cancel_at.second() };
    converse(&args.server, async |mut session| {
        let owned = session.command(&Command::SetCancelAt(command)).await?;
        let json = args.server.format.json;
        tell(&mut session, &owned.reply(), Some(order), Some(id), json, output).await
    })
}

fn swap(args: &SwapArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, first, second) = (id_or_new(args.id.id), args.order, args.with);
    converse(&args.server, async |mut session| {
        let sku = session.sku(&args.units.sku).await?;
        let first_warehouse = session.warehouse(&args.from).await?;
        let second_warehouse = session.warehouse(&args.to).await?;
        let quantity = args.units.quantity;
        let command =
            SwapUnits { id, first, second, sku, first_warehouse, second_warehouse, quantity };
        let owned = session.command(&Command::SwapUnits(command)).await?;
        let json = args.server.format.json;
        tell(&mut session, &owned.reply(), Some(first), Some(id), json, output).await
    })
}

/// Prints the order in `reply`, or the rejection.
pub(crate) async fn tell(
    session: &mut Session,
    reply: &Reply<'_>,
    order: Option<OrderId>,
    id: Option<CommandId>,
    json: bool,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let attempt = id.or(order);
    if let Some(verdict) = rejection(session, reply, attempt, json, output).await? {
        return Ok(verdict);
    }
    let ReplyBody::Order(body) = reply.body else { return Err(unexpected(reply)) };
    let view = OrderView::new(session, &body, order).await?;
    output.answer(json, &Answered::new(reply, id, view))?;
    Ok(Verdict::Done)
}

/// Lines of an order or a hold, by handles.
pub(crate) async fn lines_of(
    session: &mut Session,
    typed: &[OrderLineText],
) -> Result<Vec<OrderLine>, CliError> {
    bounded(typed.len(), LINES_PER_ORDER_MAX)?;
    let mut lines = Vec::with_capacity(typed.len());
    for line in typed {
        lines.push(OrderLine::new(session.sku(&line.sku).await?, line.quantity));
    }
    Ok(lines)
}

/// Units of lines at warehouses, by handles.
async fn units_of(session: &mut Session, typed: &[ShipUnits]) -> Result<Vec<LineUnits>, CliError> {
    bounded(typed.len(), LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX)?;
    let mut units = Vec::with_capacity(typed.len());
    for of_line in typed {
        let warehouse = session.warehouse(&of_line.warehouse).await?;
        units.push(LineUnits::new(of_line.line, warehouse, of_line.quantity));
    }
    Ok(rising(units))
}

fn bounded(given: usize, max: usize) -> Result<(), CliError> {
    if given > max { Err(CliError::TooManyLines { given, max }) } else { Ok(()) }
}

/// The engine wants lists in order; a person may type them in any.
fn rising(mut units: Vec<LineUnits>) -> Vec<LineUnits> {
    units.sort_by_key(|units| (units.line(), units.warehouse()));
    units
}
