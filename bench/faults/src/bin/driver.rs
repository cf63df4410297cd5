//! The driver of the rigs; see `gantry_faults::driver`.

fn main() -> std::process::ExitCode {
    gantry_faults::driver::main()
}
