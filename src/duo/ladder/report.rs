//! The findings of a validation; its JSON is the output of `account validate --json`.

use serde::{Serialize, Serializer};

use crate::duo::failure::Failure;
use crate::record::LogType;

/// What a validation found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The account's name.
    pub account: String,
    /// Whether collection can work: credentials accepted and at least one log readable.
    pub ok: bool,
    /// The checks, in the order of [`CheckId::ALL`].
    pub checks: Vec<Check>,
    /// Each selected log.
    pub log_types: Vec<LogTypeReport>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which check.
    pub id: CheckId,
    /// How it ended.
    pub state: State,
    /// Duo's code, if it gave one.
    pub code: Option<u32>,
    /// What was found.
    pub detail: String,
    /// What to do, if anything.
    pub next: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Pass,
    /// It works, but a person should look.
    Warn,
    /// It does not work.
    Fail,
    /// Not tried, or it could not be told.
    Skipped,
}

/// The checks, in the order they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckId {
    /// The form of keys and hostname.
    Format,
    /// Something answers at the hostname.
    Reach,
    /// The connection is secure.
    Tls,
    /// This computer's clock against Duo's.
    Clock,
    /// Duo accepts the keys.
    Credentials,
    /// Account information can be read.
    ReadInformation,
    /// Logs can be read.
    ReadLog,
    /// The keys can do no more than needed.
    Excess,
}

impl CheckId {
    /// All of them, in the order they are made.
    pub const ALL: [Self; 8] = [
        Self::Format,
        Self::Reach,
        Self::Tls,
        Self::Clock,
        Self::Credentials,
        Self::ReadInformation,
        Self::ReadLog,
        Self::Excess,
    ];

    /// The fixed name, as in the JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Reach => "reach",
            Self::Tls => "tls",
            Self::Clock => "clock",
            Self::Credentials => "credentials",
            Self::ReadInformation => "permission.read_information",
            Self::ReadLog => "permission.read_log",
            Self::Excess => "permission.excess",
        }
    }

    /// The name as a person reads it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Format => "Keys and hostname",
            Self::Reach => "Reachability",
            Self::Tls => "TLS",
            Self::Clock => "Clock",
            Self::Credentials => "Credentials",
            Self::ReadInformation => "Read information",
            Self::ReadLog => "Read logs",
            Self::Excess => "Excess permissions",
        }
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Whether one log can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogTypeReport {
    /// Which log.
    pub log_type: LogType,
    /// Whether it can be read.
    pub available: bool,
    /// Duo's code, if it gave one.
    pub code: Option<u32>,
    /// What was found.
    pub detail: String,
    /// Whether a permission is the reason.
    #[serde(skip)]
    pub denied: bool,
}

impl Report {
    pub(super) fn new(account: &str) -> Self {
        Self { account: account.to_owned(), ok: false, checks: Vec::new(), log_types: Vec::new() }
    }

    /// The check of this id, if it was made.
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// Adds a check, or puts it in the place of the one made before.
    pub(super) fn add(&mut self, check: Check, observe: &mut impl FnMut(&Check)) {
        observe(&check);
        match self.checks.iter_mut().find(|before| before.id == check.id) {
            Some(before) => *before = check,
            None => self.checks.push(check),
        }
    }

    pub(super) fn conclude(&mut self) {
        let is_accepted =
            self.check(CheckId::Credentials).is_some_and(|check| check.state == State::Pass);
        self.ok = is_accepted && self.log_types.iter().any(|log| log.available);
        self.checks.sort_by_key(|check| CheckId::ALL.iter().position(|id| *id == check.id));
    }
}

impl Check {
    /// Duo's code, unless the sentence names it already, as most do.
    pub fn untold_code(&self) -> Option<String> {
        let code = self.code?.to_string();
        (!self.detail.contains(&code)).then_some(code)
    }

    fn new(id: CheckId, state: State, code: Option<u32>, detail: impl Into<String>) -> Self {
        Self { id, state, code, detail: detail.into(), next: None }
    }

    pub(super) fn pass(id: CheckId, code: Option<u32>, detail: impl Into<String>) -> Self {
        Self::new(id, State::Pass, code, detail)
    }

    pub(super) fn warn(
        id: CheckId,
        code: Option<u32>,
        detail: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { next: Some(next.into()), ..Self::new(id, State::Warn, code, detail) }
    }

    pub(super) fn fail(
        id: CheckId,
        code: Option<u32>,
        detail: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { next: Some(next.into()), ..Self::new(id, State::Fail, code, detail) }
    }

    pub(super) fn skipped(id: CheckId, why: impl Into<String>) -> Self {
        Self::new(id, State::Skipped, None, why)
    }

    /// A check that failed because a request did.
    pub(super) fn failed(id: CheckId, failure: &Failure) -> Self {
        let problem = failure.problem();
        let detail = match problem.because {
            Some(because) => format!("{}: {because}", problem.what),
            None => problem.what,
        };
        Self { next: problem.next, ..Self::new(id, State::Fail, failure.code, detail) }
    }
}
