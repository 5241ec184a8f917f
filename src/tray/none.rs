//! A build without a tray.

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use super::{View, Wish};

/// Runs `work` to its end; nothing is shown and nobody wishes for anything.
pub fn hold<T: Send + 'static>(
    runtime: &Runtime,
    _shown: watch::Receiver<View>,
    _wishes: mpsc::Sender<Wish>,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    Some(runtime.block_on(work))
}
