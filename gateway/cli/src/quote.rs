//! `gantry quote`: what placing an order would answer, without placing it.

use gantry_model::{CommandId, Query};

use crate::args::QuoteArgs;
use crate::error::{CliError, Verdict};
use crate::order::{Basket, tell};
use crate::output::Output;
use crate::session::converse;

/// A quote's id is not looked at, but a layout has no room for "none".
const QUOTE_ID: CommandId = CommandId::new(1);

/// Asks, and prints the answer.
pub(crate) fn run(args: &QuoteArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |mut session| {
        let basket = Basket::resolve(&mut session, &args.basket).await?;
        let owned = session.query(&Query::Quote(basket.order(QUOTE_ID))).await?;
        tell(&mut session, &owned.reply(), None, None, args.server.format.json, output).await
    })
}
