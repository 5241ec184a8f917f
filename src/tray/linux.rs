//! Linux: a StatusNotifierItem on the session's D-Bus, for the desktops that show such.
//!
//! Nobody may be there to show it, now or at all; the item waits for whoever comes.
//! Source: <https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/>.

use std::sync::atomic::{AtomicBool, Ordering};

use ksni::menu::{MenuItem, StandardItem};
use ksni::{Category, OfflineReason, ToolTip, TrayMethods};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;

use super::icon::pictures;
use super::{Item, NAME, View, Wish};

/// Whether there can be a tray: where there is no display, there is none.
pub fn is_possible() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Runs `work` to its end; meanwhile what is shown stands in the tray.
pub fn hold(
    runtime: &Runtime,
    shown: watch::Receiver<View>,
    wishes: mpsc::Sender<Wish>,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<(), JoinError> {
    let tray = runtime.spawn(keep(shown, wishes));
    runtime.block_on(work);
    tray.abort();
    Ok(())
}

/// Keeps the item until nothing more will be shown.
async fn keep(mut shown: watch::Receiver<View>, wishes: mpsc::Sender<Wish>) {
    let view = shown.borrow_and_update().clone();
    let icons = icons_of(&view);
    let tray = SystemTray { view, icons, wishes, told: AtomicBool::new(false) };
    let handle = match tray.assume_sni_available(true).spawn().await {
        Ok(handle) => handle,
        Err(error) => {
            tracing::info!(%error, "no icon in the tray");
            return;
        }
    };
    while shown.changed().await.is_ok() {
        let view = shown.borrow_and_update().clone();
        let update = handle.update(|tray| {
            if tray.view.face != view.face {
                tray.icons = icons_of(&view);
            }
            tray.view = view;
        });
        if update.await.is_none() {
            return;
        }
    }
}

struct SystemTray {
    view: View,
    icons: Vec<ksni::Icon>,
    wishes: mpsc::Sender<Wish>,
    /// Whether the log tells already that nobody shows the item.
    told: AtomicBool,
}

impl SystemTray {
    fn wish(&self, wish: Wish) {
        // Someone who presses faster than wishes are granted is heard all the same.
        let _ = self.wishes.try_send(wish);
    }
}

impl ksni::Tray for SystemTray {
    fn id(&self) -> String {
        "duo-integrator".to_owned()
    }

    fn title(&self) -> String {
        format!("{NAME}: {}", self.view.words)
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.icons.clone()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: NAME.to_owned(),
            description: without_markup(&self.view.words),
            ..ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.wish(Wish::Open);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.view.menu.0.iter().map(menu_item).collect()
    }

    fn watcher_online(&self) {
        tracing::debug!("the tray is there");
        self.told.store(false, Ordering::Relaxed);
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::info!(?reason, "no tray on this desktop; the icon waits for one");
        }
        true
    }
}

fn menu_item(item: &Item) -> MenuItem<SystemTray> {
    match item {
        Item::Separator => MenuItem::Separator,
        Item::Words(words) => {
            let label = without_access_keys(words);
            StandardItem { label, enabled: false, ..StandardItem::default() }.into()
        }
        Item::Button(words, wish) => {
            let wish = *wish;
            StandardItem {
                label: without_access_keys(words),
                activate: Box::new(move |tray: &mut SystemTray| tray.wish(wish)),
                ..StandardItem::default()
            }
            .into()
        }
    }
}

/// An underscore in a label would mark the next letter as a key.
fn without_access_keys(words: &str) -> String {
    words.replace('_', "__")
}

fn without_markup(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The protocol wants opacity first.
fn icons_of(view: &View) -> Vec<ksni::Icon> {
    pictures(view.face)
        .into_iter()
        .filter_map(|mut picture| {
            for pixel in picture.rgba.chunks_exact_mut(4) {
                pixel.rotate_right(1);
            }
            let side = i32::try_from(picture.side).ok()?;
            Some(ksni::Icon { width: side, height: side, data: picture.rgba })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_are_shown_as_they_are() {
        assert_eq!(without_access_keys("my_account"), "my__account");
        assert_eq!(without_markup("R&D <b>"), "R&amp;D &lt;b&gt;");
    }
}
