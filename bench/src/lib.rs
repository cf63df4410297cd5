//! Criterion micro-benchmarks of Gantry, the sync floor, and the repository's own rules.
