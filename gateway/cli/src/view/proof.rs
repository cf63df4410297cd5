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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_told_in_its_own_units() {
        assert_eq!(proof_text(Proof::Optimal, 0), "proven optimal");
        assert_eq!(proof_text(Proof::GapInCost, 12), "at most 12 minor units from the best");
        assert_eq!(proof_text(Proof::GapInUnits, 1_200), "at most 1,200 units fewer than the best");
        let text = proof_text(Proof::GapInObjective, 3);
        assert_eq!(text, "at most 3 from the best by the policy's measure");
    }
}
