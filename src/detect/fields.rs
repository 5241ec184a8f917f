//! The fields that rules ask for, and how a record answers.
//!
//! Promises: the fields that every record has a column for (`duo.user`, `duo.result`, …) are
//! answered without taking the record apart; a field is looked up once a record, however many rules
//! ask for it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use foldhash::HashMap;
use jiff::Timestamp;
use rsigma_eval::{Event, EventValue, JsonEvent};
use serde_json::Value;

use super::asked::{Answer, Asked};
use super::hours::WorkingHours;
use crate::base::UnixMillis;
use crate::duo::View;
use crate::record::{Columns, LogType, calling_code, canonical};

/// A field by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(u16);

/// The fields under `duo.` and where their value comes from.
const DERIVED: [(&str, Origin); 15] = [
    ("duo.action", Origin::Action),
    ("duo.address", Origin::Address),
    ("duo.application", Origin::Application),
    ("duo.calling_code", Origin::CallingCode),
    ("duo.country", Origin::Country),
    ("duo.email", Origin::Email),
    ("duo.factor", Origin::Factor),
    ("duo.hour", Origin::Hour),
    ("duo.log_type", Origin::LogType),
    ("duo.reason", Origin::Reason),
    ("duo.result", Origin::Result),
    ("duo.target", Origin::Target),
    ("duo.user", Origin::User),
    ("duo.weekday", Origin::Weekday),
    ("duo.working_hours", Origin::WorkingHours),
];

/// Where a field's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of the five that choose the candidate rules.
    LogType,
    /// See [`Origin::LogType`].
    Action,
    /// See [`Origin::LogType`].
    Result,
    /// See [`Origin::LogType`].
    Reason,
    /// See [`Origin::LogType`].
    Factor,
    /// A column beside the record.
    User,
    /// A column beside the record.
    Target,
    /// A column beside the record.
    Address,
    /// A column beside the record.
    Country,
    /// A column beside the record.
    Application,
    /// The record's time where the people work: the hour.
    Hour,
    /// The record's time where the people work: the day.
    Weekday,
    /// Whether that is within working hours.
    WorkingHours,
    /// The country code of a telephone number.
    CallingCode,
    /// The first of several places where an e-mail address may stand.
    Email,
    /// The record itself; the answer of this number.
    Tree(usize),
}

impl Origin {
    /// Whether it is among the five that choose the candidate rules.
    pub const fn chooses(self) -> bool {
        matches!(self, Self::LogType | Self::Action | Self::Result | Self::Reason | Self::Factor)
    }
}

/// All fields that some rules ask for.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    names: Vec<(Box<str>, Origin)>,
    index: HashMap<Box<str>, FieldId>,
    asked: Asked,
    emails: Vec<usize>,
}

/// Where an e-mail address may stand, the first that is there counts.
const EMAILS: [&str; 4] =
    ["email", "description.email", "surfaced_auth.email", "actor.details.email"];

impl Fields {
    /// The number of a field; a new one when it has none yet.
    pub fn number(&mut self, path: &str) -> FieldId {
        if let Some(id) = self.index.get(path) {
            return *id;
        }
        let derived = DERIVED.iter().find(|(name, _)| *name == path);
        let origin = match derived {
            Some((_, origin)) => *origin,
            None => Origin::Tree(self.asked.number(path)),
        };
        if origin == Origin::Email {
            self.emails = EMAILS.map(|path| self.asked.number(path)).to_vec();
        }
        let id = FieldId(u16::try_from(self.names.len()).unwrap_or(u16::MAX));
        self.names.push((path.into(), origin));
        self.index.insert(path.into(), id);
        id
    }

    /// Where a field's value comes from.
    pub fn origin(&self, field: FieldId) -> Origin {
        self.names.get(usize::from(field.0)).map_or(Origin::LogType, |(_, origin)| *origin)
    }

