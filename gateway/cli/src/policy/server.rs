//! `gantry policy set` and `gantry policy assign`: through a running server.

use std::collections::BTreeMap;

use gantry_model::{AssignPolicy, Command, CommandId, Policy, ReplyBody};

use super::PolicyFile;
use super::commands::{PolicyCommands, step_id};
use crate::args::{AssignPolicyArgs, SetPolicyArgs};
use crate::error::{CliError, Verdict};
use crate::output::Output;
use crate::session::{Session, converse, id_or_new, unexpected};
use crate::view::{Answered, PolicyView, rejection};

/// Runs `gantry policy set`.
pub(super) fn set(args: &SetPolicyArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let file = PolicyFile::read(&args.policy)?;
    let id = id_or_new(args.id.id);
    converse(&args.server, async |mut session| {
        let mut handles = BTreeMap::new();
        for (namespace, code) in file.codes() {
            handles.insert((namespace, code), session.resolve(namespace, code.as_str()).await?);
        }
        let commands =
            file.commands(|namespace, code| handles.get(&(namespace, *code)).copied())?;
        carry_out(&mut session, &file, &commands, id, args.server.format.json, output).await
    })
}

/// Sends one command after the other; the first rejection ends it.
async fn carry_out(
    session: &mut Session,
    file: &PolicyFile,
    commands: &PolicyCommands<'_>,
    id: CommandId,
    json: bool,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let mut policy = Policy::NONE;
    let mut first = None;
    for step in 0.. {
        let step_id = step_id(id, step);
        let Some(command) = commands.step(step, step_id, policy) else { break };
        let owned = session.command(&command).await?;
        let reply = owned.reply();
        if let Some(verdict) = rejection(session, &reply, Some(step_id), json, output).await? {
            return Ok(verdict);
        }
        if first.is_none() {
            policy = policy_handle(&reply.body).ok_or_else(|| unexpected(&reply))?;
            first = Some(owned);
        }
    }
    let first = first.expect("invariant: the first command sets the policy");
    let view = PolicyView::set(file);
    output.answer(json, &Answered::new(&first.reply(), Some(id), view))?;
    Ok(Verdict::Done)
}

fn policy_handle(body: &ReplyBody<'_>) -> Option<Policy> {
    let ReplyBody::Handle(handle) = body else { return None };
    u16::try_from(*handle).ok().map(Policy::new)
}

/// Runs `gantry policy assign`.
pub(super) fn assign(args: &AssignPolicyArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, json) = (id_or_new(args.id.id), args.server.format.json);
    converse(&args.server, async |mut session| {
        let policy = session.policy(args.policy.as_deref()).await?;
        let channel = session.channel(args.channel.as_deref()).await?;
        let command = Command::AssignPolicy(AssignPolicy { id, channel, policy });
        let owned = session.command(&command).await?;
        let reply = owned.reply();
        if let Some(verdict) = rejection(&mut session, &reply, Some(id), json, output).await? {
            return Ok(verdict);
        }
        let view = PolicyView::assigned(args.policy.as_deref(), args.channel.as_deref());
        output.answer(json, &Answered::new(&reply, Some(id), view))?;
        Ok(Verdict::Done)
    })
}
