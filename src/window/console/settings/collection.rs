//! “Collection”: how often, how fast, how long records stay; start at login, and a pause.

use eframe::egui;

use super::draft::{Draft, judge};
use super::rows::{self, FIELD};
use super::write;
use crate::base::UnixMillis;
use crate::base::units::{format_span, parse_span};
use crate::settings::{Collection, Settings};
use crate::status::Overall;
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, FieldSpec, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::Wish;
use std::time::Duration;

const SECTION: &str = "collection";

/// The section's own state.
#[derive(Default)]
pub(super) struct Collecting {
    interval: Draft,
    per_minute: Draft,
    late_window: Draft,
    keep: Draft,
    stored: Slot<(u64, Option<Duration>), Stored>,
    asking: Option<Shorter>,
    /// The question was answered just now.
    answered: bool,
}

/// What is in the store.
#[derive(Clone, Debug, Default)]
struct Stored {
    records: u64,
    bytes: u64,
    /// Records that would be removed, where a shorter time is typed.
    older: u64,
    before: Option<UnixMillis>,
}

impl Stored {
    /// The room that what is removed takes now, roughly.
    fn older_bytes(&self) -> u64 {
        if self.records == 0 {
            return 0;
        }
        (self.bytes as f64 * (self.older as f64 / self.records as f64)) as u64
    }
}

/// The question before records are removed.
struct Shorter {
    keep: Duration,
    stored: Stored,
}

/// How fast Duo is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Adaptive,
    Fixed,
    Unlimited,
}

