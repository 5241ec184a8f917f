//! Messages on the desktop of Linux, macOS and Windows.
//!
//! Promises: showing one never holds anybody up: each is shown on a thread of its own, one after
//! the other, and when several wait already the next is dropped; a desktop that shows none is told
//! of once, in the log, and is no error.
//!
//! The thread is also needed because the D-Bus library waits in a runtime of its own, which a
//! thread that belongs to one must not do. It ends when there is nothing left to show.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use notify_rust::Notification;

use super::Message;

/// How a message is signed.
const NAME: &str = "Duo Security Integrator";

/// Messages that may wait for the desktop.
const WAITING: usize = 4;

/// Shows messages on the desktop; clones share their place in line.
#[derive(Clone, Debug, Default)]
pub struct Desktop(Arc<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: AtomicUsize,
    /// Whether it has been told that there is no desktop for messages.
    told: Mutex<bool>,
}

impl Desktop {
    /// Whether no message waits to be shown.
    pub fn is_idle(&self) -> bool {
        self.0.waiting.load(Ordering::Acquire) == 0
    }

    /// Shows a message, soon.
    pub fn show(&self, message: Message) {
        if self.0.waiting.fetch_add(1, Ordering::AcqRel) >= WAITING {
            self.0.waiting.fetch_sub(1, Ordering::AcqRel);
            tracing::debug!(message.title, "the desktop is slow; a message was dropped");
            return;
        }
        let line = self.0.clone();
        let started = thread::Builder::new().name("notify".to_owned()).spawn(move || {
            // One at a time.
            let mut told = line.told.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(reason) = show(&message)
                && !*told
            {
                tracing::info!(
                    reason,
                    "this desktop shows no messages; the log and status have them"
                );
                *told = true;
            }
            line.waiting.fetch_sub(1, Ordering::AcqRel);
        });
        if started.is_err() {
            self.0.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

fn show(message: &Message) -> Result<(), String> {
    let mut notification = Notification::new();
    notification.appname(NAME).summary(&message.title).body(&message.text);
    #[cfg(target_os = "linux")]
    notification
        .icon("duo-integrator")
        .hint(notify_rust::Hint::DesktopEntry("duo-integrator".to_owned()))
        // The text may hold an account's name, which may look like markup.
        .body(&message.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    #[cfg(windows)]
    notification.app_id(app_id());
    notification.show().map(drop).map_err(|error| error.to_string())
}

/// Windows shows messages only of programs it knows by name.
/// Source: <https://learn.microsoft.com/windows/apps/develop/notifications/app-notifications/send-local-toast-other-apps>.
#[cfg(windows)]
fn app_id() -> &'static str {
    const ID: &str = "DuoSecurityIntegrator";
    let key = format!(r"Software\Classes\AppUserModelId\{ID}");
    let known = windows_registry::CURRENT_USER
        .create(key)
        .and_then(|key| key.set_string("DisplayName", NAME));
    if let Err(error) = known {
        tracing::debug!(%error, "the program's name is not known to the desktop");
    }
    ID
}
