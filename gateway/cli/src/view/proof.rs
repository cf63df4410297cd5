//! How far a plan is proven, in words.

use gantry_model::Proof;

use crate::output::grouped;

/// What the proof says, and what it leaves open.
pub(crate) fn proof_text(proof: Proof, gap: i64) -> String {
    let gap = grouped(gap);
    match proof {
        Proof::Optimal => "proven optimal".to_owned(),
        Proof::GapInUnits => format!("at most {gap} units fewer than the best"),
        Proof::GapInObjective => format!("at most {gap} from the best by the policy's measure"),
        Proof::GapInCost => format!("at most {gap} minor units from the best"),
    }
}
