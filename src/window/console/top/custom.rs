//! The dialog that asks for a range of time: two months to click on, four fields to type into.

use eframe::egui;
use jiff::Timestamp;
use jiff::civil::Date;

use super::calendar::{self, Calendar};
use super::typed::{Mistakes, Typed};
use crate::base::UnixMillis;
use crate::window::console::range::Range;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::{parts, say};

const TITLE: &str = "Custom range";

/// The dialog's own state.
#[derive(Default)]
pub(super) struct Custom {
    open: Option<Open>,
    /// It was closed just now: the keys go back to where they were.
    closed: bool,
}

struct Open {
    typed: Typed,
    calendar: Calendar,
}

impl Custom {
    /// Asks, beginning with the range there is.
    pub fn open(&mut self, range: Range) {
        let (since, until) = range.since_until(UnixMillis::now());
        let typed = Typed::of(since, until, &say::zone());
        let shown = typed.read_days().1.unwrap_or_else(today);
        self.open = Some(Open { typed, calendar: Calendar::at(shown) });
    }

    /// Draws it while it is open; gives back what was chosen.
    pub fn ui(&mut self, ctx: &egui::Context) -> Option<Range> {
        let Some(open) = &mut self.open else {
            if std::mem::take(&mut self.closed) {
                widgets::dialog(ctx, TITLE, &mut false, |_| {});
            }
            return None;
        };
        let (mut stays, mut chosen) = (true, None);
        let dialog = widgets::dialog(ctx, TITLE, &mut stays, |ui| open.ui(ui));
        match dialog.map(|dialog| dialog.inner) {
            Some(Answer::Show(range)) => chosen = Some(range),
            Some(Answer::Cancel) => stays = false,
            Some(Answer::None) | None => {}
        }
        if !stays || chosen.is_some() {
            self.open = None;
            self.closed = true;
            ctx.request_repaint();
        }
        chosen
    }
}

enum Answer {
    None,
    Cancel,
    Show(Range),
}

impl Open {
    fn ui(&mut self, ui: &mut egui::Ui) -> Answer {
        let checked = self.typed.check(&say::zone(), UnixMillis::now());
        let mistakes = checked.clone().err().unwrap_or_default();
        let mut entered = false;
        parts::dialog_body(ui, 0.0, |ui| {
            ui.horizontal(|ui| {
                ui.add_space(((ui.available_width() - calendar::SIZE.x) / 2.0).max(0.0));
                let picked = self.calendar.ui(ui, self.typed.read_days(), today());
                if let Some((from, to)) = picked {
                    self.typed = Typed::days(from, to);
                }
            });
            ui.add_space(8.0);
            entered = self.fields_ui(ui, &mistakes);
            widgets::small(ui, &format!("Times are those of {}", say::zone_words()));
        });
        ui.add_space(12.0);
        let mut answer = Answer::None;
        parts::buttons_right(ui, |ui| {
            let show = ui.add_enabled(checked.is_ok(), widgets::Press::primary("Show"));
            if let Ok((since, until)) = checked
                && (show.clicked() || entered)
            {
                answer = Answer::Show(Range::Between(since, until));
            }
            if widgets::quiet_button(ui, "Cancel").clicked() {
                answer = Answer::Cancel;
            }
        });
        answer
    }

    /// The four fields; whether Enter was pressed in one.
    fn fields_ui(&mut self, ui: &mut egui::Ui, mistakes: &Mistakes) -> bool {
        let width = ((ui.available_width() - 24.0) / 2.0).max(120.0);
        let Typed { from_day, from_time, to_day, to_time } = &mut self.typed;
        let mut entered = false;
        let mut changed = false;
        let nobody_has_keys = ui.memory(|memory| memory.focused().is_none());
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 24.0;
            for (day, time, names, mistake, is_first) in [
                (from_day, from_time, ["From", "Time from"], &mistakes.from, true),
                (to_day, to_time, ["To", "Time to"], &mistakes.to, false),
            ] {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    ui.horizontal_top(|ui| {
                        ui.spacing_mut().item_spacing.x = 8.0;
                        let [day_name, time_name] = names;
                        for (text, name, place, share) in
                            [(day, day_name, "2026-03-01", 0.6), (time, time_name, "08:30", 0.4)]
                        {
                            let width = (width - 8.0) * share;
                            let spec = FieldSpec {
                                label: name,
                                placeholder: place,
                                width: Some(width),
                                ..FieldSpec::default()
                            };
                            let field = ui
                                .vertical(|ui| {
                                    ui.set_width(width);
                                    widgets::field(ui, text, &spec)
                                })
                                .inner;
                            entered |= field.entered;
                            changed |= field.response.changed();
                            if is_first && nobody_has_keys && name == "From" {
                                field.response.request_focus();
                            }
                        }
                    });
                    if let Some(mistake) = mistake {
                        let line = parts::sign_line(ui, widgets::Sign::Fail, mistake);
                        parts::announce(ui, &line);
                    }
                });
            }
        });
        if changed && let (_, Some(to)) = self.typed.read_days() {
            self.calendar.show(to.min(today()));
        }
        entered
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(say::zone()).date()
}
