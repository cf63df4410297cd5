//! Problems of a file of cases, to be solved again.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use gantry_engine::{Demand, Part, Problem, Source};
use gantry_model::{Objective, Sku, Warehouse};
use serde_json::Value;

use crate::case::Case;

/// The file's cases with the plans that the product has today.
pub(crate) fn read(
    file: &Path,
) -> Result<impl Iterator<Item = Result<Case, Box<dyn Error>>>, Box<dyn Error>> {
    let lines = BufReader::new(File::open(file)?).lines();
    Ok((1..).zip(lines).map(|(number, line)| {
        let case: Value = serde_json::from_str(&line?)?;
        let problem = problem(&case["problem"]).ok_or_else(|| format!("line {number}: no case"))?;
        let id = case["id"].as_str().unwrap_or("again").to_owned();
        Ok(Case::solved(id, problem))
    }))
}

fn problem(value: &Value) -> Option<Problem> {
    let name = value["objective"].as_str()?;
    let objective = Objective::ALL.iter().find(|objective| objective.name() == name)?;
    Some(Problem {
        objective: *objective,
        parcels_max: number(&value["parcels_max"])?,
        steps_max: value["steps_max"].as_u64()?,
        sources: list(&value["sources"], source)?,
        demands: list(&value["demands"], demand)?,
        available: list(&value["available"], number)?,
        prices: list(&value["prices"], number)?,
        parts: list(&value["parts"], part)?,
        left: list(&value["left"], number)?,
    })
}

fn source(value: &Value) -> Option<Source> {
    let units_max = &value["units_max"];
    Some(Source {
        warehouse: Warehouse::new(number(&value["warehouse"])?),
        priority: number(&value["priority"])?,
        days: number(&value["days"])?,
        parcel_cost: number(&value["parcel_cost"])?,
        unit_cost: number(&value["unit_cost"])?,
        units_max: if units_max.is_null() { u32::MAX } else { number(units_max)? },
        load_per_mille: number(&value["load_per_mille"])?,
        is_open: value["is_open"].as_bool()?,
    })
}

fn demand(value: &Value) -> Option<Demand> {
    Some(Demand { sku: Sku::new(number(&value["sku"])?), units: number(&value["units"])? })
}

fn part(value: &Value) -> Option<Part> {
    Some(Part {
        demand: number(&value[0])?,
        component: number(&value[1])?,
        units_each: number(&value[2])?,
    })
}

fn number<N: TryFrom<u64>>(value: &Value) -> Option<N> {
    N::try_from(value.as_u64()?).ok()
}

fn list<T>(value: &Value, each: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(each).collect()
}
