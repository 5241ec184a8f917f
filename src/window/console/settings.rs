//! “Settings”: accounts, what happens besides collecting, and about.

use eframe::egui;

use super::{Go, Here};
use crate::base::Home;
use crate::base::words::{number, span};
use crate::settings::{Account, AccountKind, NoDataAlarm, Settings};
use crate::window::look::widgets;
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::worker::{Standing, Wish};

/// The room for the two buttons beside an account, in points.
const ACCOUNT_BUTTONS: f32 = 180.0;

/// The page's own state.
pub(super) struct SettingsPage {
    home: Home,
    removing: Option<Removing>,
    /// The title of the question that was answered just now.
    answered: Option<String>,
}

/// The question before an account is removed.
struct Removing {
    name: String,
    keep_records: bool,
}

impl SettingsPage {
    pub fn new(home: Home) -> Self {
        Self { home, removing: None, answered: None }
    }

    /// Draws the page and its dialog.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let (standing, mut ask) = (here.standing, None);
        let settings = match &standing.settings {
            Ok(settings) => settings,
            Err(problem) => {
                parts::problem_banner(ui, problem);
                return;
            }
        };
        widgets::card(ui, |ui| {
            widgets::card_title(ui, "Accounts");
            ui.add_space(4.0);
            for account in &settings.accounts {
                ask = self.account_ui(ui, account, standing).or(ask.take());
            }
            ui.add_space(8.0);
            if ui.add(widgets::Press::primary("Add account").icon(icons::PLUS)).clicked() {
                ask = Some(Go::AddAccount);
            }
        });
        ui.add_space(16.0);
        widgets::card(ui, |ui| {
            widgets::card_title(ui, "Besides collecting");
            besides_ui(ui, settings, standing, here.wishes);
        });
        ui.add_space(16.0);
        widgets::card(ui, |ui| {
            widgets::card_title(ui, "About");
            about_ui(ui, &self.home);
        });
        self.dialog_ui(ui.ctx(), standing, here.wishes);
        if let Some(go) = ask {
            here.go(ui, go);
        }
    }

    fn account_ui(
        &mut self,
        ui: &mut egui::Ui,
        account: &Account,
        standing: &Standing,
    ) -> Option<Go> {
        let mut ask = None;
        ui.horizontal_top(|ui| {
            let room = (ui.available_width() - ACCOUNT_BUTTONS).max(160.0);
            let column = egui::Layout::top_down(egui::Align::Min);
            ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
                ui.set_width(room);
                ui.spacing_mut().item_spacing.y = 2.0;
                let name = egui::RichText::new(&account.name).text_style(theme::strong());
                ui.add(egui::Label::new(name).truncate());
                let kind = match account.kind {
                    AccountKind::Admin => "",
                    AccountKind::Accounts => ", Accounts API",
                };
                let words = format!(
                    "{} \u{00b7} {}{kind} \u{00b7} {} logs, {} back \u{00b7} {} records",
                    account.api_hostname,
                    account.integration_key,
                    account.log_types.len(),
                    span(account.history()),
                    number(standing.records_of(&account.name)),
                );
                widgets::small(ui, &words);
            });
            let edit = widgets::quiet_button(ui, "Edit\u{2026}");
            name_for_readers(&edit, &format!("Edit {}", account.name));
            if edit.clicked() {
                ask = Some(Go::EditAccount(account.name.clone()));
            }
            let remove = widgets::quiet_button(ui, "Remove\u{2026}");
            name_for_readers(&remove, &format!("Remove {}", account.name));
            if remove.clicked() {
                let name = account.name.clone();
                self.removing = Some(Removing { name, keep_records: false });
            }
        });
        ui.add_space(8.0);
        ask
    }

    fn dialog_ui(&mut self, ctx: &egui::Context, standing: &Standing, wishes: &mut Vec<Wish>) {
        let Some(removing) = &mut self.removing else {
            // The focus goes back to where it was.
            if let Some(title) = self.answered.take() {
                widgets::dialog(ctx, &title, &mut false, |_| {});
            }
            return;
        };
        let mut done = false;
        let mut open = true;
        let records = standing.records_of(&removing.name);
        let title = format!("Remove {}?", removing.name);
        widgets::dialog(ctx, &title, &mut open, |ui| {
            ui.label("This is removed from this computer:");
            ui.add_space(4.0);
            ui.label("\u{2022} its settings: name, hostname, logs");
            ui.label("\u{2022} its secret key in the keychain");
            let going = if removing.keep_records {
                format!("Its {} stored records stay", number(records))
            } else {
                format!("\u{2022} its {} stored records, for good", number(records))
            };
            ui.label(going);
            ui.add_space(8.0);
            widgets::small(
                ui,
                "Nothing changes at Duo. The application there can be deleted by hand.",
            );
            ui.add_space(8.0);
            widgets::check_row(ui, &mut removing.keep_records, "Keep the stored records", "");
            ui.add_space(12.0);
            parts::buttons_right(ui, |ui| {
                if widgets::danger_button(ui, "Remove").clicked() {
                    wishes.push(Wish::Remove {
                        name: removing.name.clone(),
                        keep_records: removing.keep_records,
                    });
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
            self.answered = Some(title);
        }
    }
}

/// A screen reader hears which account a button is about.
fn name_for_readers(button: &egui::Response, name: &str) {
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
}

fn besides_ui(ui: &mut egui::Ui, settings: &Settings, standing: &Standing, wishes: &mut Vec<Wish>) {
    let mut at_login = standing.start_at_login;
    if widgets::switch_row(
        ui,
        &mut at_login,
        "Start at login",
        "Collecting goes on after a restart, without a window",
    )
    .changed()
    {
        wishes.push(Wish::StartAtLogin(at_login));
    }
    let mut notifications = settings.notifications.desktop;
    if widgets::switch_row(
        ui,
        &mut notifications,
        "Desktop notifications",
        "One message when something needs you, and one when it is well again",
    )
    .changed()
    {
        wishes.push(Wish::Notifications(notifications));
    }
    let mut alarm = settings.no_data_alarm.enabled;
    let after = span(settings.no_data_alarm.after);
    if widgets::switch_row(
        ui,
        &mut alarm,
        "Tell me when nothing arrives",
        &format!("After {after} of silence in a log that used to have records"),
    )
    .changed()
    {
        let after = settings.no_data_alarm.after;
        wishes.push(Wish::Alarm(NoDataAlarm { enabled: alarm, after }));
    }
}

fn about_ui(ui: &mut egui::Ui, home: &Home) {
    ui.label(format!("Duo Security Integrator {}", env!("CARGO_PKG_VERSION")));
    widgets::small(
        ui,
        "An independent program that works with Duo. It is not made, endorsed or supported by \
         Cisco or Duo Security.",
    );
    ui.add_space(4.0);
    for (what, path) in [
        ("Settings", home.settings_file()),
        ("Records", home.store_file()),
        ("Log", home.log_dir()),
    ] {
        ui.horizontal(|ui| {
            let size = egui::vec2(64.0, ui.spacing().interact_size.y);
            let left = egui::Layout::left_to_right(egui::Align::Center);
            ui.allocate_ui_with_layout(size, left, |ui| {
                ui.set_width(size.x);
                ui.label(what);
            });
            let path = egui::RichText::new(path.display().to_string()).monospace();
            ui.add(egui::Label::new(path).truncate().selectable(true));
        });
    }
}
