//! What an output will never take: why, once more, or not at all.
//!
//! Promises: nothing is given up without a question; what is sent once more stays in the list until it
//! was taken.

use eframe::egui;

use crate::pipeline::outputs;
use crate::store::Refused;
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did};

/// More are not listed; all of them can be sent once more, or given up, at once.
const LISTED: usize = 200;

/// The room for the buttons of a row, in points.
const BUTTONS: f32 = 80.0;

/// The dialog about one output.
pub(super) struct Refusals {
    output: String,
    list: Slot<u64, Vec<Refused>>,
    /// What is to be given up, once the person says so: these, or all.
    asking: Option<Vec<i64>>,
}

/// What a person wants done with refused items; no numbers: all.
enum Wish {
    Resend(Vec<i64>),
    Ask(Vec<i64>),
}

impl Refusals {
    /// Of this output.
    pub fn of(output: &str) -> Self {
        Self { output: output.to_owned(), list: Slot::default(), asking: None }
    }

    /// Its title.
    pub fn title(&self) -> String {
        format!("Refused by {}", self.output)
    }

    /// Draws the dialog; whether it is still open.
    pub fn ui(&mut self, ctx: &egui::Context, here: &mut Here<'_>) -> bool {
        let output = self.output.clone();
        self.list.want(here.desk, here.view.fresh, move |shelf| match shelf.reader()? {
            Some(reader) => reader.refused_of(&output).map_err(|error| error.problem),
            None => Ok(Vec::new()),
        });
        let mut open = true;
        widgets::dialog(ctx, &self.title(), &mut open, |ui| match self.asking.take() {
            Some(asked) => self.question_ui(ui, here, asked),
            None => self.list_ui(ui, here),
        });
        open
    }

    fn list_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        if let Some(problem) = self.list.problem() {
            parts::problem_banner(ui, problem);
        }
        let list = self.list.shown().cloned().unwrap_or_default();
        if list.is_empty() {
            let words =
                if self.list.is_waiting() { "Looking\u{2026}" } else { "Nothing is refused" };
            widgets::secondary(ui, words);
            return;
        }
        widgets::secondary(
            ui,
            "It will not take these as they are. They are stored here, everything else goes on, and \
             once its reason is mended they can be sent again.",
        );
        ui.add_space(theme::tokens().space.small);
        let mut wish = None;
        parts::dialog_body(ui, 0.0, |ui| {
            for refused in list.iter().take(LISTED) {
                widgets::divider(ui);
                if let Some(wanted) = row_ui(ui, refused) {
                    wish = Some(wanted);
                }
            }
            if list.len() > LISTED {
                let others = say::count((list.len() - LISTED) as u64);
                widgets::small(ui, &format!("and {others} more"));
            }
        });
        ui.add_space(theme::tokens().space.medium);
        parts::buttons_right(ui, |ui| {
            if widgets::primary_button(ui, "Send all again").clicked() {
                wish = Some(Wish::Resend(Vec::new()));
            }
            if widgets::quiet_button(ui, "Discard all\u{2026}").clicked() {
                wish = Some(Wish::Ask(Vec::new()));
            }
        });
        match wish {
            Some(Wish::Resend(numbers)) => here.act(resend(self.output.clone(), numbers)),
            Some(Wish::Ask(numbers)) => self.asking = Some(numbers),
            None => {}
        }
    }

    fn question_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, asked: Vec<i64>) {
        let all = self.list.shown().map_or(0, Vec::len);
        let count = if asked.is_empty() { all } else { asked.len() };
        let records = say::counted(count as u64, "record");
        widgets::strong(ui, &format!("Discard {records}?"));
        let words = format!(
            "{} will never get {}. It stays stored here. This cannot be undone.",
            self.output,
            if count == 1 { "it" } else { "them" }
        );
        let words = if count == 1 { words } else { words.replace("It stays", "They stay") };
        widgets::body(ui, words);
        ui.add_space(theme::tokens().space.medium);
        let mut is_answered = false;
        parts::buttons_right(ui, |ui| {
            if widgets::danger_button(ui, "Discard").clicked() {
                here.act(discard(self.output.clone(), asked.clone()));
                is_answered = true;
            }
            let cancel = widgets::quiet_button(ui, "Cancel");
            if ui.memory(|memory| memory.focused().is_none()) {
                cancel.request_focus();
            }
            is_answered |= cancel.clicked();
        });
        if !is_answered {
            self.asking = Some(asked);
        }
    }
}

/// An item with its reason; what is wanted of it.
fn row_ui(ui: &mut egui::Ui, refused: &Refused) -> Option<Wish> {
    let mut wish = None;
    ui.horizontal_top(|ui| {
        let room = (ui.available_width() - BUTTONS).max(120.0);
        let column = egui::Layout::top_down(egui::Align::Min);
        ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
            ui.set_width(room);
            ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
            let id = egui::RichText::new(&refused.id).monospace();
            ui.add(egui::Label::new(id).truncate()).on_hover_text(&refused.id);
            let what = refused.log_type.map_or("Alert", |log_type| log_type.title());
            let whose = refused
                .account
                .as_ref()
                .map_or_else(String::new, |account| format!(" of {account}"));
            let line = widgets::small(ui, &format!("{what}{whose}, {}", say::when(refused.time)));
            line.on_hover_text(say::exact(refused.time));
            widgets::body(ui, parts::capitalized(&refused.reason));
            if refused.again {
                parts::sign_line(ui, Sign::Running, "Is sent again");
            }
        });
        let layout = egui::Layout::right_to_left(egui::Align::Min);
        ui.with_layout(layout, |ui| {
            let name = format!("Discard {}\u{2026}", refused.id);
            if widgets::icon_button(ui, icons::TRASH, &name).clicked() {
                wish = Some(Wish::Ask(vec![refused.number]));
            }
            let name = format!("Send {} again", refused.id);
            if !refused.again && widgets::icon_button(ui, icons::PAPER_PLANE, &name).clicked() {
                wish = Some(Wish::Resend(vec![refused.number]));
            }
        });
    });
    wish
}

fn resend(output: String, numbers: Vec<i64>) -> Act {
    Act::new("send refused records again", move |home| {
        let count = outputs::settle_refused(home, &output, &numbers, true)?;
        Ok(Did::said(match count {
            0 => "All of them are on their way already".to_owned(),
            count => format!(
                "{} {} sent to {output} again",
                say::counted(count as u64, "record"),
                if count == 1 { "is" } else { "are" }
            ),
        }))
    })
}

fn discard(output: String, numbers: Vec<i64>) -> Act {
    Act::new("discard refused records", move |home| {
        let count = outputs::settle_refused(home, &output, &numbers, false)?;
        let records = say::counted(count as u64, "refused record");
        Ok(Did::said(format!("{records} of {output} discarded")))
    })
}
