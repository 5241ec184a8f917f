//! “Notifications”: the alarm about silence, messages on this desktop, and when people work.

use eframe::egui;
use jiff::civil::Weekday;
use toml_edit::{Array, Value};

use super::draft::{Draft, judge};
use super::rows::{self, FIELD};
use super::write;
use crate::base::units::{format_span, parse_span};
use crate::detect::WorkingHours;
use crate::record::Level;
use crate::settings::{Alerts, NoDataAlarm, Notifications, QuietHours, Settings};
use crate::window::console::here::Here;
use crate::window::look::theme;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::say;
use crate::window::worker::Wish;

const DAYS: [(Weekday, &str, &str); 7] = [
    (Weekday::Monday, "monday", "Monday"),
    (Weekday::Tuesday, "tuesday", "Tuesday"),
    (Weekday::Wednesday, "wednesday", "Wednesday"),
    (Weekday::Thursday, "thursday", "Thursday"),
    (Weekday::Friday, "friday", "Friday"),
    (Weekday::Saturday, "saturday", "Saturday"),
    (Weekday::Sunday, "sunday", "Sunday"),
];

/// The section's own state.
#[derive(Default)]
pub(super) struct Notices {
    silence: Draft,
    quiet: Draft,
    quiet_zone: Draft,
    working: Draft,
    working_zone: Draft,
}

impl Notices {
    /// Draws the section.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) {
        let about = "E-mail, Slack, Teams and webhooks are under Outputs";
        rows::card(ui, "On this desktop", about, |ui| {
            self.desktop_ui(ui, here, &settings.notifications);
        });
        rows::gap(ui);
        rows::card(ui, "Silence", "", |ui| self.silence_ui(ui, here, &settings.no_data_alarm));
        rows::gap(ui);
        rows::card(ui, "Alerts", "", |ui| self.alerts_ui(ui, here, &settings.alerts));
    }

    fn desktop_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, now: &Notifications) {
        const SECTION: &str = "notifications";
        let mut on = now.desktop;
        let help = "One message when something needs you, and one when it is well again";
        if widgets::switch_row(ui, &mut on, "Desktop notifications", help).changed() {
            here.wishes.push(Wish::Notifications(on));
        }
        if !now.desktop {
            return;
        }
        ui.add_space(theme::tokens().space.small);
        if let Some(level) = level(ui, "Least severity told on the desktop", now.desktop_least) {
            let words = format!("The desktop tells alerts from {} up", level.title());
            let value = Some(level.name().into());
            here.act(write::set(SECTION, vec![("desktop_least", value)], words));
        }
        let names = Hours {
            section: SECTION,
            key: "quiet_hours",
            label: "Quiet hours",
            placeholder: "22:00-07:00",
            help: "Between these times only critical alerts are told; empty for none",
            zone_label: "Zone of the quiet hours",
        };
        names.ui(ui, here, now.quiet_hours.as_ref(), &mut self.quiet, &mut self.quiet_zone);
    }

    fn silence_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, now: &NoDataAlarm) {
        let mut on = now.enabled;
        let help = "A log that used to have records and falls silent is worth a look; the hours of \
                    the week in which it never has any do not count";
        if widgets::switch_row(ui, &mut on, "Tell me when nothing arrives", help).changed() {
            here.wishes.push(Wish::Alarm(NoDataAlarm { enabled: on, after: now.after }));
        }
        if !now.enabled {
            return;
        }
        ui.add_space(theme::tokens().space.small);
        let spec = FieldSpec {
            label: "After a silence of",
            help: "A number and a unit, such as 24 hours or 3 days",
            width: Some(FIELD),
            ..FieldSpec::default()
        };
        let set = rows::span_words(now.after);
        let check = |text: &str| judge("no_data_alarm", "after", text, &[]);
        if let Some(span) =
            self.silence.ui(ui, &set, &spec, check).and_then(|text| parse_span(&text).ok())
        {
            let words = format!("Silence is told after {}", rows::span_words(span));
            let value = Some(format_span(span).into());
            here.act(write::set("no_data_alarm", vec![("after", value)], words));
        }
    }

    fn alerts_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, now: &Alerts) {
        const SECTION: &str = "alerts";
        let mut history = now.notify_history;
        let help = "Found while history is fetched, sometimes hundreds at once. They are listed under \
                    Alerts in any case";
        if widgets::switch_row(ui, &mut history, "Send alerts about the past as well", help)
            .changed()
        {
            let words = match history {
                true => "Alerts about the past are sent as well",
                false => "Alerts about the past are only listed",
            };
            here.act(write::set(SECTION, vec![("notify_history", Some(history.into()))], words));
        }
        ui.add_space(theme::tokens().space.small);
        let usual = WorkingHours::default();
        let placeholder =
            format!("{}-{}", usual.from.strftime("%H:%M"), usual.until.strftime("%H:%M"));
        let names = Hours {
            section: SECTION,
            key: "working_hours",
            label: "Working hours",
            placeholder: &placeholder,
            help: "For rules about what happens outside of them; empty for the usual ones",
            zone_label: "Zone of the working hours",
        };
        names.ui(ui, here, now.working_hours.as_ref(), &mut self.working, &mut self.working_zone);
        let days = WorkingHours::of(now).days;
        ui.label("Working days");
        let mut changed = None;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::tokens().space.large;
            for (day, _, title) in DAYS {
                let mut works = days.contains(&day);
                if widgets::check_row(ui, &mut works, title, "").changed() {
                    changed = Some((day, works));
                }
            }
        });
        if let Some((day, works)) = changed {
            let wanted = |one: Weekday| if one == day { works } else { days.contains(&one) };
            let names: Array =
                DAYS.iter().filter(|(one, ..)| wanted(*one)).map(|(_, name, _)| *name).collect();
            let title = DAYS.iter().find(|(one, ..)| *one == day).map_or("", |(.., title)| *title);
            let words = match works {
                true => format!("{title} is a working day"),
                false => format!("{title} is a day off"),
            };
            let value = Some(Value::Array(names));
            here.act(write::set(SECTION, vec![("working_days", value)], words));
        }
    }
}

