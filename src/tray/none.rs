//! A build without a tray.

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;

use super::{View, Wish};

/// Whether there can be a tray.
pub const fn is_possible() -> bool {
    false
}

/// Runs `work` to its end; nothing is shown and nobody wishes for anything.
pub fn hold(
    runtime: &Runtime,
    _shown: watch::Receiver<View>,
    _wishes: mpsc::Sender<Wish>,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<(), JoinError> {
    runtime.block_on(work);
    Ok(())
}
