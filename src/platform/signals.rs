//! How a person or the system asks the program to end.
//!
//! Windows ends a program without a console at log-off and shutdown without asking it. That loses
//! nothing: what is stored is stored together with its position.

/// Listens from now on; the future ends when a person or the system asks the program to end.
pub fn listen_for_stop() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // A hang-up is left alone: it ends the program, which loses nothing, unless nohup says no.
        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        async move {
            let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
                return std::future::pending().await;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
        let (interrupt, close, logoff, shutdown) =
            (ctrl_c(), ctrl_close(), ctrl_logoff(), ctrl_shutdown());
        async move {
            let (Ok(mut interrupt), Ok(mut close), Ok(mut logoff), Ok(mut shutdown)) =
                (interrupt, close, logoff, shutdown)
            else {
                return std::future::pending().await;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = close.recv() => {}
                _ = logoff.recv() => {}
                _ = shutdown.recv() => {}
            }
        }
    }
}
