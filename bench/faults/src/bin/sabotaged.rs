//! Programs whose promises are broken on purpose; see `gantry_faults::sabotage`.

fn main() -> std::process::ExitCode {
    gantry_faults::sabotage::main()
}
