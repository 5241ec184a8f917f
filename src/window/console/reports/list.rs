//! All reports, with what each is for.

use eframe::egui;

use crate::knowledge::{Item, Knowledge, Origin, Report};
use crate::window::look::widgets;
use crate::window::look::{icons, theme};
use crate::window::parts;

/// The room for the button beside a report, in points.
const BUTTON: f32 = 128.0;

/// What a person did.
pub(super) enum Wanted {
    /// Look at a report.
    Show(String),
    /// Have it made by itself.
    Schedule(String),
}

/// Draws the list.
pub(super) fn list_ui(ui: &mut egui::Ui, knowledge: &Knowledge) -> Option<Wanted> {
    let mut wanted = None;
    widgets::card(ui, |ui| {
        widgets::card_title(ui, "All reports");
        widgets::small(ui, "Choose one to see its first rows and to save it");
        for report in knowledge.reports().iter().filter(|report| report.enabled) {
            ui.add_space(4.0);
            widgets::divider(ui);
            ui.add_space(4.0);
            wanted = report_ui(ui, report).or(wanted.take());
        }
    });
    wanted
}

fn report_ui(ui: &mut egui::Ui, report: &Item<Report>) -> Option<Wanted> {
    let mut wanted = None;
    ui.horizontal_top(|ui| {
        let gap = theme::tokens().space.large;
        let room = (ui.available_width() - BUTTON - gap).max(160.0);
        let column = egui::Layout::top_down(egui::Align::Min);
        ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
            ui.set_width(room);
            ui.spacing_mut().item_spacing.y = 2.0;
            if widgets::name_link(ui, report.short_title()).clicked() {
                wanted = Some(Wanted::Show(report.id.clone()));
            }
            widgets::small(ui, &report.reason);
            if let Origin::User(pack) = &report.origin {
                widgets::small(ui, &format!("From your pack \u{201c}{pack}\u{201d}"));
            }
        });
        parts::buttons_right(ui, |ui| {
            let press = widgets::Press::quiet("Schedule\u{2026}").icon(icons::CALENDAR_CHECK);
            let button = ui.add(press);
            let name = format!("Schedule {}", report.short_title());
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            if button.clicked() {
                wanted = Some(Wanted::Schedule(report.id.clone()));
            }
        });
    });
    wanted
}
