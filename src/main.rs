//! Picks the role: the window, the collector, or a command.

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let started = Instant::now();
    duo_integrator::platform::memory::share_one_heap();
    duo_integrator::cli::run(started)
}
