//! “Outputs”: where alerts are sent, how each of them does, and what the other side says to a test.
//!
//! Promises: one list, whatever the type; a secret is typed here once, goes to the keychain and is never
//! shown again; what waits and what was refused is told with the reason.

mod form;

use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui;

use super::accounts::name_for_readers;
use super::rows;
use crate::base::{Home, Problem};
use crate::pipeline::outputs::{self, Tried};
use crate::settings::{Flavor, Output, Settings, Target};
use crate::store::OutletStatus;
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, Kind, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did, Standing};
use form::{Form, Kind as Type};

/// The room for the buttons of an output, in points.
const BUTTONS: f32 = 220.0;

/// The section's own state.
#[derive(Default)]
pub(super) struct Outputs {
    outlets: Slot<u64, Vec<OutletStatus>>,
    form: Option<Form>,
    removing: Option<String>,
    /// The title of the dialog that was closed just now.
    closed: Option<String>,
    trying: Option<Trying>,
}

/// A test message on its way, and what became of it.
struct Trying {
    name: String,
    answer: Arc<Mutex<Option<Result<Tried, Problem>>>>,
}

impl Outputs {
    /// Draws the section and its dialogs.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) {
        self.outlets.want(here.desk, here.view.fresh, |shelf| match shelf.reader()? {
            Some(reader) => reader.outlets().map_err(|error| error.problem),
            None => Ok(Vec::new()),
        });
        if let Some(problem) = self.outlets.problem() {
            parts::problem_banner(ui, problem);
            rows::gap(ui);
        }
        let add = widgets::Press::primary("Add output").icon(icons::PLUS);
        let add = ui.add(add);
        egui::Popup::menu(&add).show(|ui| {
            for kind in Type::ALL {
                if ui.button(kind.title()).clicked() {
                    self.form = Some(Form::new(kind));
                }
            }
        });
        ui.add_space(theme::tokens().space.medium);
        let outlets = self.outlets.shown().cloned().unwrap_or_default();
        if settings.outputs.is_empty() {
            widgets::card(ui, |ui| {
                widgets::strong(ui, "No output yet");
                widgets::secondary(
                    ui,
                    "Alerts stay in this window and on the desktop. An output sends them by e-mail, \
                     to Slack, to Teams or to any program that takes a webhook.",
                );
            });
        }
        for output in &settings.outputs {
            let outlet = outlets.iter().find(|outlet| outlet.name == output.name);
            widgets::card(ui, |ui| self.output_ui(ui, here, output, outlet));
            ui.add_space(theme::tokens().space.medium);
        }
        if !settings.outputs.is_empty() {
            widgets::small(
                ui,
                "A running collector goes by a change within 3 seconds. What an output refuses waits \
                 for a test that it takes.",
            );
        }
        self.form_ui(ui.ctx(), here, settings);
        self.removing_ui(ui.ctx(), here, &outlets);
    }

    fn output_ui(
        &mut self,
        ui: &mut egui::Ui,
        here: &mut Here<'_>,
        output: &Output,
        outlet: Option<&OutletStatus>,
    ) {
        let (sign, state) = state_of(outlet);
        ui.horizontal_top(|ui| {
            let room = (ui.available_width() - BUTTONS).max(120.0);
            let column = egui::Layout::top_down(egui::Align::Min);
            ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
                ui.set_width(room);
                ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
                ui.horizontal(|ui| {
                    let icon = egui::RichText::new(icon(output)).size(theme::tokens().size.icon);
                    ui.label(icon.color(theme::of(ui).secondary));
                    let name = egui::RichText::new(&output.name).text_style(theme::strong());
                    ui.add(egui::Label::new(name).truncate());
                });
                let to = format!("{} \u{00b7} {}", type_title(output), output.destination());
                let color = theme::of(ui).secondary;
                let to = egui::RichText::new(to).small().color(color);
                ui.add(egui::Label::new(to).truncate());
                widgets::small(ui, &taste_words(output));
                widgets::flow(ui, |ui| {
                    widgets::pill(ui, sign, state);
                    let counts = counts_words(outlet);
                    if !counts.is_empty() {
                        widgets::small(ui, &counts);
                    }
                });
            });
            let layout = egui::Layout::right_to_left(egui::Align::Min);
            ui.with_layout(layout, |ui| self.buttons_ui(ui, here, output));
        });
        if let Some((words, at)) = outlet.and_then(|outlet| outlet.error.as_ref()) {
            ui.add_space(theme::tokens().space.tight);
            let line = parts::sign_line(ui, Sign::Warn, &format!("{}: {words}", say::ago(*at)));
            line.on_hover_text(say::exact(*at));
        }
        self.answer_ui(ui, &output.name);
    }

    fn buttons_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, output: &Output) {
        let name = &output.name;
        if widgets::icon_button(ui, icons::TRASH, &format!("Remove {name}")).clicked() {
            self.removing = Some(name.clone());
        }
        if output.records().is_none() {
            let edit = widgets::quiet_button(ui, "Edit\u{2026}");
            name_for_readers(&edit, &format!("Edit {name}"));
            if edit.clicked() {
                self.form = Form::of(output);
            }
        }
        let is_busy = self.trying.as_ref().is_some_and(Trying::is_on_its_way);
        let test = ui.add_enabled(!is_busy, widgets::Press::quiet("Test"));
        name_for_readers(&test, &format!("Test {name}"));
        if test.clicked() {
            let trying = Trying { name: name.clone(), answer: Arc::default() };
            here.act(trying.act());
            self.trying = Some(trying);
        }
    }

    /// What became of the test of this output.
    fn answer_ui(&mut self, ui: &mut egui::Ui, name: &str) {
        let Some(trying) = self.trying.as_ref().filter(|trying| trying.name == name) else {
            return;
        };
        let mut dismissed = false;
        ui.add_space(theme::tokens().space.small);
        match trying.answer() {
            None => {
                let line = parts::sign_line(ui, Sign::Running, "Sending the test message\u{2026}");
                parts::announce(ui, &line);
            }
            Some(Ok(tried)) => {
                let again = match tried.again {
                    0 => String::new(),
                    again => format!(
                        ". {} that it had not taken go out once more",
                        say::counted(again as u64, "message")
                    ),
                };
                let text = format!("It said: {}{again}", tried.said);
                let title = format!("{name} took the test message");
                widgets::banner(ui, Kind::Good, &title, &text, |ui| {
                    dismissed = widgets::quiet_button(ui, "Close").clicked();
                });
            }
            Some(Err(problem)) => {
                parts::problem_banner(ui, &problem);
                ui.add_space(theme::tokens().space.tight);
                dismissed = widgets::quiet_button(ui, "Close").clicked();
            }
        }
        if dismissed {
            self.trying = None;
        }
    }

    fn form_ui(&mut self, ctx: &egui::Context, here: &mut Here<'_>, settings: &Settings) {
        let Some(form) = &mut self.form else {
            if let Some(title) = self.closed.take() {
                widgets::dialog(ctx, &title, &mut false, |_| {});
            }
            return;
        };
        match form.dialog_ui(ctx, settings) {
            form::Ended::No => return,
            form::Ended::Cancelled => {}
            form::Ended::Saved(act) => here.act(*act),
        }
        self.closed = Some(form.title());
        self.form = None;
    }

    fn removing_ui(&mut self, ctx: &egui::Context, here: &mut Here<'_>, outlets: &[OutletStatus]) {
        let Some(name) = self.removing.clone() else { return };
        let title = format!("Remove {name}?");
        let (mut open, mut done) = (true, false);
        let waiting = outlets
            .iter()
            .find(|outlet| outlet.name == name)
            .map_or(0, |outlet| outlet.waiting + outlet.refused);
        widgets::dialog(ctx, &title, &mut open, |ui| {
            widgets::body(ui, "Its settings go, and its secret in the keychain.");
            if waiting > 0 {
                let words =
                    format!("{} for it will not be sent", say::counted(waiting, "waiting message"));
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

impl Trying {
    fn answer(&self) -> Option<Result<Tried, Problem>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_on_its_way(&self) -> bool {
        self.answer().is_none()
    }

    /// Sends the message; the answer shows where it was asked for.
    fn act(&self) -> Act {
        let (name, place) = (self.name.clone(), Arc::clone(&self.answer));
        Act::new("test an output", move |home| {
            let answer = block_on(home, &name);
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            Ok(Did::quietly())
        })
    }
}

fn block_on(home: &Home, name: &str) -> Result<Tried, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Problem::new("The test message could not be sent").because(error))?;
    runtime.block_on(outputs::test(home, name))
}

fn remove_act(name: String) -> Act {
    Act::new("remove an output", move |home| {
        let (output, secret) = outputs::remove(home, &name)?;
        secret?;
        Ok(Did::said(format!("{} was removed", output.name)))
    })
}

/// How an output does, in a sign and a word.
fn state_of(outlet: Option<&OutletStatus>) -> (Sign, &'static str) {
    match outlet {
        None => (Sign::Waiting, "Nothing sent yet"),
        Some(outlet) if outlet.refused > 0 => (Sign::Fail, "Refuses messages"),
        Some(outlet) if outlet.error.is_some() => (Sign::Warn, "Failing"),
        Some(outlet) if outlet.delivered == 0 => (Sign::Waiting, "Nothing sent yet"),
        Some(_) => (Sign::Pass, "Works"),
    }
}

fn counts_words(outlet: Option<&OutletStatus>) -> String {
    let Some(outlet) = outlet else { return String::new() };
    if outlet.delivered + outlet.waiting + outlet.refused == 0 {
        return String::new();
    }
    let number = |n: u64| say::number(i64::try_from(n).unwrap_or(i64::MAX));
    let mut words = vec![format!("{} delivered", number(outlet.delivered))];
    if outlet.waiting > 0 {
        words.push(format!("{} waiting", number(outlet.waiting)));
    }
    if outlet.refused > 0 {
        words.push(format!("{} refused", number(outlet.refused)));
    }
    words.join(" \u{00b7} ")
}

/// What is sent there, and when.
fn taste_words(output: &Output) -> String {
    if let Some(records) = output.records() {
        return records.words();
    }
    let taste = &output.taste;
    let titles: Vec<&str> = taste.levels.iter().map(|level| level.title()).collect();
    let mut words = match form::least(taste) {
        Some(least) => format!("{} and graver", least.title()),
        None => titles.join(", "),
    };
    if let Some(hours) = &taste.quiet_hours {
        words.push_str(&format!("; {hours} only {} and graver", taste.quiet_level.title()));
    }
    words
}

fn type_title(output: &Output) -> &'static str {
    match output.records() {
        Some(records) => records.to.title(),
        None => Type::of(&output.target).map_or("", Type::title),
    }
}

fn icon(output: &Output) -> &'static str {
    match &output.target {
        Target::Email(_) => icons::ENVELOPE,
        Target::Webhook(webhook) if webhook.flavor == Flavor::Json => icons::CODE,
        Target::Webhook(_) => icons::USERS,
        Target::Records(_) => icons::EXPORT,
    }
}

/// The outputs as they belong into a report about this program: without names and addresses.
pub(super) fn for_diagnostics(standing: &Standing) -> Vec<&'static str> {
    let settings = standing.settings.as_ref().ok();
    settings.into_iter().flat_map(|settings| &settings.outputs).map(Output::type_name).collect()
}