/// Hours of the day and their zone, and how they are called.
struct Hours<'a> {
    section: &'static str,
    key: &'static str,
    label: &'a str,
    placeholder: &'a str,
    help: &'a str,
    zone_label: &'a str,
}

impl Hours<'_> {
    fn ui(
        &self,
        ui: &mut egui::Ui,
        here: &mut Here<'_>,
        now: Option<&QuietHours>,
        hours: &mut Draft,
        zone: &mut Draft,
    ) {
        let set = now.map(ToString::to_string).unwrap_or_default();
        let set_zone = zone_name(now);
        let (mut new_hours, mut new_zone) = (None, None);
        let here_words = format!("Empty for this computer\u{2019}s: {}", say::zone_words());
        rows::pair(
            ui,
            |ui| {
                let spec = FieldSpec {
                    label: self.label,
                    placeholder: self.placeholder,
                    help: self.help,
                    width: Some(FIELD),
                    ..FieldSpec::default()
                };
                new_hours = hours.ui(ui, &set, &spec, |text| match text {
                    "" => Ok(None),
                    text => judge(self.section, self.key, text, &[]),
                });
            },
            |ui| {
                if set.is_empty() {
                    return;
                }
                let spec = FieldSpec {
                    label: self.zone_label,
                    placeholder: "Europe/Paris",
                    help: &here_words,
                    width: Some(FIELD),
                    ..FieldSpec::default()
                };
                new_zone = zone.ui(ui, &set_zone, &spec, |text| match text {
                    "" => Ok(None),
                    text => judge(self.section, "zone", text, &[(self.key, &set)]),
                });
            },
        );
        let value = |text: String| (!text.is_empty()).then(|| Value::from(text));
        if let Some(text) = new_hours {
            let words = match text.as_str() {
                "" => format!("{}: none of its own", self.label),
                text => format!("{}: {text}", self.label),
            };
            here.act(write::set(self.section, vec![(self.key, value(text))], words));
        }
        if let Some(text) = new_zone {
            let words = match text.as_str() {
                "" => format!("{}: this computer\u{2019}s", self.zone_label),
                text => format!("{}: {text}", self.zone_label),
            };
            here.act(write::set(self.section, vec![("zone", value(text))], words));
        }
    }
}

/// The name of the zone that was written down; empty for this computer's.
pub(super) fn zone_name(hours: Option<&QuietHours>) -> String {
    let zone = hours.and_then(|hours| hours.zone.as_ref());
    zone.and_then(|zone| zone.iana_name()).unwrap_or_default().to_owned()
}

/// One of the levels; what was chosen just now.
pub(super) fn level(ui: &mut egui::Ui, label: &str, now: Level) -> Option<Level> {
    rows::choice(ui, label, now, &Level::ALL.map(|level| (level, level.title())), "")
}
