//! “Accounts”: which Duo accounts are collected, which of their logs and child accounts, how far back.

use std::collections::BTreeMap;
use std::time::Duration;

use eframe::egui;

use super::{rows, write};
use crate::base::Problem;
use crate::base::units::format_span;
use crate::record::LogType;
use crate::settings::{self, Account, AccountKind, RawAccount, Settings};
use crate::status::{FeedState, FeedStatus};
use crate::window::console::here::{Go, Here};
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::wizard::HISTORIES;
use crate::window::worker::{Act, Standing, Wish};

/// The room for the buttons beside an account, in points.
const BUTTONS: f32 = 260.0;

/// From this many accounts on there is a field to find one.
const MANY: usize = 8;

/// Child accounts shown at once.
const CHILDREN: usize = 40;

/// The section's own state.
#[derive(Default)]
pub(super) struct Accounts {
    wanted: String,
    /// The account that is unfolded.
    open: Option<String>,
    wanted_child: String,
    removing: Option<Removing>,
    /// The title of the question that was answered just now.
    answered: Option<String>,
}

/// The question before an account is removed.
struct Removing {
    name: String,
    keep_records: bool,
}

impl Accounts {
    /// Draws the section and its dialog.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) {
        ui.horizontal(|ui| {
            if ui.add(widgets::Press::primary("Add account").icon(icons::PLUS)).clicked() {
                here.go(ui, Go::AddAccount);
            }
            let count = settings.accounts.len() as u64;
            widgets::secondary(ui, &say::counted(count, "account"));
        });
        ui.add_space(theme::tokens().space.medium);
        if settings.accounts.len() >= MANY {
            let spec = FieldSpec {
                label: "Find an account",
                placeholder: "Name, hostname or integration key",
                width: Some(rows::FIELD),
                ..FieldSpec::default()
            };
            widgets::field(ui, &mut self.wanted, &spec);
        }
        let wanted = self.wanted.trim().to_lowercase();
        let mut shown = 0;
        for account in settings.accounts.iter().filter(|account| fits(account, &wanted)) {
            shown += 1;
            self.account_ui(ui, here, account);
            ui.add_space(theme::tokens().space.medium);
        }
        if settings.accounts.is_empty() {
            widgets::secondary(ui, "No account yet. Connect one, and its logs are collected here");
        } else if shown == 0 {
            widgets::secondary(ui, "No account fits");
        }
        self.dialog_ui(ui.ctx(), here.standing, here.wishes);
    }

    fn account_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, account: &Account) {
        let is_open = self.open.as_deref() == Some(account.name.as_str());
        widgets::card(ui, |ui| {
            ui.horizontal_top(|ui| {
                let room = (ui.available_width() - BUTTONS).max(120.0);
                let column = egui::Layout::top_down(egui::Align::Min);
                ui.allocate_ui_with_layout(egui::vec2(room, 0.0), column, |ui| {
                    ui.set_width(room);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let name = egui::RichText::new(&account.name).text_style(theme::strong());
                    ui.add(egui::Label::new(name).truncate());
                    widgets::small(ui, &words(account, here.standing));
                });
                let layout = egui::Layout::right_to_left(egui::Align::Min);
                ui.with_layout(layout, |ui| self.buttons_ui(ui, here, account, is_open));
            });
            if is_open {
                ui.add_space(theme::tokens().space.small);
                widgets::divider(ui);
                ui.add_space(theme::tokens().space.small);
                logs_ui(ui, here, account);
                history_ui(ui, here, account);
                if account.kind == AccountKind::Accounts {
                    self.children_ui(ui, here, account);
                }
            }
        });
    }

    fn buttons_ui(
        &mut self,
        ui: &mut egui::Ui,
        here: &mut Here<'_>,
        account: &Account,
        is_open: bool,
    ) {
        let name = &account.name;
        let remove = widgets::icon_button(ui, icons::TRASH, &format!("Remove {name}"));
        if remove.clicked() {
            self.removing = Some(Removing { name: name.clone(), keep_records: false });
        }
        let edit = widgets::quiet_button(ui, "Edit\u{2026}");
        name_for_readers(&edit, &format!("Edit {name}"));
        if edit.on_hover_text("Name, keys and hostname, validated anew").clicked() {
            here.go(ui, Go::EditAccount(name.clone()));
        }
        let (icon, what) = if is_open {
            (icons::CARET_UP, format!("Fold the logs of {name}"))
        } else {
            (icons::CARET_DOWN, format!("Unfold the logs of {name}"))
        };
        let unfold = ui.add(widgets::Press::quiet("Logs").icon(icon));
        name_for_readers(&unfold, &what);
        if unfold.clicked() {
            self.open = (!is_open).then(|| name.clone());
            self.wanted_child.clear();
        }
    }

    fn children_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, account: &Account) {
        ui.add_space(theme::tokens().space.small);
        widgets::strong(ui, "Child accounts");
        let children = children(account, here.standing);
        if children.is_empty() {
            widgets::small(ui, "They appear here as soon as the collector has asked Duo for them");
            return;
        }
        let taken = children.iter().filter(|child| is_wanted(account, &child.name)).count();
        let all = children.len() as u64;
        let words = format!(
            "{} of {} collected",
            say::number(taken as i64),
            say::counted(all, "child account")
        );
        widgets::small(ui, &words);
        if children.len() >= MANY {
            let spec = FieldSpec {
                label: "Find a child account",
                width: Some(rows::FIELD),
                ..FieldSpec::default()
            };
            widgets::field(ui, &mut self.wanted_child, &spec);
        }
        let wanted = self.wanted_child.trim().to_lowercase();
        let fitting = children.iter().filter(|child| child.name.to_lowercase().contains(&wanted));
        for child in fitting.clone().take(CHILDREN) {
            let mut collected = is_wanted(account, &child.name);
            let help = child.words();
            if widgets::check_row(ui, &mut collected, &child.name, &help).changed() {
                here.act(child_act(&account.name, &child.name, collected));
            }
        }
        let more = fitting.count().saturating_sub(CHILDREN);
        if more > 0 {
            let words =
                format!("and {} more; write part of a name above", say::number(more as i64));
            widgets::small(ui, &words);
        }
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
        let records = say::counted(standing.records_of(&removing.name), "stored record");
        let title = format!("Remove {}?", removing.name);
        widgets::dialog(ctx, &title, &mut open, |ui| {
            ui.label("This is removed from this computer:");
            ui.add_space(4.0);
            ui.label("\u{2022} its settings: name, hostname, logs");
            ui.label("\u{2022} its secret key in the keychain");
            let going = if removing.keep_records {
                format!("Its {records} stay")
            } else {
                format!("\u{2022} its {records}, for good")
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

/// A screen reader hears what a button is about.
pub(super) fn name_for_readers(button: &egui::Response, name: &str) {
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
}

fn fits(account: &Account, wanted: &str) -> bool {
    wanted.is_empty()
        || [&account.name, &account.api_hostname, &account.integration_key]
            .iter()
            .any(|text| text.to_lowercase().contains(wanted))
}

fn words(account: &Account, standing: &Standing) -> String {
    let kind = match account.kind {
        AccountKind::Admin => "",
        AccountKind::Accounts => ", Accounts API",
    };
    format!(
        "{} \u{00b7} {}{kind} \u{00b7} {}, {} back \u{00b7} {}",
        account.api_hostname,
        account.integration_key,
        say::counted(account.log_types.len() as u64, "log"),
        rows::span_words(account.history()),
        say::counted(standing.records_of(&account.name), "record"),
    )
}

fn logs_ui(ui: &mut egui::Ui, here: &mut Here<'_>, account: &Account) {
    widgets::strong(ui, "Logs");
    let half = LogType::ALL.len().div_ceil(2);
    let (left, right) = LogType::ALL.split_at(half);
    let mut changed = None;
    let standing = here.standing;
    let mut column = |ui: &mut egui::Ui, logs: &[LogType]| {
        for log_type in logs {
            let mut wanted = account.log_types.contains(log_type);
            let is_last = wanted && account.log_types.len() == 1;
            let help = log_words(account, standing, *log_type, is_last);
            let row =
                |ui: &mut egui::Ui| widgets::check_row(ui, &mut wanted, log_type.title(), &help);
            if ui.add_enabled_ui(!is_last, row).inner.changed() {
                changed = Some((*log_type, wanted));
            }
        }
    };
    if ui.available_width() < 480.0 {
        column(ui, &LogType::ALL);
    } else {
        ui.columns_const(|[one, other]| {
            column(one, left);
            column(other, right);
        });
    }
    if let Some((log_type, wanted)) = changed {
        let name = account.name.clone();
        let words = match wanted {
            true => format!("{} is collected from {name}", log_type.title()),
            false => {
                format!("{} is no longer collected from {name}; its records stay", log_type.title())
            }
        };
        here.act(account_act(name, words, move |raw| {
            let mut names = raw.log_types.take().unwrap_or_default();
            names.retain(|one| one != log_type.name());
            if wanted {
                names.push(log_type.name().to_owned());
            }
            let in_order = LogType::ALL.map(|log_type| log_type.name().to_owned());
            raw.log_types = Some(in_order.into_iter().filter(|one| names.contains(one)).collect());
        }));
    }
}

/// What there is of a log, over all child accounts.
fn log_words(account: &Account, standing: &Standing, log_type: LogType, is_last: bool) -> String {
    let logs: Vec<&FeedStatus> =
        standing.of(&account.name).filter(|log| log.log_type == log_type).collect();
    let records: u64 = logs.iter().map(|log| log.records).sum();
    let records = say::counted(records, "record");
    if is_last {
        return format!("{records} \u{00b7} at least one log is collected");
    }
    match logs.as_slice() {
        [] => "Nothing yet".to_owned(),
        [one] => format!("{records} \u{00b7} {}", one.state.title()),
        many => format!("{records} \u{00b7} {}", say::counted(many.len() as u64, "child account")),
    }
}

fn history_ui(ui: &mut egui::Ui, here: &mut Here<'_>, account: &Account) {
    ui.add_space(theme::tokens().space.small);
    let now = account.history();
    let own = rows::span_words(now);
    let mut all: Vec<(Duration, &str)> = HISTORIES.to_vec();
    if !all.iter().any(|(span, _)| *span == now) {
        all.push((now, &own));
    }
    let help = "Where a log begins that was never read. What is stored already stays, and is not \
                fetched again";
    if let Some(span) = rows::choice(ui, "How far back", now, &all, help) {
        let words = format!("New logs of {} begin {} back", account.name, rows::span_words(span));
        here.act(account_act(account.name.clone(), words, move |raw| {
            raw.history = Some(format_span(span));
        }));
    }
}

/// A child account, as far as the store or the settings know of it.
struct Child {
    name: String,
    logs: u64,
    records: u64,
    failing: u64,
}

impl Child {
    fn words(&self) -> String {
        if self.logs == 0 {
            return "Nothing stored".to_owned();
        }
        let records = say::counted(self.records, "record");
        let logs = say::counted(self.logs, "log");
        match self.failing {
            0 => format!("{logs} \u{00b7} {records}"),
            failing => {
                format!("{logs}, {} not readable \u{00b7} {records}", say::number(failing as i64))
            }
        }
    }
}

fn children(account: &Account, standing: &Standing) -> Vec<Child> {
    let mut found: BTreeMap<&str, Child> = BTreeMap::new();
    let named = |name: &str| Child { name: name.to_owned(), logs: 0, records: 0, failing: 0 };
    for log in standing.of(&account.name) {
        let child = found.entry(&log.account).or_insert_with(|| named(&log.account));
        child.logs += 1;
        child.records += log.records;
        child.failing += u64::from(matches!(log.state, FeedState::Failing | FeedState::Denied));
    }
    for name in account.include.iter().chain(&account.exclude) {
        found.entry(name).or_insert_with(|| named(name));
    }
    found.into_values().collect()
}

fn is_wanted(account: &Account, child: &str) -> bool {
    let names = |list: &[String]| list.iter().any(|name| is_same(name, child));
    (account.include.is_empty() || names(&account.include)) && !names(&account.exclude)
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn child_act(account: &str, child: &str, collected: bool) -> Act {
    let words = match collected {
        true => format!("{child} is collected"),
        false => format!("{child} is no longer collected; its records stay"),
    };
    let child = child.to_owned();
    account_act(account.to_owned(), words, move |raw| {
        raw.exclude.retain(|name| !is_same(name, &child));
        let is_included = raw.include.iter().any(|name| is_same(name, &child));
        match collected {
            true if !raw.include.is_empty() && !is_included => raw.include.push(child.clone()),
            true => {}
            // With an empty list all are collected, so that the last name must stay in it.
            false if raw.include.len() > 1 => raw.include.retain(|name| !is_same(name, &child)),
            false => raw.exclude.push(child.clone()),
        }
    })
}

/// Changes an account as it stands in the file when the act is done.
fn account_act(
    name: String,
    words: String,
    change: impl Fn(&mut RawAccount) + Send + Sync + 'static,
) -> Act {
    write::change("change an account", words, move |home| {
        let settings = Settings::load(home)?;
        let Some(account) = settings.account(&name) else {
            return Err(Problem::new(format!("There is no account {name} any more")));
        };
        let mut raw = account.to_raw();
        change(&mut raw);
        let changed = raw.check().map_err(|mistakes| {
            let list: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            Problem::new("The account was not changed").because(list.join("; "))
        })?;
        settings::change_account(home, &name, &changed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Home;

    fn home(extra: &str) -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let text = format!(
            "version = 1\n# ours\n[[account]]\nname = \"MSP\"\nintegration_key = \"DIAAAAAAAAAAAAAAAAAA\"\n\
             api_hostname = \"h\"\nkind = \"accounts\" # Accounts API\n{extra}"
        );
        std::fs::write(home.settings_file(), text).unwrap();
        (folder, home)
    }

    fn lists(home: &Home) -> (Vec<String>, Vec<String>) {
        let account = Settings::load(home).unwrap().accounts.remove(0);
        (account.include, account.exclude)
    }

    #[test]
    fn a_child_account_is_left_out_and_taken_back() {
        let (_folder, home) = home("");
        let before = std::fs::read_to_string(home.settings_file()).unwrap();
        let did = child_act("MSP", "One", false).run(&home).unwrap();
        assert_eq!(lists(&home), (vec![], vec!["One".to_owned()]));
        child_act("MSP", "one", true).run(&home).unwrap();
        assert_eq!(lists(&home), (vec![], vec![]));
        child_act("MSP", "One", false).run(&home).unwrap();
        did.undo.unwrap().run(&home).unwrap();
        assert_eq!(std::fs::read_to_string(home.settings_file()).unwrap(), before);
    }

    #[test]
    fn leaving_out_the_last_child_does_not_mean_all() {
        let (_folder, home) = home("include = [\"One\", \"Two\"]\n");
        child_act("MSP", "Two", false).run(&home).unwrap();
        child_act("MSP", "One", false).run(&home).unwrap();
        let settings = Settings::load(&home).unwrap();
        let account = &settings.accounts[0];
        assert!(!is_wanted(account, "One") && !is_wanted(account, "Two"));
        child_act("MSP", "Two", true).run(&home).unwrap();
        let settings = Settings::load(&home).unwrap();
        let account = &settings.accounts[0];
        assert!(!is_wanted(account, "One") && is_wanted(account, "Two"));
        let text = std::fs::read_to_string(home.settings_file()).unwrap();
        assert!(text.contains("# ours") && text.contains("# Accounts API"), "{text}");
    }
}
