//! The window: the wizard on first run, the console afterwards.
//!
//! Promises: there is one window per home, and a second start brings it to the front; without a
//! display there is a sentence, not a crash; closing the window stops no collection.
//!
//! Drawn by eframe, with what `renderer` chooses. What takes time happens in `worker`; only the
//! wizard's flow touches Duo and secrets.

mod app;
mod console;
mod desk;
mod kept;
pub mod look;
mod outline;
mod parts;
mod renderer;
mod say;
mod wizard;
mod worker;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use eframe::egui;

use crate::base::lock::{Busy, HomeLock};
use crate::base::{Home, Problem, Secret};
use crate::control::{self, ControlError, Request, Role};
use crate::platform::locale;
use kept::Kept;
use outline::Outline;
use renderer::{Failure, Renderer};

pub use app::App;
pub use look::theme;
pub use wizard::labels;

/// The title of the window.
pub const TITLE: &str = "Duo Security Integrator";

/// The size of the wizard and of the console, in points.
const WIZARD_SIZE: [f32; 2] = [720.0, 560.0];
const CONSOLE_SIZE: [f32; 2] = [1100.0, 720.0];
const SMALLEST: [f32; 2] = [640.0, 480.0];

/// Why there is no window.
#[derive(Debug)]
pub enum NoWindow {
    /// There is no display, or none that can be drawn on.
    Display(Problem),
    /// Something else.
    Problem(Problem),
}

impl From<Problem> for NoWindow {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What the wizard's first page holds before anyone types: the demo's values.
#[derive(Clone, Debug)]
pub struct Prefill {
    /// The account's name.
    pub name: String,
    /// The integration key.
    pub integration_key: String,
    /// The secret key.
    pub secret_key: Secret,
    /// The API hostname.
    pub api_hostname: String,
}

/// Opens the window and stays until it is closed; brings one that is open to the front instead.
/// `started`: when the program did.
pub fn open(home: &Home, started: Instant) -> Result<(), NoWindow> {
    open_with(home, started, None)
}

/// The same with a wizard that is filled in, for the demo; that one does not start at login.
pub fn open_with(home: &Home, started: Instant, prefill: Option<Prefill>) -> Result<(), NoWindow> {
    if !has_display() {
        return Err(no_display("neither DISPLAY nor WAYLAND_DISPLAY is set"));
    }
    let _lock = match HomeLock::take_for_window(home) {
        Ok(lock) => lock,
        Err(Busy::Unusable(problem)) => return Err(NoWindow::Problem(problem)),
        Err(Busy::Taken { .. }) => {
            return show_the_other(home).map_err(NoWindow::Problem);
        }
    };
    if let Some(locale) = locale::name() {
        say::like(&locale);
    }
    let is_first_run =
        !crate::settings::Settings::load(home).is_ok_and(|settings| !settings.accounts.is_empty());
    let outline = if is_first_run {
        Outline::of(WIZARD_SIZE)
    } else {
        Outline::remembered(&Kept::read(home))
    };
    let wish = std::env::var(renderer::VARIABLE).ok();
    let order = renderer::order(cfg!(windows), wish.as_deref());
    renderer::try_in(order, |renderer| {
        let (home, prefill) = (home.clone(), prefill.clone());
        let run = move || {
            eframe::run_native(
                TITLE,
                options(outline, renderer),
                Box::new(move |creation| {
                    let app = App::new(&creation.egui_ctx, home, started, prefill)?;
                    Ok(Box::new(app))
                }),
            )
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error @ eframe::Error::AppCreation(_))) => {
                Err(Failure::Final(error.to_string()))
            }
            Ok(Err(error)) => Err(Failure::CannotDraw(error.to_string())),
            // A missing system library makes the windowing layer panic instead of returning an
            // error. It cannot be started again in this process then.
            Err(_) => {
                Err(Failure::Final("a library that draws windows is missing or broken".to_owned()))
            }
        }
    })
    .map_err(|why| no_display(&why))
}

fn options(outline: Outline, renderer: Renderer) -> eframe::NativeOptions {
    eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title(TITLE)
            .with_app_id("duo-integrator")
            .with_icon(icon())
            .with_inner_size(outline.size)
            .with_maximized(outline.maximized)
            .with_min_inner_size(SMALLEST),
        centered: true,
        ..renderer.options()
    }
}

/// Brings the window that is open already to the front.
fn show_the_other(home: &Home) -> Result<(), Problem> {
    let silent = Problem::new("The window is open already and does not answer")
        .next("close it, or end its process, and start the program again");
    match control::ask_blocking(home, Role::Window, &Request::Show) {
        Ok(_) => Ok(()),
        Err(ControlError::NotThere) => Err(silent),
        Err(error) => Err(silent.because(Problem::from(error))),
    }
}

fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn no_display(why: &str) -> NoWindow {
    NoWindow::Display(Problem::new("No window can be opened here").because(why).next(
        "on a server, use the commands: account add, collect, status, event list, audit \
         (--help tells more)",
    ))
}

fn icon() -> egui::IconData {
    eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon/duo-integrator-128.png"))
        .unwrap_or_default()
}