    /// Reads out of a record what rules ask of it; `None` when only its tree can answer.
    pub fn read(&self, log_type: LogType, raw: &[u8]) -> Option<Vec<Answer>> {
        self.asked.read(raw, log_type == LogType::Activity)
    }

    fn find(&self, path: &str) -> Option<FieldId> {
        self.index.get(path).copied()
    }

    fn name(&self, field: FieldId) -> &str {
        self.names.get(usize::from(field.0)).map_or("", |(name, _)| name)
    }
}

/// The names that may stand under `duo.`.
pub fn derived_names() -> impl Iterator<Item = &'static str> {
    DERIVED.iter().map(|(name, _)| *name)
}

/// What chooses the candidate rules, in one spelling for all logs and versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Choosing {
    /// The log.
    pub log_type: LogType,
    /// The action's code.
    pub action: Option<Box<str>>,
    /// The result's code.
    pub result: Option<Box<str>>,
    /// The reason's code.
    pub reason: Option<Box<str>>,
    /// The factor's code.
    pub factor: Option<Box<str>>,
}

impl Choosing {
    /// Reads the five from a record's columns.
    pub fn of(log_type: LogType, columns: &Columns<'_>) -> Self {
        let own = |text: Cow<'_, str>| Box::from(text.as_ref());
        Self {
            log_type,
            action: columns.action.as_deref().map(canonical::action).map(own),
            result: columns.result.as_deref().map(|text| own(canonical::result(log_type, text))),
            reason: columns.reason.as_deref().map(canonical::reason).map(own),
            factor: columns.factor.as_deref().map(canonical::factor).map(own),
        }
    }

    /// The value of one of the five; `None` when it is not among them.
    pub fn value(&self, origin: Origin) -> Option<Option<EventValue<'_>>> {
        Some(match origin {
            Origin::LogType => Some(EventValue::Str(Cow::Borrowed(self.log_type.name()))),
            Origin::Action => self.action.as_deref().map(borrowed),
            Origin::Result => self.result.as_deref().map(borrowed),
            Origin::Reason => self.reason.as_deref().map(borrowed),
            Origin::Factor => self.factor.as_deref().map(borrowed),
            _ => return None,
        })
    }
}

fn borrowed(text: &str) -> EventValue<'_> {
    EventValue::Str(Cow::Borrowed(text))
}

/// A record that rules look at.
pub struct Looked<'a> {
    fields: &'a Fields,
    hours: &'a WorkingHours,
    time: UnixMillis,
    raw: &'a [u8],
    columns: &'a Columns<'a>,
    choosing: Arc<Choosing>,
    answers: OnceCell<Option<Vec<Answer>>>,
    tree: OnceCell<View>,
}

impl<'a> Looked<'a> {
    /// Starts looking at a record. `answers` may be there already.
    pub fn new(
        fields: &'a Fields,
        hours: &'a WorkingHours,
        time: UnixMillis,
        raw: &'a [u8],
        columns: &'a Columns<'a>,
        choosing: Arc<Choosing>,
        answers: OnceCell<Option<Vec<Answer>>>,
    ) -> Self {
        let tree = OnceCell::new();
        Self { fields, hours, time, raw, columns, choosing, answers, tree }
    }

    /// The record as a tree, taken apart when first asked for.
    pub fn tree(&self) -> &Value {
        self.tree
            .get_or_init(|| View::with_columns(self.choosing.log_type, self.raw, self.columns))
            .tree()
    }

