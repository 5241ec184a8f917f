//! The asynchronous part of the program: two threads are plenty for waiting on the network.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::base::Problem;

/// How long the end of the program waits for calls that never answer, such as a keychain's.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Starts the threads.
pub fn start() -> Result<Runtime, Problem> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("net")
        .enable_all()
        .build()
        .map_err(|error| Problem::new("The program could not start its threads").because(error))
}

/// Ends them, without waiting for what never ends.
pub fn end(runtime: Runtime) {
    runtime.shutdown_timeout(LAST_WAIT);
}
