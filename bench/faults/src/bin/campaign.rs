//! Runs one rig for long, and prints a row for `docs/campaigns.md`.

fn main() -> std::process::ExitCode {
    gantry_faults::campaign::main()
}
