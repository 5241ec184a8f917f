//! The records behind an alert: the essentials of each, in words.

use eframe::egui::{self, Rect, RichText, Ui, pos2, vec2};

use super::parts::{self, At};
use crate::base::UnixMillis;
use crate::dashboards::names;
use crate::duo::logs::understand;
use crate::knowledge::{GroupBy, Knowledge};
use crate::store::{KeptRecord, Kind, Place};
use crate::window::look::theme;
use crate::window::look::widgets::{self, Sign};
use crate::window::say;

/// What matters of a record, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Essential {
    /// Where it is stored.
    pub place: Option<Place>,
    /// When it happened.
    pub time: UnixMillis,
    /// Which log.
    pub log: &'static str,
    /// Whom it is about.
    pub user: String,
    /// What was done.
    pub action: String,
    /// How it ended: the code and the words.
    pub result: (String, String),
    /// Why it ended so.
    pub reason: String,
    /// Where it came from.
    pub address: String,
    /// The country of that.
    pub country: String,
    /// What it was done to or with.
    pub target: String,
    /// The application.
    pub application: String,
    /// Retention took the record.
    pub is_gone: bool,
}

impl Essential {
    /// Reads a record that an alert keeps.
    pub fn of(kept: &KeptRecord, knowledge: &Knowledge) -> Self {
        let log_type = kept.log_type;
        let bare = Self {
            place: Some(kept.place),
            time: kept.time,
            log: log_type.title(),
            ..Self::default()
        };
        let Some(raw) = &kept.raw else {
            return Self { action: "No longer stored".to_owned(), is_gone: true, ..bare };
        };
        let columns = understand(log_type, raw).columns;
        let text = |text: &Option<std::borrow::Cow<'_, str>>| {
            text.as_deref().unwrap_or_default().to_owned()
        };
        let kind = Kind {
            account: String::new(),
            log_type,
            categories: 0,
            action: text(&columns.action),
            result: text(&columns.result),
        };
        let words = |by, value: &str| match value {
            "" => String::new(),
            value => names::of_field(by, log_type, value).words(knowledge),
        };
        let or_nothing = |code: names::Code| match code.code.as_str() {
            "" => String::new(),
            _ => code.words(knowledge),
        };
        let result = names::result(&kind);
        Self {
            user: text(&columns.user),
            action: or_nothing(names::action(&kind)),
            result: (result.code.clone(), or_nothing(result)),
            reason: words(GroupBy::Reason, &text(&columns.reason)),
            address: text(&columns.address),
            country: text(&columns.country),
            target: text(&columns.target),
            application: text(&columns.application),
            ..bare
        }
    }

    /// What it was done to: the target, else the application.
    fn object(&self) -> &str {
        if self.target.is_empty() { &self.application } else { &self.target }
    }

    fn place(&self) -> String {
        let parts = [self.address.as_str(), self.country.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    }
}

/// The sign of a result.
fn sign_of(code: &str) -> Option<Sign> {
    Some(match code {
        "success" | "sent" | "allow" => Sign::Pass,
        "denied" | "deny" | "failure" | "failed" => Sign::Warn,
        "fraud" | "error" => Sign::Fail,
        _ => return None,
    })
}

/// The value that all of these have, if they have just one.
pub(super) fn common<'r>(
    records: &'r [Essential],
    value: impl Fn(&'r Essential) -> &'r str,
) -> Option<&'r str> {
    let mut values = records.iter().map(value).filter(|value| !value.is_empty());
    let first = values.next()?;
    values.all(|other| other == first).then_some(first)
}

/// The table's columns; the last ones are left out where there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Time,
    User,
    Action,
    Result,
    Reason,
    Object,
    Place,
}

