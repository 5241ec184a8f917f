//! Windows and macOS: an icon that lives on the main thread's loop of messages.
//!
//! Both systems give an icon's messages only to a thread that runs such a loop, and macOS only to
//! the main thread; so the loop stays here, and everything else runs on the runtime's threads. On
//! macOS the program shows no icon in the dock.

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinError;
use tray_icon::menu::{IsMenuItem, MenuEvent, MenuItem, PredefinedMenuItem};
use tray_icon::{Icon, MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use winit::application::ApplicationHandler;
use winit::event::{StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::WindowId;

use super::icon::pictures;
use super::{Item, Menu, NAME, View, Wish};

/// The size that both systems scale from.
const SIDE: u32 = 32;

/// What the loop is woken for.
enum Told {
    View(View),
    End,
}

/// Whether there can be a tray.
pub const fn is_possible() -> bool {
    true
}

/// Runs `work` to its end; meanwhile what is shown stands in the tray. To be called on the main
/// thread.
pub fn hold(
    runtime: &Runtime,
    mut shown: watch::Receiver<View>,
    wishes: mpsc::Sender<Wish>,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<(), JoinError> {
    let event_loop = match event_loop() {
        Ok(event_loop) => event_loop,
        Err(error) => {
            tracing::info!(%error, "no icon in the tray");
            runtime.block_on(work);
            return Ok(());
        }
    };
    event_loop.set_control_flow(ControlFlow::Wait);
    let first = shown.borrow_and_update().clone();
    let proxy = event_loop.create_proxy();
    let done = runtime.spawn(work);
    runtime.spawn(async move {
        while shown.changed().await.is_ok() {
            let view = shown.borrow_and_update().clone();
            if proxy.send_event(Told::View(view)).is_err() {
                return;
            }
        }
        let _ = proxy.send_event(Told::End);
    });
    listen(&wishes);
    let mut tray = Tray { view: first, icon: None };
    if let Err(error) = event_loop.run_app(&mut tray) {
        tracing::warn!(%error, "the icon in the tray is gone; collecting goes on");
    } else if !done.is_finished() {
        // The system ended the loop: the program is to end.
        let _ = wishes.try_send(Wish::Quit);
    }
    runtime.block_on(done)
}

fn event_loop() -> Result<EventLoop<Told>, winit::error::EventLoopError> {
    let mut builder = EventLoop::<Told>::with_user_event();
    #[cfg(target_os = "macos")]
    {
        use winit::platform::macos::{ActivationPolicy, EventLoopBuilderExtMacOS};
        builder.with_activation_policy(ActivationPolicy::Accessory);
    }
    builder.build()
}

/// Clicks become wishes.
fn listen(wishes: &mpsc::Sender<Wish>) {
    let sender = wishes.clone();
    MenuEvent::set_event_handler(Some(move |event: MenuEvent| {
        if let Some(wish) = Wish::named(event.id.as_ref()) {
            let _ = sender.try_send(wish);
        }
    }));
    let sender = wishes.clone();
    TrayIconEvent::set_event_handler(Some(move |event: TrayIconEvent| {
        if let Some(wish) = wish_of_click(&event) {
            let _ = sender.try_send(wish);
        }
    }));
}

/// On Windows a click opens the window and the other button the menu; on macOS any click opens the
/// menu.
fn wish_of_click(event: &TrayIconEvent) -> Option<Wish> {
    match event {
        TrayIconEvent::Click {
            button: MouseButton::Left,
            button_state: MouseButtonState::Up,
            ..
        } if cfg!(windows) => Some(Wish::Open),
        _ => None,
    }
}

struct Tray {
    view: View,
    icon: Option<TrayIcon>,
}

impl Tray {
    fn build(&mut self) {
        let built = TrayIconBuilder::new()
            .with_tooltip(tooltip(&self.view))
            .with_menu_on_left_click(!cfg!(windows))
            .with_menu(Box::new(menu(&self.view.menu)));
        let built = match icon(&self.view) {
            Some(icon) => built.with_icon(icon),
            None => built,
        };
        match built.build() {
            Ok(icon) => self.icon = Some(icon),
            Err(error) => tracing::info!(%error, "no icon in the tray"),
        }
    }

    fn show(&mut self, view: View) {
        let Some(tray) = &self.icon else {
            self.view = view;
            return;
        };
        let mut changed = Ok(());
        if view.face != self.view.face {
            changed = changed.and(tray.set_icon(icon(&view)));
        }
        if view.words != self.view.words {
            changed = changed.and(tray.set_tooltip(Some(tooltip(&view))));
        }
        if view.menu != self.view.menu {
            tray.set_menu(Some(Box::new(menu(&view.menu))));
        }
        if let Err(error) = changed {
            tracing::debug!(%error, "the icon in the tray could not be changed");
        }
        self.view = view;
    }
}

impl ApplicationHandler<Told> for Tray {
    fn new_events(&mut self, _: &ActiveEventLoop, cause: StartCause) {
        // An icon made before the loop runs can stay invisible on macOS.
        if cause == StartCause::Init {
            self.build();
        }
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, told: Told) {
        match told {
            Told::View(view) => self.show(view),
            Told::End => event_loop.exit(),
        }
    }

    fn resumed(&mut self, _: &ActiveEventLoop) {}

    fn window_event(&mut self, _: &ActiveEventLoop, _: WindowId, _: WindowEvent) {}
}

fn menu(wanted: &Menu) -> tray_icon::menu::Menu {
    let menu = tray_icon::menu::Menu::new();
    for item in &wanted.0 {
        let item: Box<dyn IsMenuItem> = match item {
            Item::Separator => Box::new(PredefinedMenuItem::separator()),
            Item::Words(words) => Box::new(MenuItem::new(without_access_keys(words), false, None)),
            Item::Button(words, wish) => {
                Box::new(MenuItem::with_id(wish.name(), without_access_keys(words), true, None))
            }
        };
        if let Err(error) = menu.append(item.as_ref()) {
            tracing::debug!(%error, "a line of the tray's menu is missing");
        }
    }
    menu
}

/// An ampersand in a label would mark the next letter as a key.
fn without_access_keys(words: &str) -> String {
    words.replace('&', "&&")
}

/// Windows cuts a tooltip after 127 characters.
fn tooltip(view: &View) -> String {
    format!("{NAME}\n{}", view.words).chars().take(127).collect()
}

fn icon(view: &View) -> Option<Icon> {
    let picture = pictures(view.face).into_iter().find(|picture| picture.side == SIDE)?;
    Icon::from_rgba(picture.rgba, picture.side, picture.side).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_are_shown_as_they_are() {
        assert_eq!(without_access_keys("R&D"), "R&&D");
    }
}
