//! “Reports”: what can be handed to somebody, and what is made by itself.
//!
//! Promises: what is previewed and saved is the view's range and account; saving shows how far it
//! is, can be cancelled, never takes the place of a file that is there, and says where the file is;
//! a schedule is checked as the settings file would be.

mod editing;
mod list;
mod paper;
mod saving;
mod schedules;
mod table;

use eframe::egui;

use super::Here;
use crate::window::look::{icons, widgets};
use paper::Paper;
use schedules::Schedules;

/// The page's own state.
#[derive(Default)]
pub(super) struct ReportsPage {
    /// The report that is looked at; the list of all without one.
    paper: Option<Paper>,
    schedules: Schedules,
}

impl ReportsPage {
    /// Shows a report.
    pub fn show(&mut self, id: &str) {
        if self.paper.as_ref().is_none_or(|paper| paper.id() != id) {
            self.paper = Some(Paper::new(id));
        }
    }

    /// Draws the page.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let Some(knowledge) = here.knowledge.cloned() else { return };
        let mut wanted = None;
        if let Some(paper) = &mut self.paper {
            let back = widgets::Press::link("All reports").icon(icons::ARROW_LEFT);
            let is_back = ui.add(back).clicked();
            ui.add_space(8.0);
            wanted = paper.ui(ui, here, &knowledge);
            if is_back {
                self.paper = None;
                ui.ctx().request_repaint();
            }
        } else {
            // What was not made needs a person sooner than what could be.
            let is_scheduled =
                here.standing.settings.as_ref().is_ok_and(|settings| !settings.reports.is_empty());
            if is_scheduled {
                self.schedules.ui(ui, here, &knowledge);
                ui.add_space(16.0);
            }
            wanted = list::list_ui(ui, &knowledge).or(wanted);
            if !is_scheduled {
                ui.add_space(16.0);
                self.schedules.ui(ui, here, &knowledge);
            }
        }
        match wanted {
            None => {}
            Some(list::Wanted::Show(id)) => {
                self.show(&id);
                ui.ctx().request_repaint();
            }
            Some(list::Wanted::Schedule(id)) => {
                let account = here.view.account.clone();
                self.schedules.add(&id, account);
            }
        }
        self.schedules.dialog_ui(ui.ctx(), here, &knowledge);
    }
}
