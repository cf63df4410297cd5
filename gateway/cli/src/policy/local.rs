//! Bringing a policy into force on a folder's own instance: at the start of a server or an import.
//!
//! The state says whether it is in force already. An id made of the content alone could not: after
//! another policy had been set in between, setting this one again would be answered `duplicate`
//! and change nothing.

use gantry_engine::{LocalInstance, State};
use gantry_model::{
    Actor, Code, CommandId, EngineTime, Item, Namespace, Policy, Reply, ReplyBody, ReplyStatus,
    SkuField, WarehouseField,
};

use super::commands::{PolicyCommands, hashed_id, step_id};
use super::{PolicyError, PolicyFile};
use crate::view::sentence;

/// Carries out the policy's commands unless they would change nothing; whether it did.
pub(crate) fn bring_into_force(
    file: &PolicyFile,
    instance: &mut LocalInstance,
    actor: Actor,
    now: EngineTime,
) -> Result<bool, PolicyError> {
    let state = instance.engine().state();
    let commands = file.commands(|namespace, code| handle(state, namespace, code))?;
    if is_in_force(file, &commands, state) {
        return Ok(false);
    }
    let first_id = start_id(file, state);
    let mut policy = Policy::NONE;
    for step in 0.. {
        let Some(command) = commands.step(step, step_id(first_id, step), policy) else { break };
        let bytes = instance.execute(&command, actor, now)?;
        let reply = Item::split(&bytes, usize::MAX).and_then(|(item, _)| Reply::parse(&item));
        let reply = reply.expect("invariant: the engine writes replies that can be read");
        if reply.status != ReplyStatus::Accepted {
            let reason = reply.reject_reason().map_or("for an unknown reason", sentence);
            let (policy, command) = (file.source.clone(), command.kind().name());
            return Err(PolicyError::Refused { policy, command, reason });
        }
        if let ReplyBody::Handle(handle) = reply.body {
            policy = Policy::new(u16::try_from(handle).expect("invariant: policies are few"));
        }
    }
    Ok(true)
}

/// The handle of a code that was defined.
pub(crate) fn handle(state: &State, namespace: Namespace, code: &Code) -> Option<u32> {
    let (catalogue, code) = (&state.catalogue, code.as_str());
    match namespace {
        Namespace::Sku => catalogue.skus.handle(code).map(|sku| sku.get()),
        Namespace::Warehouse => catalogue.warehouses.handle(code).map(|at| at.get().into()),
        Namespace::Zone => catalogue.zones.handle(code).map(|zone| zone.get().into()),
        Namespace::Channel => catalogue.channels.handle(code).map(|channel| channel.get().into()),
        Namespace::Policy => catalogue.policies.handle(code).map(|policy| policy.get().into()),
    }
}

/// Whether the commands would change nothing but a version.
fn is_in_force(file: &PolicyFile, commands: &PolicyCommands<'_>, state: &State) -> bool {
    let Some(policy) = state.catalogue.policies.handle(file.name.as_str()) else { return false };
    let is_same = state.policies.row(policy).is_some_and(|row| {
        row.objective == file.objective
            && row.soft == file.soft
            && row.parcels_max == file.parcels_max
            && row.days_max == file.days_max
            && row.split_value_min == file.split_value_min_minor
            && commands
                .warehouses
                .iter()
                .map(WarehouseField::get)
                .eq(row.warehouses.iter().copied())
            && commands
                .no_split_skus
                .iter()
                .map(SkuField::get)
                .eq(row.no_split_skus.iter().copied())
    });
    let binds = |channel| state.policies.assigned(channel) == policy;
    let has_prices = commands.prices.as_ref().is_none_or(|rows| {
        let rows = rows.iter().map(|row| (row.sku(), row.warehouse(), row.price()));
        rows.eq(state.prices.iter().map(|(sku, row)| (sku, row.warehouse, row.value)))
    });
    is_same && has_prices && commands.channels.iter().copied().all(binds)
}

/// An id that nothing else has: the policy's name, and the record after which it is set.
fn start_id(file: &PolicyFile, state: &State) -> CommandId {
    let last = state.last_sequence().get().to_be_bytes();
    hashed_id("gantry policy at start", &[&last, file.name.as_bytes()])
}
