//! What could be read out of one raw record.
//!
//! The raw bytes are the evidence and are kept whatever happens; this is derived from them and can
//! be derived again.

use std::borrow::Cow;

use crate::base::UnixMillis;

/// What could be read out of one raw record; borrows from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Understood<'a> {
    /// When it happened; `None` when the record does not say so in a way we can read.
    pub time: Option<UnixMillis>,
    /// What makes the record itself and no other.
    pub id: IdSource<'a>,
    /// The fields worth searching and grouping by.
    pub columns: Columns<'a>,
    /// False when the record is not an object, or has no readable time or id: it is stored all
    /// the same, whole, and counted.
    pub complete: bool,
}

/// What makes a record itself and no other.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum IdSource<'a> {
    /// Duo's own id: `txid`, `activity_id`, `telephony_id` or `sekey`.
    Duo(Cow<'a, str>),
    /// The log carries no ids (v1): the fields that tell two events apart, joined. Two records
    /// with equal fields in one second are told apart by counting.
    Fields(String),
    /// Not understood: the record's own bytes stand for it.
    #[default]
    Bytes,
}

/// The fields worth searching and grouping by, each as Duo wrote it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns<'a> {
    /// Who it was about: the authenticating user, the acting administrator.
    pub user: Option<Cow<'a, str>>,
    /// What was done: an action name, an event type, a telephony type.
    pub action: Option<Cow<'a, str>>,
    /// How it ended, in lower case: `success`, `denied`, `fraud`, `failure`, `error`, …
    pub result: Option<Cow<'a, str>>,
    /// Why it ended so.
    pub reason: Option<Cow<'a, str>>,
    /// The second factor used.
    pub factor: Option<Cow<'a, str>>,
    /// The address it came from, without a port.
    pub address: Option<Cow<'a, str>>,
    /// The protected application.
    pub application: Option<Cow<'a, str>>,
    /// What was acted on: another user, a policy, a phone number.
    pub target: Option<Cow<'a, str>>,
    /// The country of the source address, as Duo names it.
    pub country: Option<Cow<'a, str>>,
    /// Telephony credits used.
    pub amount: Option<i64>,
}
