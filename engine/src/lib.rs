//! The deterministic state machine of Gantry: state, decide, apply, sourcing, the writer's step function, replay.