    /// What stands in a field.
    pub fn value(&self, field: FieldId) -> Option<EventValue<'_>> {
        let origin = self.fields.origin(field);
        if let Some(chosen) = self.choosing.value(origin) {
            return chosen;
        }
        match origin {
            Origin::User => self.columns.user.as_deref().map(borrowed),
            Origin::Target => self.columns.target.as_deref().map(borrowed),
            Origin::Address => self.columns.address.as_deref().map(borrowed),
            Origin::Country => self.columns.country.as_deref().map(borrowed),
            Origin::Application => self.columns.application.as_deref().map(borrowed),
            Origin::Hour => self.hours.hour(self.at()?).map(|hour| EventValue::Int(hour.into())),
            Origin::Weekday => Some(borrowed(self.hours.weekday(self.at()?))),
            Origin::WorkingHours => Some(EventValue::Bool(self.hours.is_open(self.at()?))),
            Origin::CallingCode if self.choosing.log_type != LogType::Telephony => None,
            Origin::CallingCode => {
                self.columns.target.as_deref().and_then(calling_code).map(borrowed)
            }
            Origin::Email => match self.answers() {
                Some(answers) => {
                    let mut all = self.fields.emails.iter().filter_map(|at| answers.get(*at));
                    all.find_map(Answer::text).filter(|text| !text.is_empty()).map(borrowed)
                }
                None => in_tree(self.tree(), self.fields.name(field)),
            },
            Origin::Tree(number) => match self.answers() {
                Some(answers) => answers.get(number).and_then(Answer::value),
                None => in_tree(self.tree(), self.fields.name(field)),
            },
            _ => None,
        }
    }

    /// What rules ask of the record; `None` when only its tree can answer.
    fn answers(&self) -> Option<&[Answer]> {
        let read = || self.fields.read(self.choosing.log_type, self.raw);
        self.answers.get_or_init(read).as_deref()
    }

    /// The text in a field, to group by; `None` for nothing and for an empty text.
    pub fn text(&self, field: FieldId) -> Option<Cow<'_, str>> {
        let text = match self.value(field)? {
            EventValue::Str(text) => text,
            EventValue::Array(list) => Cow::Owned(list.first()?.as_str()?.into_owned()),
            other => Cow::Owned(other.as_str()?.into_owned()),
        };
        (!text.is_empty()).then_some(text)
    }

    /// Who did it and whom it was done to.
    pub fn who(&self) -> (Option<&str>, Option<&str>) {
        (self.columns.user.as_deref(), self.columns.target.as_deref())
    }

    /// What chooses the candidate rules.
    pub fn choosing(&self) -> &Choosing {
        &self.choosing
    }

    fn at(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.time.0).ok()
    }
}

fn in_tree<'t>(tree: &'t Value, path: &str) -> Option<EventValue<'t>> {
    let mut found = Vec::new();
    collect(tree, path, &mut found);
    match found.len() {
        0 | 1 => found.pop(),
        _ => Some(EventValue::Array(found)),
    }
}

/// What stands at a path, in every element of the lists it crosses.
fn collect<'t>(tree: &'t Value, path: &str, found: &mut Vec<EventValue<'t>>) {
    match tree {
        Value::Object(map) => {
            // A name may itself hold a dot.
            if let Some(value) = map.get(path) {
                found.push(EventValue::from(value));
                return;
            }
            if let Some((first, rest)) = path.split_once('.')
                && let Some(inside) = map.get(first)
            {
                collect(inside, rest, found);
            }
        }
        Value::Array(list) => {
            for element in list {
                collect(element, path, found);
            }
        }
        _ => {}
    }
}

impl Event for Looked<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        match self.fields.find(path) {
            Some(field) => self.value(field),
            None => in_tree(self.tree(), path),
        }
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        JsonEvent::borrow(self.tree()).any_string_value(pred)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut values = Vec::new();
        collect_texts(self.tree(), &mut values);
        values
    }

    fn to_json(&self) -> Value {
        self.tree().clone()
    }
}

fn collect_texts<'t>(tree: &'t Value, texts: &mut Vec<Cow<'t, str>>) {
    match tree {
        Value::String(text) => texts.push(Cow::Borrowed(text)),
        Value::Array(list) => list.iter().for_each(|element| collect_texts(element, texts)),
        Value::Object(map) => map.values().for_each(|value| collect_texts(value, texts)),
        _ => {}
    }
}
