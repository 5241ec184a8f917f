//! How a person or the system asks the program to end.
//!
//! Windows ends a program without a console at log-off and shutdown without asking it. That loses
//! nothing: what is stored is stored together with its position. A service of Windows is asked by
//! its manager alone: it would be told of every user's log-off as well.
//! Source: <https://learn.microsoft.com/windows/console/handlerroutine>.

#[cfg(windows)]
use std::sync::OnceLock;

#[cfg(windows)]
use tokio::sync::watch;

/// Set once in a process that is a service: true when it has been asked to end.
#[cfg(windows)]
static MANAGER: OnceLock<watch::Sender<bool>> = OnceLock::new();

/// From now on only what this gives can ask the program to end. To be called before anybody listens.
#[cfg(windows)]
pub fn leave_to_manager() -> impl Fn() + Send + 'static {
    let manager = MANAGER.get_or_init(|| watch::Sender::new(false));
    move || _ = manager.send_replace(true)
}

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
        let manager = MANAGER.get().map(watch::Sender::subscribe);
        async move {
            if let Some(mut manager) = manager {
                if manager.wait_for(|asked| *asked).await.is_err() {
                    std::future::pending::<()>().await;
                }
                return;
            }
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
