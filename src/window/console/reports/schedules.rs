//! The reports that are made by themselves: when next, what came of the last, and changing them.

use eframe::egui;

use super::Here;
use super::editing::{Editing, Outcome};
use super::saving;
use crate::base::{Problem, UnixMillis};
use crate::knowledge::Knowledge;
use crate::pipeline::reporting::Done;
use crate::reports;
use crate::settings::{self, Every, ScheduledReport};
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, Kind, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, CollectorStanding, Did};

/// The room for the buttons beside a schedule, in points.
const BUTTONS: f32 = 190.0;

/// How one schedule stands.
#[derive(Clone, Debug, Default)]
struct Stand {
    next: Option<UnixMillis>,
    made: Option<UnixMillis>,
    error: Option<String>,
}

/// The part of the page about schedules.
#[derive(Default)]
pub(super) struct Schedules {
    stands: Slot<(u64, Vec<ScheduledReport>), Vec<Stand>>,
    editing: Option<Editing>,
    /// The dialog that was answered just now.
    answered: Option<&'static str>,
}

impl Schedules {
    /// Opens the dialog for a new one.
    pub fn add(&mut self, id: &str, account: Option<String>) {
        self.editing = Some(Editing::new(id, account));
    }

    /// Draws the list.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, knowledge: &Knowledge) {
        let Ok(settings) = &here.standing.settings else { return };
        let scheduled = settings.reports.clone();
        let key = (here.view.fresh, scheduled.clone());
        let asked = scheduled.clone();
        self.stands.want(here.desk, key, move |shelf| {
            let done = Done::load(shelf.home())?;
            Ok(stands(&asked, &done, UnixMillis::now()))
        });
        widgets::card(ui, |ui| {
            widgets::card_title(ui, "Made by themselves");
            if let Some(problem) = self.stands.problem() {
                parts::problem_banner(ui, problem);
            }
            if scheduled.is_empty() {
                widgets::small(
                    ui,
                    "No report is scheduled. Schedule one, and it is put into a folder or mailed \
                     every day, week or month, as long as the collector runs.",
                );
                return;
            }
            if here.standing.collector == CollectorStanding::Stopped {
                ui.add_space(4.0);
                widgets::banner(
                    ui,
                    Kind::Warn,
                    "No reports are made while the collector does not run",
                    "What is due meanwhile is made as soon as it runs again",
                    |_| {},
                );
            }
            let stands = match self.stands.shown_with_key() {
                Some(((_, known), stands)) if *known == scheduled => stands.clone(),
                _ => Vec::new(),
            };
            for (place, report) in scheduled.iter().enumerate() {
                ui.add_space(4.0);
                widgets::divider(ui);
                ui.add_space(4.0);
                let title = title_of(knowledge, &report.id);
                let stand = stands.get(place).cloned().unwrap_or_default();
                match schedule_ui(ui, report, &title, &stand) {
                    None => {}
                    Some(Wanted::Edit) => self.editing = Some(Editing::of(place, report)),
                    Some(Wanted::Remove) => here.act(remove(place, report.clone(), title)),
                }
            }
        });
    }

    /// Draws the dialog while it is open; to be called when it is closed as well.
    pub fn dialog_ui(&mut self, ctx: &egui::Context, here: &mut Here<'_>, knowledge: &Knowledge) {
        let Some(editing) = &mut self.editing else {
            // The focus goes back to where it was.
            if let Some(title) = self.answered.take() {
                widgets::dialog(ctx, title, &mut false, |_| {});
            }
            return;
        };
        let Ok(settings) = &here.standing.settings else { return };
        let mut accounts: Vec<String> =
            here.standing.statuses.iter().map(|status| status.account.clone()).collect();
        accounts.dedup();
        let outcome = editing.ui(ctx, knowledge, settings, &accounts);
        match outcome {
            Outcome::Open => return,
            Outcome::Closed => {}
            Outcome::Save(place, report) => {
                let title = title_of(knowledge, &report.id);
                here.act(save(place, *report, title));
            }
        }
        self.answered = Some(editing.title());
        self.editing = None;
        ctx.request_repaint();
    }
}

fn stands(scheduled: &[ScheduledReport], done: &Done, now: UnixMillis) -> Vec<Stand> {
    let stand = |report: &ScheduledReport| {
        let progress = done.of(report);
        Stand {
            next: done.next(report, now),
            made: progress.and_then(|progress| progress.made),
            error: progress.and_then(|progress| progress.error.clone()),
        }
    };
    scheduled.iter().map(stand).collect()
}

/// The title of a report; its id when no pack knows it.
pub(super) fn title_of(knowledge: &Knowledge, id: &str) -> String {
    let found = reports::find(knowledge, id).ok();
    found.map_or_else(|| id.to_owned(), |report| report.short_title().to_owned())
}

enum Wanted {
    Edit,
    Remove,
}

