//! What binds every plan, whether it is the best or not.

use gantry_model::Rule;

use super::case::{Case, Grant};
use super::decide::expect;
use super::order::Demand;
use super::place::Part;

/// What no plan may break: candidates, hard rules, and units that are there once.
pub(super) fn keeps_rules(case: &Case<'_>, parts: &[Part]) -> Result<(), String> {
    let soft = case.policy.soft;
    let mut warehouses: Vec<u16> = parts.iter().map(|part| part.warehouse).collect();
    warehouses.sort_unstable();
    warehouses.dedup();
    for warehouse in &warehouses {
        let candidate = case.candidate(*warehouse);
        let candidate = candidate.ok_or_else(|| format!("{warehouse} is no candidate"))?;
        expect(case.is_left(candidate, soft), || format!("a rule takes {warehouse} out"))?;
        let units = parts.iter().filter(|part| part.warehouse == *warehouse);
        let units: i64 = units.map(|part| part.units).sum();
        let room = candidate.units_left.filter(|_| !soft.contains(Rule::UnitsPerDay));
        expect(room.is_none_or(|room| units <= room), || {
            format!("{units} units from {warehouse}, whose day has room for {room:?}")
        })?;
    }
    warehouses.retain(|warehouse| !case.sent.contains(warehouse));
    let parcels = u32::try_from(warehouses.len()).unwrap_or(u32::MAX);
    let parcels_max = case.parcels_max(soft);
    expect(parcels <= parcels_max, || format!("{parcels} parcels, {parcels_max} may be"))?;
    are_there_once(case, parts)
}

fn are_there_once(case: &Case<'_>, parts: &[Part]) -> Result<(), String> {
    let mut taken: Vec<Grant> = Vec::new();
    for part in parts {
        let sku = case.order.lines[usize::from(part.line)].sku().get();
        let components = &case.book.the_sku(sku).components;
        let itself = [(sku, 1)];
        for (sku, each) in if components.is_empty() { &itself[..] } else { components } {
            let units = part.units * i64::from(*each);
            let warehouse = part.warehouse;
            let known = taken.iter_mut().find(|row| (row.sku, row.warehouse) == (*sku, warehouse));
            match known {
                Some(known) => known.units += units,
                None => taken.push(Grant { sku: *sku, warehouse, units }),
            }
        }
    }
    for Grant { sku, warehouse, units } in taken {
        let there = case.available(sku, warehouse, case.policy.soft);
        expect(units <= there, || format!("{units} units of {sku} at {warehouse}, has {there}"))?;
    }
    Ok(())
}

/// Most units: nothing that is left over could simply be added.
pub(super) fn is_maximal(
    case: &Case<'_>,
    wanted: &[Demand],
    grants: &[Grant],
) -> Result<(), String> {
    let soft = case.policy.soft;
    let parcels_left = usize::try_from(case.parcels_max(soft)).unwrap_or(usize::MAX);
    let is_full = case.added(grants).count() >= parcels_left;
    for demand in wanted {
        let had = grants.iter().filter(|grant| grant.sku == demand.sku);
        if had.map(|grant| grant.units).sum::<i64>() >= demand.units {
            continue;
        }
        for candidate in case.candidates.iter().filter(|row| case.is_left(row, soft)) {
            let here = || grants.iter().filter(|grant| grant.warehouse == candidate.warehouse);
            let is_sent = case.sent.contains(&candidate.warehouse);
            if is_full && here().next().is_none() && !is_sent {
                continue;
            }
            let room = candidate.units_left.filter(|_| !soft.contains(Rule::UnitsPerDay));
            let has_room = room.is_none_or(|room| here().map(|row| row.units).sum::<i64>() < room);
            let left = case.left(demand.sku, candidate.warehouse, soft, grants);
            expect(!has_room || left == 0, || {
                let (sku, warehouse) = (demand.sku, candidate.warehouse);
                format!("{left} units of {sku} at {warehouse} could be had: {grants:?}")
            })?;
        }
    }
    Ok(())
}

/// The most units that can be had where warehouses can work off only so many, by paths that add
/// units one after the other (Ford and Fulkerson). `None` where demands compete for components, or
/// parcels are bounded, or a second pass adds to a first.
pub(super) fn most_units(case: &Case<'_>, wanted: &[Demand]) -> Option<i64> {
    let dropped = case.policy.soft;
    let sources: Vec<_> = case.candidates.iter().filter(|row| case.is_left(row, dropped)).collect();
    let closed = sources.iter().filter(|row| !case.sent.contains(&row.warehouse)).count();
    let is_bounded = usize::try_from(case.parcels_max(dropped)).is_ok_and(|max| max < closed);
    if is_bounded || dropped != gantry_model::Rules::NONE || case.share_a_component(wanted) {
        return None;
    }
    let mut room: Vec<i64> = sources.iter().map(|row| row.units_left.unwrap_or(i64::MAX)).collect();
    let mut left = vec![vec![0; sources.len()]; wanted.len()];
    let mut taken = left.clone();
    for (demand, row) in wanted.iter().zip(&mut left) {
        for (source, left) in sources.iter().zip(row) {
            *left = case.left(demand.sku, source.warehouse, dropped, &[]).min(demand.units);
        }
    }
    let mut most = 0;
    for (demand, wanted) in wanted.iter().enumerate() {
        let mut missing = wanted.units;
        while missing > 0 {
            let mut met = vec![false; sources.len()];
            let added = add(demand, missing, &mut left, &mut taken, &mut room, &mut met);
            if added == 0 {
                break;
            }
            missing -= added;
            most += added;
        }
    }
    Some(most)
}

/// Adds up to `units` of a demand, moving other demands' units elsewhere where that makes room.
fn add(
    demand: usize,
    units: i64,
    left: &mut [Vec<i64>],
    taken: &mut [Vec<i64>],
    room: &mut [i64],
    met: &mut [bool],
) -> i64 {
    for source in 0..room.len() {
        let most = units.min(left[demand][source]);
        if most == 0 || std::mem::replace(&mut met[source], true) {
            continue;
        }
        let mut added = most.min(room[source]);
        room[source] -= added;
        if added == 0 {
            // Another demand's units leave, and these take their place.
            added = (0..taken.len())
                .filter(|other| *other != demand)
                .find_map(|other| {
                    let here = taken[other][source].min(most);
                    let moved = if here > 0 { add(other, here, left, taken, room, met) } else { 0 };
                    taken[other][source] -= moved;
                    left[other][source] += moved;
                    (moved > 0).then_some(moved)
                })
                .unwrap_or(0);
        }
        if added > 0 {
            left[demand][source] -= added;
            taken[demand][source] += added;
            return added;
        }
    }
    0
}
