//! An explanation as people read it.

use super::report::{CandidateReport, ExplainReport, PassReport, PlanReport};
use super::resourced::sourced_again;
use super::swapped::swapped;
use crate::output::{Answer, Page, Table, grouped, utc_time};

impl Answer for ExplainReport {
    fn page(&self) -> Page {
        let policy = &self.policy;
        let policy_text = match &policy.code {
            Some(code) => format!("{code} version {} ({})", policy.version, policy.objective),
            None => format!("built-in ({})", policy.objective),
        };
        let mut page = Page::new().facts([
            ("record", grouped(self.sequence)),
            ("decided at", utc_time(self.time_ns)),
            ("policy", policy_text),
            ("outcome", self.outcome_text()),
        ]);
        if !self.decided_as_recorded {
            page = page.text(
                "This version decides otherwise than the record says; below is how it decides.",
            );
        }
        for (number, pass) in self.passes.iter().enumerate() {
            page = pass.add_to(page, number);
        }
        if let Some(waiting) = &self.waiting {
            page = waiting.add_to(page);
        }
        if !self.sourced_again.is_empty() {
            page = page.text("").text("It was sourced again by these records:");
            page = page.table(sourced_again(&self.sourced_again));
        }
        if !self.swapped.is_empty() {
            page = page.text("").text("It swapped units with other orders by these records:");
            page = page.table(swapped(&self.swapped));
        }
        if let Some(promised) = &self.promised {
            page = promised.add_to(page);
        }
        match &self.hold {
            Some(hold) => hold.add_to(page.text("").text("The hold that the order names:")),
            None => page,
        }
    }
}

impl ExplainReport {
    fn outcome_text(&self) -> String {
        let outcome = &self.outcome;
        if let Some(reason) = outcome.reason {
            return format!("rejected: {reason}");
        }
        let (parcels, cost) = (outcome.parcels, grouped(outcome.cost_minor));
        let proof = proof_text(outcome.proof, outcome.gap);
        format!("{parcels} parcels for {cost} minor units, {proof}")
    }
}

fn proof_text(proof: Option<&'static str>, gap: i64) -> String {
    match proof {
        None => "not proven".to_owned(),
        Some("optimal") => "proven optimal".to_owned(),
        Some(gap_in) => format!("{} of at most {}", gap_in.replace('_', " "), grouped(gap)),
    }
}

impl PassReport {
    fn add_to(&self, page: Page, number: usize) -> Page {
        let head = match number {
            0 => "Candidates, with the units that each demand could have there:".to_owned(),
            _ => {
                let rules = self.dropped_rules.join(", ");
                format!("For what was left, without the soft rules {rules}:")
            }
        };
        let demands = self.demands.iter();
        let demands = demands.map(|demand| format!("{} x {}", demand.units, demand.sku));
        page.text("")
            .text(head)
            .facts([("wanted", demands.collect::<Vec<_>>().join(", "))])
            .table(self.candidates_table())
            .text("")
            .text("The plan taken, and the best one that leaves out one of its warehouses:")
            .table(self.plans_table())
            .table(self.takes_table())
    }

    fn candidates_table(&self) -> Table {
        let mut table = Table::new(&[
            "warehouse",
            ">priority",
            ">days",
            ">parcel",
            ">unit",
            ">capacity",
            "available",
            "verdict",
        ]);
        for row in &self.candidates {
            let available: Vec<_> = row.available.iter().map(|units| grouped(*units)).collect();
            table.row([
                row.warehouse.clone(),
                row.priority.to_string(),
                row.days.to_string(),
                grouped(row.parcel_cost_minor),
                grouped(row.unit_cost_minor),
                row.units_max.map_or_else(|| "any".to_owned(), grouped),
                available.join(" / "),
                row.verdict(),
            ]);
        }
        table
    }

    fn plans_table(&self) -> Table {
        let titles = ["plan", ">short", ">objective", ">cost", ">parcels", ">days", "warehouses"];
        let mut table = Table::new(&titles);
        let plans = [("taken", Some(&self.best)), ("runner-up", self.runner_up.as_ref())];
        for (name, plan) in plans {
            if let Some(plan) = plan {
                table.row(plan.row(name));
            }
        }
        table
    }

    fn takes_table(&self) -> Table {
        let titles = ["plan", "sku", "warehouse", ">units", ">unit cost", ">shadow price"];
        let mut table = Table::new(&titles);
        let plans = [("taken", Some(&self.best)), ("runner-up", self.runner_up.as_ref())];
        for (name, plan) in plans {
            for take in plan.iter().flat_map(|plan| &plan.takes) {
                table.row([
                    name.to_owned(),
                    take.sku.clone(),
                    take.warehouse.clone(),
                    grouped(take.units),
                    grouped(take.unit_cost_minor),
                    grouped(take.shadow_price_minor),
                ]);
            }
        }
        table
    }
}

impl CandidateReport {
    fn verdict(&self) -> String {
        match self.removed_by {
            Some(rule) => format!("removed: {rule}"),
            None if self.in_plan => "in the plan".to_owned(),
            None => "not used".to_owned(),
        }
    }
}

impl PlanReport {
    fn row(&self, name: &str) -> [String; 7] {
        let objective: Vec<_> = self.objective.iter().map(|figure| grouped(*figure)).collect();
        let parcels = self.parcel_costs.iter();
        let parcels = parcels.map(|row| format!("{} {}", row.warehouse, grouped(row.cost_minor)));
        [
            name.to_owned(),
            grouped(self.units_short),
            objective.join(" "),
            grouped(self.cost_minor),
            self.parcels.to_string(),
            self.days.to_string(),
            parcels.collect::<Vec<_>>().join(", "),
        ]
    }
}