impl Column {
    const fn title(self) -> &'static str {
        match self {
            Self::Time => "Time",
            Self::User => "User",
            Self::Action => "What happened",
            Self::Result => "Result",
            Self::Reason => "Reason",
            Self::Object => "Of what",
            Self::Place => "From where",
        }
    }

    const fn share(self) -> f32 {
        match self {
            Self::User | Self::Action | Self::Place => 1.5,
            Self::Time | Self::Result => 1.0,
            Self::Reason | Self::Object => 1.4,
        }
    }

    fn has(self, records: &[Essential]) -> bool {
        let any = |value: fn(&Essential) -> &str| records.iter().any(|one| !value(one).is_empty());
        match self {
            Self::Time | Self::Action => true,
            Self::User => any(|one| &one.user),
            Self::Result => any(|one| &one.result.1),
            Self::Reason => any(|one| &one.reason),
            Self::Object => any(Essential::object),
            Self::Place => any(|one| &one.address) || any(|one| &one.country),
        }
    }
}

/// The columns that have something to show, as many as fit.
fn columns(records: &[Essential], room: f32) -> Vec<Column> {
    use Column::{Action, Object, Place, Reason, Result, Time, User};
    let most = if room < 620.0 {
        4
    } else if room < 780.0 {
        5
    } else {
        7
    };
    // In the order in which they matter.
    let mut kept: Vec<Column> = [Time, User, Action, Result, Place, Object, Reason]
        .into_iter()
        .filter(|column| column.has(records))
        .take(most)
        .collect();
    let order = [Time, User, Action, Result, Reason, Object, Place];
    kept.sort_by_key(|column| order.iter().position(|other| other == column));
    kept
}

/// How high a row is, and how wide a time.
const ROW: f32 = 32.0;
const TIME: f32 = 124.0;

/// Draws the table; gives the record that was clicked.
pub(super) fn table_ui(ui: &mut Ui, records: &[Essential]) -> Option<usize> {
    let room = ui.available_width();
    let columns = columns(records, room);
    let gap = theme::tokens().space.medium;
    let flexible = || columns.iter().filter(|column| **column != Column::Time);
    let all: f32 = flexible().map(|column| column.share()).sum();
    let free = room - TIME - gap * columns.len().saturating_sub(1) as f32;
    let c = theme::of(ui);
    let mut clicked = None;
    let old = ui.spacing().item_spacing;
    ui.spacing_mut().item_spacing.y = 0.0;
    let cells = |rect: Rect, draw: &mut dyn FnMut(Column, Rect)| {
        let mut left = rect.left();
        for column in &columns {
            let width = match column {
                Column::Time => TIME,
                column => free * column.share() / all.max(1.0),
            };
            let from = pos2(left, rect.top());
            draw(*column, Rect::from_min_size(from, vec2(width, rect.height())));
            left += width + gap;
        }
    };
    let (_, head) = ui.allocate_space(vec2(room, 24.0));
    cells(head, &mut |column, rect| {
        let title = RichText::new(column.title()).small().color(c.secondary);
        parts::cell(ui, rect, title, At::Left);
    });
    for (place, record) in records.iter().enumerate() {
        let (_, rect) = ui.allocate_space(vec2(room, ROW));
        let hairline = egui::Stroke::new(theme::tokens().size.hairline, c.border);
        ui.painter().hline(rect.x_range(), rect.top(), hairline);
        let response =
            parts::row(ui, ui.scope_id().with(("record", place)), rect, &spoken(place, record));
        let mut cut = Vec::new();
        cells(rect, &mut |column, rect| {
            if let Some(text) = value_ui(ui, rect, column, record) {
                cut.push(text);
            }
        });
        if response.clicked() {
            clicked = Some(place);
        }
        response.on_hover_ui(|ui| {
            widgets::small(ui, &say::exact(record.time));
            for text in &cut {
                widgets::body(ui, text.as_str());
            }
        });
    }
    ui.spacing_mut().item_spacing = old;
    clicked
}

