//! One organization as Duo knows it: its application, what that may do, and its logs.

use std::collections::BTreeMap;

use super::records::Log;
use crate::base::UnixMillis;
use crate::record::LogType;

/// What an organization's application in Duo is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Admin API application.
    Admin,
    /// An Accounts API application; names the child accounts it may read.
    Accounts(Vec<String>),
    /// An Auth API application: not what a collector needs.
    AuthApi,
}

/// The boxes ticked for an Admin API application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Grant read log.
    pub read_log: bool,
    /// Grant read information.
    pub read_information: bool,
    /// Grant settings.
    pub settings: bool,
    /// Grant read resource.
    pub read_resource: bool,
    /// Grant write resource.
    pub write_resource: bool,
}

impl Permissions {
    /// What collecting needs, and nothing else.
    pub const COLLECTING: Self = Self {
        read_log: true,
        read_information: true,
        settings: false,
        read_resource: false,
        write_resource: false,
    };
}

/// Whether an organization has a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    /// It answers.
    #[default]
    Available,
    /// 403: the plan lacks it.
    Forbidden,
    /// 404: it is no longer served.
    Retired,
}

/// One organization with its application and its records.
#[derive(Debug)]
pub struct Organisation {
    /// Its name, as an Accounts API parent sees it.
    pub name: String,
    /// The integration key of its application.
    pub integration_key: String,
    /// The secret key of its application.
    pub secret_key: String,
    /// Its account, "DA…".
    pub account_id: String,
    /// What its application is.
    pub kind: Kind,
    /// What its application may do.
    pub permissions: Permissions,
    /// Its users, each one JSON object.
    pub users: Vec<Box<str>>,
    availability: BTreeMap<LogType, Availability>,
    logs: BTreeMap<LogType, Log>,
}

impl Organisation {
    /// An organization with an Admin API application that may collect and nothing else.
    pub fn new(name: &str, integration_key: &str, secret_key: &str, account_id: &str) -> Self {
        Self {
            name: name.to_owned(),
            integration_key: integration_key.to_owned(),
            secret_key: secret_key.to_owned(),
            account_id: account_id.to_owned(),
            kind: Kind::Admin,
            permissions: Permissions::COLLECTING,
            users: Vec::new(),
            availability: BTreeMap::new(),
            logs: LogType::ALL.into_iter().map(|log_type| (log_type, Log::new(log_type))).collect(),
        }
    }

    /// Opens, forbids or retires a log.
    pub fn set_availability(&mut self, log_type: LogType, availability: Availability) {
        self.availability.insert(log_type, availability);
    }

    /// Whether the organization has a log.
    pub fn availability(&self, log_type: LogType) -> Availability {
        self.availability.get(&log_type).copied().unwrap_or_default()
    }

    pub(super) fn log(&self, log_type: LogType) -> Option<&Log> {
        self.logs.get(&log_type)
    }

    /// Lets late records appear whose time has come.
    pub(super) fn settle(&mut self, now: UnixMillis) {
        self.logs.values_mut().for_each(|log| log.settle(now));
    }

    pub(super) fn log_mut(&mut self, log_type: LogType) -> &mut Log {
        self.logs.entry(log_type).or_insert_with(|| Log::new(log_type))
    }
}
