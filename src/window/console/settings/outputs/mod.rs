//! “Outputs”: where records go and alerts are sent, how each of them does, and what the other side
//! says to a test.
//!
//! Promises: one list, whatever the type; a secret is typed here once, goes to the keychain and is never
//! shown again; what waits and what was refused is told with the reason, and nothing is given up
//! without a question.

mod card;
mod catalog;
mod choose;
mod fields;
mod form;
mod pick;
mod preview;
mod refused;
mod trying;

use std::time::{Duration, Instant};

use eframe::egui;
use toml::Table;

use super::rows;
use crate::pipeline::doing::{Doing, doings};
use crate::pipeline::outputs;
use crate::settings::{self, Output, Settings};
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did, Standing};
use card::Wanted;
use choose::Chosen;
use fields::Ended;
use form::Form;
use refused::Refusals;
use trying::Trying;

/// While records wait or an output fails, it is looked again this often.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// The section's own state.
#[derive(Default)]
pub(super) struct Outputs {
    /// By how fresh, and how often it was looked again meanwhile.
    known: Slot<(u64, u64), Vec<Doing>>,
    again: (u64, Option<Instant>),
    open: Open,
    /// The section of an output that is to be changed, and how often one was asked for.
    section: Slot<(String, u64), Table>,
    asked: u64,
    removing: Option<String>,
    refusals: Option<Refusals>,
    /// The title of the dialog that was closed just now.
    closed: Option<String>,
    trying: Option<Trying>,
}

/// Which page of the section is open.
#[derive(Default)]
enum Open {
    #[default]
    List,
    /// What there is to be added.
    Types,
    /// The form of an output whose section is being read.
    Reading(String),
    Form(Box<Form>),
}

/// Whether how an output does will soon be otherwise without a new record.
fn is_moving(doing: &Doing) -> bool {
    let waits_for_records = doing.takes_records && (!doing.has_begun || doing.waiting > 0);
    waits_for_records || doing.error.is_some()
}

