//! Picks the role: the window, the collector, or a command.

use std::process::ExitCode;

fn main() -> ExitCode {
    duo_integrator::platform::memory::share_one_heap();
    duo_integrator::cli::run()
}
