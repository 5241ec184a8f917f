//! “Where do I find these?”: the way through Duo's Admin Panel, step by step.
//!
//! Source: <https://duo.com/docs/adminapi#first-steps>.

use eframe::egui;

use crate::window::look::theme;
use crate::window::look::widgets;
use crate::window::parts;

/// The Duo Admin Panel.
const ADMIN_PANEL: &str = "https://admin.duosecurity.com";

/// The steps; what is to be clicked or ticked stands between asterisks.
const STEPS: [&str; 5] = [
    "Open the Duo Admin Panel as an administrator with the role *Owner*",
    "Go to *Applications* and choose *Protect an Application* (newer panels: *Add application*)",
    "Find *Admin API* in the list and choose *Protect*",
    "Under Scopes tick *Grant read log* and *Grant read information*, then save",
    "Copy *Integration key*, *Secret key* and *API hostname* from the top of the page",
];

/// Draws the dialog while it is open.
pub(super) fn dialog_ui(ctx: &egui::Context, open: &mut bool) {
    let mut close = false;
    widgets::dialog(ctx, "Where do I find these?", open, |ui| {
        parts::dialog_body(ui, 0.0, |ui| {
            for (i, step) in STEPS.iter().enumerate() {
                ui.horizontal_top(|ui| {
                    let number = egui::RichText::new(format!("{}", i + 1));
                    ui.add_sized(
                        [20.0, 20.0],
                        egui::Label::new(
                            number.text_style(theme::strong()).color(theme::of(ui).accent),
                        ),
                    );
                    ui.add(egui::Label::new(emphasized(ui, step)).wrap());
                });
                ui.add_space(6.0);
            }
            ui.add_space(4.0);
            widgets::small(
                ui,
                "Settings and write permissions are not needed. Grant nothing more than the two above: \
             Validate Credential warns when the keys can do more than read.",
            );
            widgets::small(
                ui,
                "All three values can be pasted at once, in any order and with their labels.",
            );
        });
        ui.add_space(8.0);
        parts::buttons_right(ui, |ui| {
            let button = widgets::primary_button(ui, "Done");
            if ui.memory(|memory| memory.focused().is_none()) {
                button.request_focus();
            }
            close |= button.clicked();
            if widgets::quiet_button(ui, "Open the Admin Panel").clicked() {
                ui.ctx().open_url(egui::OpenUrl::new_tab(ADMIN_PANEL));
            }
        });
    });
    *open &= !close;
}

/// The text with what stands between asterisks in semibold.
fn emphasized(ui: &egui::Ui, text: &str) -> egui::text::LayoutJob {
    let color = theme::of(ui).text;
    let mut job = egui::text::LayoutJob::default();
    for (i, part) in text.split('*').enumerate() {
        let style = if i % 2 == 1 { theme::strong() } else { egui::TextStyle::Body };
        let font = style.resolve(ui.style());
        job.append(part, 0.0, egui::TextFormat::simple(font, color));
    }
    job
}
