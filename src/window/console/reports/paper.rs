//! One report: what it is for, saving it, and its first rows.

use eframe::egui;

use super::Here;
use super::list::Wanted;
use super::saving::Saving;
use super::table;
use crate::base::{Problem, UnixMillis};
use crate::knowledge::{Item, Knowledge, Report};
use crate::reports::{self, Format, Preview, Request, Zone};
use crate::window::console::here::View;
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets;
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;

/// So many rows are shown.
const ROWS: usize = 50;

/// A report that is looked at.
pub(super) struct Paper {
    id: String,
    saving: Saving,
    /// By the view and the zone's name; `None` when nothing is stored yet.
    preview: Slot<(View, String), Option<Preview>>,
}

impl Paper {
    /// The report of this id.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), saving: Saving::default(), preview: Slot::default() }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// Draws it.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        here: &mut Here<'_>,
        knowledge: &Knowledge,
    ) -> Option<Wanted> {
        let Some(report) = knowledge.reports().iter().find(|report| report.id == self.id) else {
            let problem = Problem::new("This report is no longer there")
                .because("the pack it was in was changed or removed")
                .next("choose another one");
            parts::problem_banner(ui, &problem);
            return None;
        };
        let wanted = heading_ui(ui, report);
        ui.add_space(16.0);
        self.saving.ui(ui, here, &self.id);
        ui.add_space(16.0);
        self.preview_ui(ui, here);
        wanted
    }

    fn preview_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let zone = self.saving.zone();
        let (id, view) = (self.id.clone(), here.view.clone());
        let key = (view.clone(), zone.name().to_owned());
        let asked = zone.clone();
        self.preview.want(here.desk, key, move |shelf| look(shelf, &id, &view, asked));
        widgets::card(ui, |ui| {
            let (since, until) = here.view.since_until();
            let days = reports::days(since, until, &zone);
            let words = format!("{days}, {}", zone.name_at(until));
            parts::title_and_words(ui, "First rows", &words);
            if let Some(problem) = self.preview.problem() {
                parts::problem_banner(ui, problem);
                ui.add_space(8.0);
            }
            if self.preview.is_slow(ui.ctx()) {
                widgets::progress(ui, None, "Reading\u{2026}");
            }
            let Some(shown) = self.preview.shown() else { return };
            let shown = shown.as_ref().filter(|preview| !preview.rows.is_empty());
            let Some(preview) = shown else {
                widgets::secondary(ui, &nothing(since, until, &zone));
                return;
            };
            widgets::small(ui, &count_words(preview));
            ui.add_space(8.0);
            table::table_ui(ui, preview);
        });
    }
}

fn heading_ui(ui: &mut egui::Ui, report: &Item<Report>) -> Option<Wanted> {
    let mut wanted = None;
    ui.horizontal_top(|ui| {
        let room = (ui.available_width() - 160.0).max(200.0);
        let column = egui::Layout::top_down(egui::Align::Min);
        ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
            ui.set_width(room);
            ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
            widgets::page_title(ui, report.short_title());
            widgets::secondary(ui, &report.reason);
        });
        parts::buttons_right(ui, |ui| {
            let press = widgets::Press::quiet("Schedule\u{2026}").icon(icons::CALENDAR_CHECK);
            if ui.add(press).clicked() {
                wanted = Some(Wanted::Schedule(report.id.clone()));
            }
        });
    });
    wanted
}

fn look(shelf: &mut Shelf, id: &str, view: &View, zone: Zone) -> Result<Option<Preview>, Problem> {
    let knowledge = shelf.knowledge()?;
    let report = reports::find(&knowledge, id)?;
    let ticket = shelf.ticket();
    let Some(reader) = shelf.reader()? else { return Ok(None) };
    let now = UnixMillis::now();
    let (since, until) = view.range.since_until(now);
    let request = Request {
        report,
        account: view.account.clone(),
        since: Some(since),
        until,
        zone,
        format: Format::Html,
        now,
        for_people: true,
        threads: Some(1),
        stop: Some(ticket.unwanted()),
        read: None,
    };
    reports::preview(&request, &knowledge, reader, ROWS).map(Some)
}

/// How many rows there are, as far as that is known before all are read: two records that tell of
/// one act are one row.
fn count_words(preview: &Preview) -> String {
    if preview.is_all {
        return say::counted(preview.rows.len() as u64, "row");
    }
    let shown = preview.rows.len();
    match preview.records {
        Some(records) => {
            format!("The first {shown} of about {}", say::counted(records, "row"))
        }
        None => format!("The first {shown} rows"),
    }
}

fn nothing(since: UnixMillis, until: UnixMillis, zone: &Zone) -> String {
    format!(
        "There are no records for this report from {} to {}. They appear here as soon as they are \
         stored; choose a longer range to see older ones.",
        zone.written(since),
        zone.written(until)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_rows_there_are_is_told_as_far_as_it_is_known() {
        let rows = vec![vec![String::new()]; 50];
        let words = |is_all, records| {
            count_words(&Preview { rows: rows.clone(), is_all, records, ..Preview::default() })
        };
        assert_eq!(words(true, Some(51)), "50 rows");
        assert_eq!(words(false, Some(12_480)), "The first 50 of about 12,480 rows");
        assert_eq!(words(false, None), "The first 50 rows");
    }
}