impl Outputs {
    /// Draws the section and its dialogs.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) {
        self.look(ui.ctx(), here, settings);
        match std::mem::take(&mut self.open) {
            Open::Types => match choose::ui(ui) {
                Chosen::No => self.open = Open::Types,
                Chosen::Back => {}
                Chosen::Type(kind) => self.open = Open::Form(Box::new(Form::new(kind))),
            },
            Open::Form(mut form) => match form.ui(ui, here, settings) {
                Ended::No => self.open = Open::Form(form),
                Ended::Over => ui.ctx().request_repaint(),
            },
            Open::Reading(name) => {
                self.read(here, settings, name);
                self.list_ui(ui, here, settings);
            }
            Open::List => self.list_ui(ui, here, settings),
        }
        self.dialogs_ui(ui.ctx(), here);
    }

    /// Has what the store knows read; while something moves, every few seconds.
    fn look(&mut self, ctx: &egui::Context, here: &Here<'_>, settings: &Settings) {
        if self.known.shown().is_some_and(|known| known.iter().any(is_moving)) {
            ctx.request_repaint_after(LOOK_AGAIN);
            let (times, at) = &mut self.again;
            if !self.known.is_waiting() && at.is_none_or(|at| at.elapsed() >= LOOK_AGAIN) {
                *times += 1;
                *at = Some(Instant::now());
            }
        }
        let outputs = settings.outputs.clone();
        self.known.want(here.desk, (here.view.fresh, self.again.0), move |shelf| {
            doings(shelf.reader()?, &outputs)
        });
    }

    /// How an output does, as far as that is known.
    fn doing(&mut self, name: &str) -> Doing {
        let mut known = self.known.shown().into_iter().flatten();
        known.find(|doing| doing.name == name).cloned().unwrap_or_default()
    }

    /// Opens the form of an output as soon as its section is read.
    fn read(&mut self, here: &Here<'_>, settings: &Settings, name: String) {
        let key = (name.clone(), self.asked);
        let asked = name.clone();
        self.section.want(here.desk, key.clone(), move |shelf| {
            settings::output_section(shelf.home(), &asked)
        });
        let section = self.section.shown_with_key().filter(|(known, _)| **known == key);
        let form =
            section.and_then(|(_, section)| Form::of(settings.output(&name)?, section.clone()));
        self.open = match form {
            Some(form) => Open::Form(Box::new(form)),
            None if self.section.is_waiting() => Open::Reading(name),
            // Its problem is told with the list.
            None => Open::List,
        };
    }

    fn list_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) {
        for problem in [self.known.problem(), self.section.problem()].into_iter().flatten() {
            parts::problem_banner(ui, problem);
            rows::gap(ui);
        }
        let add = widgets::Press::primary("Add output").icon(icons::PLUS);
        if ui.add(add).clicked() {
            self.open = Open::Types;
        }
        ui.add_space(theme::tokens().space.medium);
        if settings.outputs.is_empty() {
            widgets::card(ui, |ui| {
                widgets::strong(ui, "No output yet");
                widgets::secondary(
                    ui,
                    "Records stay in this program, and alerts in this window and on the desktop. An \
                     output hands records over to a SIEM, a pipeline or a file, or sends alerts by \
                     e-mail, to Slack, to Teams or to a webhook.",
                );
            });
        }
        for output in &settings.outputs {
            let doing = self.doing(&output.name);
            widgets::card(ui, |ui| {
                let can_test = !self.trying.as_ref().is_some_and(Trying::is_on_its_way);
                let wanted = card::ui(ui, output, &doing, can_test);
                if let Some(wanted) = wanted {
                    self.do_with(here, output, wanted);
                }
                let trying = self.trying.as_ref().filter(|trying| trying.name == output.name);
                if trying.is_some_and(|trying| trying.ui(ui)) {
                    self.trying = None;
                }
            });
            ui.add_space(theme::tokens().space.medium);
        }
        if !settings.outputs.is_empty() {
            widgets::small(
                ui,
                "A running collector goes by a change within 3 seconds. A message that an output \
                 refuses waits for a test that it takes.",
            );
        }
    }

    fn do_with(&mut self, here: &mut Here<'_>, output: &Output, wanted: Wanted) {
        match wanted {
            Wanted::Remove => self.removing = Some(output.name.clone()),
            Wanted::Refused => self.refusals = Some(Refusals::of(&output.name)),
            Wanted::Prepare => here.act(prepare_act(output.name.clone())),
            Wanted::Edit => {
                self.asked += 1;
                self.section.clear();
                self.open = Open::Reading(output.name.clone());
            }
            Wanted::Test => {
                let trying = Trying::new(output);
                here.act(trying.act());
                self.trying = Some(trying);
            }
        }
    }

    fn dialogs_ui(&mut self, ctx: &egui::Context, here: &mut Here<'_>) {
        if let Some(refusals) = &mut self.refusals {
            if !refusals.ui(ctx, here) {
                self.closed = Some(refusals.title());
                self.refusals = None;
            }
        } else if self.removing.is_some() {
            self.removing_ui(ctx, here);
        } else if let Some(title) = self.closed.take() {
            widgets::dialog(ctx, &title, &mut false, |_| {});
        }
    }

    fn removing_ui(&mut self, ctx: &egui::Context, here: &mut Here<'_>) {
        let Some(name) = self.removing.clone() else { return };
        let title = format!("Remove {name}?");
        let (mut open, mut done) = (true, false);
        let doing = self.doing(&name);
        let what = if doing.takes_records { "waiting record" } else { "waiting message" };
        let count = doing.waiting + doing.refused;
        widgets::dialog(ctx, &title, &mut open, |ui| {
            widgets::body(ui, "Its settings go, and its secret in the keychain.");
            if count > 0 {
                let words = format!("{} for it will not be sent", say::counted(count, what));
                parts::sign_line(ui, Sign::Warn, &words);
            }
            ui.add_space(theme::tokens().space.medium);
            parts::buttons_right(ui, |ui| {
                if widgets::danger_button(ui, "Remove").clicked() {
                    here.act(remove_act(name.clone()));
                    done = true;
                }
                let cancel = widgets::quiet_button(ui, "Cancel");
                if ui.memory(|memory| memory.focused().is_none()) {
                    cancel.request_focus();
                }
                done |= cancel.clicked();
            });
        });
        if done || !open {
            self.removing = None;
            self.closed = Some(title);
        }
    }
}

fn prepare_act(name: String) -> Act {
    Act::new("prepare an output", move |home| {
        let made = trying::block_on(outputs::prepare(home, &name)).flatten()?;
        Ok(Did::said(parts::capitalized(&made)))
    })
}

fn remove_act(name: String) -> Act {
    Act::new("remove an output", move |home| {
        let (output, secret) = outputs::remove(home, &name)?;
        secret?;
        Ok(Did::said(format!("{} was removed", output.name)))
    })
}

/// The outputs as they belong into a report about this program: without names and addresses.
pub(super) fn for_diagnostics(standing: &Standing) -> Vec<&'static str> {
    let settings = standing.settings.as_ref().ok();
    settings.into_iter().flat_map(|settings| &settings.outputs).map(Output::type_name).collect()
}