fn schedule_ui(
    ui: &mut egui::Ui,
    report: &ScheduledReport,
    title: &str,
    stand: &Stand,
) -> Option<Wanted> {
    let mut wanted = None;
    ui.horizontal_top(|ui| {
        let room = (ui.available_width() - BUTTONS - theme::tokens().space.large).max(160.0);
        let column = egui::Layout::top_down(egui::Align::Min);
        ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
            ui.set_width(room);
            ui.spacing_mut().item_spacing.y = 2.0;
            let strong = egui::RichText::new(title).text_style(theme::strong());
            ui.add(egui::Label::new(strong).truncate());
            widgets::small(ui, &what(report));
            let (sign, words) = result_words(stand);
            ui.add_space(2.0);
            parts::sign_line(ui, sign, &words);
        });
        parts::buttons_right(ui, |ui| {
            let mut button = |icon, words: &str| {
                let response = ui.add(widgets::Press::quiet(words).icon(icon));
                let verb = words.trim_end_matches('\u{2026}');
                let name = format!("{verb} the schedule of {title}, {}", every_words(report.every));
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                response.clicked()
            };
            if button(icons::TRASH, "Remove") {
                wanted = Some(Wanted::Remove);
            }
            if button(icons::PENCIL, "Edit\u{2026}") {
                wanted = Some(Wanted::Edit);
            }
        });
    });
    wanted
}

/// How often, in words.
pub(super) fn every_words(every: Every) -> &'static str {
    match every {
        Every::Day => "every day",
        Every::Week => "every week",
        Every::Month => "every month",
    }
}

/// “Every week from 06:00 on (Europe/Paris), as PDF, to /srv/audit”.
fn what(report: &ScheduledReport) -> String {
    let every = parts::capitalized(every_words(report.every));
    let at = report.at.strftime("%H:%M");
    let zone = report.zone.as_ref().map(|zone| format!(" ({zone})")).unwrap_or_default();
    let format = saving::title_of(report.format).split(',').next().unwrap_or_default();
    let account = report.account.as_ref().map(|name| format!(", {name} only")).unwrap_or_default();
    format!("{every} from {at} on{zone}, {format}{account}, to {}", report.destination())
}

fn result_words(stand: &Stand) -> (Sign, String) {
    let next = match stand.next {
        Some(next) if next <= UnixMillis::now() => "Due now".to_owned(),
        Some(next) => format!("Next {}", say::when(next)),
        None => String::new(),
    };
    match (&stand.error, stand.made) {
        (Some(error), _) => (Sign::Warn, format!("Not made: {error}. It is tried again")),
        (None, Some(made)) => (Sign::Pass, format!("Made {}. {next}", say::when(made))),
        (None, None) => (Sign::Waiting, next),
    }
}

fn save(place: Option<usize>, report: ScheduledReport, title: String) -> Act {
    Act::new("schedule a report", move |home| {
        let table = report.to_table();
        // As a whole once more: what a person typed may have become wrong meanwhile.
        ScheduledReport::check(&table, &home.config).map_err(|mistakes| {
            let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            Problem::new("The report cannot be scheduled").because(told.join("; "))
        })?;
        match place {
            None => settings::add_report(home, &table)?,
            Some(place) => settings::change_report(home, place, &table)?,
        }
        Ok(Did::said(format!("{title} is made {}", every_words(report.every))))
    })
}

fn remove(place: usize, report: ScheduledReport, title: String) -> Act {
    Act::new("remove a schedule", move |home| {
        let settings = settings::Settings::load(home)?;
        if settings.reports.get(place) != Some(&report) {
            return Err(Problem::new("The schedules changed meanwhile").next("try again"));
        }
        settings::remove_report(home, place)?;
        let back = report.clone();
        let undo = Act::new("schedule a report again", move |home| {
            settings::add_report(home, &back.to_table())?;
            Ok(Did::quietly())
        });
        Ok(Did::said(format!("{title} is no longer made {}", every_words(report.every)))
            .with_undo(undo))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_told_in_a_sentence() {
        let table = "id = \"login-failed\"\nevery = \"week\"\nfolder = \"/srv/audit\"\n\
                     zone = \"Europe/Paris\"\nmail = [\"ada@example.com\"]\naccount = \"Contoso\"";
        let table: toml::Table = table.parse().unwrap();
        let report = ScheduledReport::check(&table, std::path::Path::new("/")).unwrap();
        assert_eq!(
            what(&report),
            "Every week from 06:00 on (Europe/Paris), PDF, Contoso only, to /srv/audit, \
             ada@example.com"
        );
    }

    #[test]
    fn a_failure_comes_before_what_went_well_earlier() {
        let made = Some(UnixMillis::now());
        let stand = Stand { made, error: Some("no room".to_owned()), ..Stand::default() };
        let (sign, words) = result_words(&stand);
        assert_eq!(sign, Sign::Warn);
        assert!(words.contains("no room"));
        assert_eq!(result_words(&Stand { made, ..Stand::default() }).0, Sign::Pass);
        assert_eq!(result_words(&Stand::default()).0, Sign::Waiting);
    }
}