/// Draws a value; gives its text when it was cut.
fn value_ui(ui: &Ui, rect: Rect, column: Column, record: &Essential) -> Option<String> {
    let c = theme::of(ui);
    let ink = if record.is_gone { c.secondary } else { c.text };
    let (text, color) = match column {
        Column::Time => (say::when(record.time), c.secondary),
        Column::User => (record.user.clone(), ink),
        Column::Action => (record.action.clone(), ink),
        Column::Reason => (record.reason.clone(), ink),
        Column::Object => (record.object().to_owned(), ink),
        Column::Place => (record.place(), ink),
        Column::Result => {
            let mut rest = rect;
            if let Some(sign) = sign_of(&record.result.0) {
                let side = 14.0;
                let at = Rect::from_center_size(
                    pos2(rect.left() + side / 2.0, rect.center().y),
                    egui::Vec2::splat(side),
                );
                widgets::sign_at(ui, at, sign);
                rest.min.x += side + 6.0;
            }
            let words = RichText::new(&record.result.1).color(ink);
            return parts::cell(ui, rest, words, At::Left).then(|| record.result.1.clone());
        }
    };
    let cut = parts::cell(ui, rect, RichText::new(&text).color(color), At::Left);
    cut.then_some(text)
}

/// What a screen reader says of a record.
fn spoken(place: usize, record: &Essential) -> String {
    let place_words = record.place();
    let words = [
        say::when(record.time),
        record.user.clone(),
        record.action.clone(),
        record.result.1.clone(),
        record.reason.clone(),
        record.object().to_owned(),
        place_words,
    ];
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    format!("Record {}: {}", place + 1, words.join(", "))
}

/// Of one log only, for what is said about the table.
pub(super) fn logs(records: &[Essential]) -> Vec<&'static str> {
    let mut logs: Vec<&'static str> = Vec::new();
    for record in records {
        if !logs.contains(&record.log) {
            logs.push(record.log);
        }
    }
    logs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LogType;

    fn kept(log_type: LogType, raw: &str) -> KeptRecord {
        KeptRecord {
            place: Place::before(UnixMillis(0)),
            log_type,
            time: UnixMillis(1),
            name: "a".to_owned(),
            raw: (!raw.is_empty()).then(|| raw.as_bytes().to_vec()),
        }
    }

    #[test]
    fn a_record_is_told_in_words() {
        let knowledge = Knowledge::embedded().unwrap();
        let raw = r#"{"txid":"t","timestamp":1,"event_type":"authentication","result":"fraud","reason":"user_marked_fraud","factor":"duo_push","user":{"name":"ada"},"application":{"name":"VPN"},"access_device":{"ip":"192.0.2.7","location":{"country":"Chile"}}}"#;
        let told = Essential::of(&kept(LogType::Authentication, raw), &knowledge);
        assert_eq!((told.user.as_str(), told.object()), ("ada", "VPN"));
        assert_eq!(told.place(), "192.0.2.7, Chile");
        assert_eq!(told.result.0, "fraud");
        assert_eq!(sign_of(&told.result.0), Some(Sign::Fail));
        assert_eq!(
            Some(told.reason.as_str()),
            knowledge.labels().get("reason", "user_marked_fraud")
        );
    }

    #[test]
    fn a_record_that_retention_took_says_so_and_bytes_that_are_no_record_do_no_harm() {
        let knowledge = Knowledge::embedded().unwrap();
        let gone = Essential::of(&kept(LogType::Activity, ""), &knowledge);
        assert!(gone.is_gone && gone.action == "No longer stored");
        let odd = Essential::of(&kept(LogType::Activity, "not json"), &knowledge);
        assert_eq!((odd.user.as_str(), odd.result.1.as_str()), ("", ""));
    }

    #[test]
    fn what_all_have_in_common_is_found() {
        let one = |user: &str| Essential { user: user.to_owned(), ..Essential::default() };
        assert_eq!(common(&[one("ada"), one(""), one("ada")], |one| &one.user), Some("ada"));
        assert_eq!(common(&[one("ada"), one("bob")], |one| &one.user), None);
        assert_eq!(common(&[one("")], |one| &one.user), None);
    }

    #[test]
    fn columns_without_values_are_left_out_and_narrow_tables_have_fewer() {
        let record = Essential {
            user: "ada".to_owned(),
            address: "192.0.2.1".to_owned(),
            result: ("success".to_owned(), "Success".to_owned()),
            ..Essential::default()
        };
        use Column::{Action, Place, Result, Time, User};
        assert_eq!(
            columns(std::slice::from_ref(&record), 900.0),
            [Time, User, Action, Result, Place]
        );
        assert_eq!(columns(&[record], 600.0), [Time, User, Action, Result]);
    }
}
