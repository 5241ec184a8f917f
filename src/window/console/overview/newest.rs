//! The newest records, in words.

use eframe::egui::Ui;

use super::row::{self, Entry};
use crate::base::Problem;
use crate::knowledge::Knowledge;
use crate::store::{Direction, Row, Wanted};
use crate::window::console::{Filter, Go, Here};
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Sign};
use crate::window::parts;

/// So many have a line.
const SHOWN: usize = 6;

type Key = (u64, Option<String>);

/// The card's own state.
#[derive(Default)]
pub(super) struct Newest {
    slot: Slot<Key, Vec<Row>>,
}

impl Newest {
    /// Draws the card.
    pub fn ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) {
        let account = here.view.account.clone();
        let key = (here.view.fresh, account.clone());
        self.slot.want(here.desk, key, move |shelf| find(shelf, account));
        let is_slow = self.slot.is_slow(ui.ctx());
        let problem = self.slot.problem().cloned();
        let has_accounts = here.view.account.is_none() && here.standing.has_several();
        let knowledge = here.knowledge;
        let mut go = None;
        widgets::card(ui, |ui| {
            widgets::card_title(ui, "Newest records");
            let Some(rows) = self.slot.shown() else {
                row::arriving_ui(ui, is_slow, problem.as_ref());
                return;
            };
            ui.add_space(4.0);
            if rows.is_empty() {
                widgets::secondary(ui, "They appear here as soon as the first page is stored.");
            }
            for record in rows {
                let entry = entry(record, knowledge.map(AsRef::as_ref), has_accounts);
                if row::ui(ui, &entry).clicked() {
                    go = Some(Go::Record(Box::new(around(record)), record.place));
                }
            }
            if !rows.is_empty() {
                ui.add_space(4.0);
                if widgets::link_button(ui, "Show all records").clicked() {
                    go = Some(Go::Events(Box::default()));
                }
            }
            if let Some(problem) = &problem {
                parts::problem_banner(ui, problem);
            }
        });
        if let Some(go) = go {
            here.go(ui, go);
        }
    }
}

fn find(shelf: &mut Shelf, account: Option<String>) -> Result<Vec<Row>, Problem> {
    let Some(reader) = shelf.reader()? else { return Ok(Vec::new()) };
    let wanted = Wanted { account, ..Wanted::default() };
    let page =
        reader.page(&wanted, None, Direction::Older, SHOWN).map_err(|error| error.problem)?;
    Ok(page.rows)
}

/// The records of its user in its log.
fn around(record: &Row) -> Filter {
    let user = record.user.iter().map(|user| user.to_string()).collect();
    Filter { log_types: vec![record.log_type], user, ..Filter::default() }
}

fn entry(record: &Row, knowledge: Option<&Knowledge>, has_accounts: bool) -> Entry {
    let words = |table: &str, code: &Option<std::sync::Arc<str>>| {
        let code = code.as_deref()?;
        Some(knowledge.map_or(code, |all| all.labels().or_code(table, code)).to_owned())
    };
    let log = record.log_type.title().to_owned();
    let mut about = Vec::new();
    about.extend(words("action", &record.action));
    about.extend(words("result", &record.result));
    about.extend(record.application.as_deref().map(str::to_owned));
    if record.application.is_none() {
        about.extend(record.target.as_deref().map(str::to_owned));
    }
    about.extend(record.country.as_deref().map(str::to_owned));
    if has_accounts {
        about.push(record.account.to_string());
    }
    // A name by itself: it may be written from right to left.
    let title = record.user.as_deref().map_or_else(|| log.clone(), str::to_owned);
    Entry {
        sign: sign_of(record),
        kind: log,
        title,
        about: about.join(" \u{00b7} "),
        at: record.time,
    }
}

/// The shape for how it ended; none where that is nothing to judge.
fn sign_of(record: &Row) -> Option<Sign> {
    match record.result.as_deref()?.to_ascii_lowercase().as_str() {
        "success" => Some(Sign::Pass),
        "denied" | "deny" | "failure" | "failed" => Some(Sign::Warn),
        "fraud" | "error" => Some(Sign::Fail),
        _ => None,
    }
}