impl Collecting {
    /// Draws the section.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) {
        let collection = &settings.collection;
        running_ui(ui, here);
        rows::gap(ui);
        let about =
            "A change is written at once, and a running collector goes by it within 3 seconds";
        rows::card(ui, "How Duo is asked", about, |ui| self.asking_ui(ui, here, collection));
        rows::gap(ui);
        rows::card(ui, "How long records stay", "", |ui| self.keep_ui(ui, here, collection));
        self.dialog_ui(ui.ctx(), here);
    }

    fn asking_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, collection: &Collection) {
        let Self { interval, per_minute, late_window, .. } = self;
        let (mut every, mut late, mut kind, mut number) = (None, None, None, None);
        rows::pair(
            ui,
            |ui| {
                let set = rows::span_words(collection.poll_interval(false));
                let spec = FieldSpec {
                    label: "Ask each log every",
                    help: "Duo asks for no more than one request a minute for each log",
                    width: Some(FIELD),
                    ..FieldSpec::default()
                };
                every =
                    interval.ui(ui, &set, &spec, |text| judge(SECTION, "poll_interval", text, &[]));
            },
            |ui| {
                let set = rows::span_words(collection.late_window);
                let spec = FieldSpec {
                    label: "Look for late records as far back as",
                    help: "Duo publishes some records hours late; this much is read again regularly",
                    width: Some(FIELD),
                    ..FieldSpec::default()
                };
                late = late_window
                    .ui(ui, &set, &spec, |text| judge(SECTION, "late_window", text, &[]));
            },
        );
        let now = pace_of(collection);
        let mut kinds = vec![
            (Pace::Adaptive, "As fast as Duo allows, found by trying"),
            (Pace::Fixed, "A fixed number of requests"),
        ];
        if now == Pace::Unlimited {
            kinds.push((Pace::Unlimited, "Without any limit"));
        }
        rows::pair(
            ui,
            |ui| {
                let help =
                    "Other programs that use the same key share Duo\u{2019}s limits with this one";
                kind = rows::choice(ui, "Pace", now, &kinds, help);
            },
            |ui| {
                if let Some(set) = collection.pace.strip_suffix("/min") {
                    let spec = FieldSpec {
                        label: "Requests a minute",
                        width: Some(FIELD),
                        ..FieldSpec::default()
                    };
                    let check = |text: &str| {
                        let is_fine = text.parse::<u32>().is_ok_and(|number| number > 0);
                        is_fine.then_some(None).ok_or_else(|| "write a number from 1 up".to_owned())
                    };
                    number = per_minute.ui(ui, set, &spec, check);
                }
            },
        );
        let pace = match (kind, number) {
            (Some(Pace::Adaptive), _) => Some("adaptive".to_owned()),
            (Some(Pace::Fixed), _) => Some("30/min".to_owned()),
            (Some(Pace::Unlimited), _) => Some("unlimited".to_owned()),
            (None, number) => number.map(|number| format!("{number}/min")),
        };
        if let Some(pace) = pace {
            let words = match pace.strip_suffix("/min") {
                Some(number) => format!("Duo is asked {number} times a minute at most"),
                None => "The pace is found by trying".to_owned(),
            };
            here.act(write::set(SECTION, vec![("pace", Some(pace.into()))], words));
        }
        if let Some(span) = every.and_then(|text| parse_span(&text).ok()) {
            let words = format!("Each log is asked every {}", rows::span_words(span));
            let value = Some(format_span(span).into());
            here.act(write::set(SECTION, vec![("poll_interval", value)], words));
        }
        if let Some(span) = late.and_then(|text| parse_span(&text).ok()) {
            let words = format!("Late records are looked for {} back", rows::span_words(span));
            let value = Some(format_span(span).into());
            here.act(write::set(SECTION, vec![("late_window", value)], words));
        }
    }

    fn keep_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, collection: &Collection) {
        let set = rows::span_words(collection.keep);
        let spec = FieldSpec {
            label: "Keep records for",
            help: "Duo itself keeps its logs for 180 days",
            width: Some(FIELD),
            ..FieldSpec::default()
        };
        let entered = self.keep.draw(ui, &set, &spec, |text| judge(SECTION, "keep", text, &[]))
            && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let typed = self.keep.changed().and_then(|text| parse_span(&text).ok());
        let shorter = typed.filter(|typed| *typed < collection.keep);
        self.stored.want(here.desk, (here.view.fresh, shorter), move |shelf| {
            let bytes = store_bytes(shelf.home());
            let Some(reader) = shelf.reader()? else { return Ok(Stored::default()) };
            let logs = reader.statuses().map_err(|error| error.problem)?;
            let records = logs.iter().map(|log| log.records).sum();
            let reached = logs.iter().filter_map(|log| log.reached).max();
            let before = match (shorter, reached) {
                (Some(keep), Some(reached)) => Some(UnixMillis::now().min(reached).minus(keep)),
                _ => None,
            };
            let older = match before {
                Some(before) => reader.records_before(before).map_err(|error| error.problem)?,
                None => 0,
            };
            Ok(Stored { records, bytes, older, before })
        });
        if let Some(problem) = self.stored.problem() {
            parts::problem_banner(ui, problem);
        }
        let stored = self.stored.shown_with_key().map(|(key, stored)| (key.1, stored.clone()));
        let Some((about, stored)) = stored else {
            if self.stored.is_slow(ui.ctx()) {
                widgets::small(ui, "Counting records\u{2026}");
            }
            return;
        };
        widgets::small(ui, &stored_words(&stored));
        let is_known = about == shorter;
        if let Some(before) = stored.before.filter(|_| shorter.is_some() && is_known) {
            let words = match stored.older {
                0 => format!("No record is older than {}, so none is removed", say::day(before)),
                older => format!(
                    "{} from before {} would be removed, about {}",
                    say::counted(older, "record"),
                    say::day(before),
                    rows::bytes(stored.older_bytes()),
                ),
            };
            let sign = if stored.older == 0 { Sign::Pass } else { Sign::Warn };
            let line = parts::sign_line(ui, sign, &words);
            parts::announce(ui, &line);
        }
        let Some(keep) = typed else { return };
        ui.add_space(theme::tokens().space.small);
        let name = format!("Keep for {}", rows::span_words(keep));
        let mut save = false;
        ui.horizontal(|ui| {
            let ready = shorter.is_none() || is_known;
            let press = widgets::Press::primary(&name);
            save = ui.add_enabled(ready, press).clicked() || (ready && entered);
            if widgets::quiet_button(ui, "Discard").clicked() {
                self.keep.discard();
            }
        });
        if save && shorter.is_some() && stored.older > 0 {
            self.asking = Some(Shorter { keep, stored });
        } else if save {
            here.act(keep_act(keep));
        }
    }

    fn dialog_ui(&mut self, ctx: &egui::Context, here: &mut Here<'_>) {
        const TITLE: &str = "Remove older records?";
        let Some(asking) = &self.asking else {
            if std::mem::take(&mut self.answered) {
                widgets::dialog(ctx, TITLE, &mut false, |_| {});
            }
            return;
        };
        let (mut open, mut done) = (true, false);
        widgets::dialog(ctx, TITLE, &mut open, |ui| {
            let before = asking.stored.before.map(say::day).unwrap_or_default();
            widgets::body(
                ui,
                format!(
                    "{} from before {before} are removed from this computer for good, about {}. \
                     Alerts of that time go with them.",
                    say::counted(asking.stored.older, "record"),
                    rows::bytes(asking.stored.older_bytes()),
                ),
            );
            ui.add_space(theme::tokens().space.small);
            widgets::small(
                ui,
                "Duo gives its logs again only as far back as 180 days. The room in the file is used \
                 for new records; the file itself does not become smaller.",
            );
            ui.add_space(theme::tokens().space.medium);
            parts::buttons_right(ui, |ui| {
                if widgets::danger_button(ui, "Remove them").clicked() {
                    here.wishes.push(Wish::Act(shorten_act(asking.keep)));
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
            self.asking = None;
            self.answered = true;
        }
    }
}

/// Whether collecting goes on by itself, and for now.
fn running_ui(ui: &mut egui::Ui, here: &mut Here<'_>) {
    let standing = here.standing;
    rows::card(ui, "Running", "", |ui| {
        let mut at_login = standing.start_at_login;
        let help = "Collecting goes on after a restart, without a window";
        if widgets::switch_row(ui, &mut at_login, "Start at login", help).changed() {
            here.wishes.push(Wish::StartAtLogin(at_login));
        }
        ui.add_space(theme::tokens().space.small);
        ui.horizontal_wrapped(|ui| match standing.summary.state {
            Overall::Paused => {
                if ui.add(widgets::Press::quiet("Resume").icon(icons::PLAY)).clicked() {
                    here.wishes.push(Wish::Resume);
                }
                let until = standing.summary.paused_until;
                let words = until.map_or("Paused until resumed".to_owned(), |until| {
                    format!("Paused until {}", say::when(until))
                });
                widgets::secondary(ui, &words);
            }
            Overall::Stopped => {
                if ui.add(widgets::Press::quiet("Start collecting").icon(icons::PLAY)).clicked() {
                    here.wishes.push(Wish::StartCollector);
                }
                widgets::secondary(ui, "The collector does not run");
            }
            _ => {
                let pause = ui.add(widgets::Press::quiet("Pause").icon(icons::PAUSE));
                egui::Popup::menu(&pause).show(|ui| {
                    const HOUR: Duration = Duration::from_secs(3600);
                    if ui.button("For an hour").clicked() {
                        here.wishes.push(Wish::Pause(Some(UnixMillis::now().plus(HOUR))));
                    }
                    if ui.button("Until resumed").clicked() {
                        here.wishes.push(Wish::Pause(None));
                    }
                });
                widgets::secondary(ui, "What comes meanwhile is fetched afterwards");
            }
        });
    });
}

fn pace_of(collection: &Collection) -> Pace {
    match collection.pace.as_str() {
        "adaptive" => Pace::Adaptive,
        "unlimited" => Pace::Unlimited,
        _ => Pace::Fixed,
    }
}

fn stored_words(stored: &Stored) -> String {
    match stored.records {
        0 => "No records yet".to_owned(),
        records => format!(
            "{} in {} now, about {} for a million",
            say::counted(records, "record"),
            rows::bytes(stored.bytes),
            rows::bytes((stored.bytes as f64 / records as f64 * 1e6) as u64),
        ),
    }
}

/// What the store's files take.
fn store_bytes(home: &crate::base::Home) -> u64 {
    let file = home.store_file();
    let beside = file.with_extension("db-wal");
    [file, beside]
        .iter()
        .filter_map(|path| std::fs::metadata(path).ok())
        .map(|found| found.len())
        .sum()
}

fn keep_act(keep: Duration) -> crate::window::worker::Act {
    let words = format!("Records are kept for {}", rows::span_words(keep));
    write::set(SECTION, vec![("keep", Some(format_span(keep).into()))], words)
}

/// The same without a way back: what is removed cannot be brought back by changing a setting.
fn shorten_act(keep: Duration) -> crate::window::worker::Act {
    use crate::window::worker::{Act, Did};
    let act = keep_act(keep);
    Act::new("keep records for less long", move |home| {
        let did = act.run(home)?;
        Ok(Did { undo: None, ..did })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_told_with_what_a_million_takes() {
        assert_eq!(stored_words(&Stored::default()), "No records yet");
        let stored =
            Stored { records: 2_000_000, bytes: 640_000_000, older: 500_000, before: None };
        assert_eq!(
            stored_words(&stored),
            "2,000,000 records in 640 MB now, about 320 MB for a million"
        );
        assert_eq!(rows::bytes(stored.older_bytes()), "160 MB");
    }
}
