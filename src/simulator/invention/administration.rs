//! What administrators and machines do: the activity log, its older twin, and the telephone.
//!
//! The same deed stands in both logs, with an id in the one and without in the other, as with Duo.

use serde_json::{Value, json};

use super::Invented;
use super::days::{local, weekday};
use super::people::{Person, pick};
use super::places::{OFFICES, Place};
use super::sign_ins::{ADMIN_PANEL, SignIn, WINDOWS_LOGON, write};
use super::text::{iso, iso_seconds, key, nested, nested_ascii, uuid};
use crate::base::UnixMillis;
use crate::record::LogType;

/// An administrator.
#[derive(Debug)]
pub struct Administrator {
    pub key: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub role: &'static str,
    pub number: &'static str,
    pub office: &'static Place,
}

const fn administrator_of(
    key: &'static str,
    name: &'static str,
    email: &'static str,
    role: &'static str,
    number: &'static str,
    office: &'static Place,
) -> Administrator {
    Administrator { key, name, email, role, number, office }
}

pub static OWNER: Administrator = administrator_of(
    "DE56ZXFA5NLOSMF5SNJ6",
    "Grace Whitfield",
    "grace.whitfield@example.com",
    "Owner",
    "+17345550190",
    &OFFICES[0],
);
pub static MANAGER: Administrator = administrator_of(
    "DEKF40LFZ1G5OMU69OMD",
    "Søren Bäcker",
    "soren.baecker@example.com",
    "Administrator",
    "+442079460018",
    &OFFICES[2],
);
pub static HELP_DESK: Administrator = administrator_of(
    "DEDKKHUJGFE2KT52PE4I",
    "Tomás Núñez",
    "tomas.nunez@example.com",
    "Help Desk",
    "+17345550142",
    &OFFICES[0],
);

const ACCOUNT: &str = "DADEMO0EXAMPLE0ACC01";
const DIRECTORY: &str = "CORP AD";
const AGENT: &str = "DuoCredProv/5.0.0.71 (Windows NT 10.0.22631; x64; Workstation)";

/// One entry of the activity log, before it has an id.
#[derive(Debug)]
pub struct Deed {
    pub at: UnixMillis,
    pub action: &'static str,
    pub details: Option<Value>,
    pub actor: Value,
    pub target: Value,
    pub old_target: Value,
    pub device: Value,
    pub application: Value,
    pub outcome: Option<&'static str>,
    /// The name of the action stands alone, without details, as in older examples.
    pub plain: bool,
}

impl Deed {
    /// Something an administrator does in the Admin Panel.
    pub fn by(who: &Administrator, at: UnixMillis, action: &'static str) -> Self {
        Self {
            at,
            action,
            details: None,
            actor: actor(who, at),
            target: Value::Null,
            old_target: Value::Null,
            device: panel_device(who.office),
            application: Value::Null,
            outcome: None,
            plain: false,
        }
    }

    /// Something that happens by itself.
    pub fn by_machine(kind: &str, name: &str, at: UnixMillis, action: &'static str) -> Self {
        Self {
            actor: json!({"details": null, "key": null, "name": name, "type": kind}),
            device: Value::Null,
            ..Self::by(&OWNER, at, action)
        }
    }

    pub fn to(mut self, target: Value) -> Self {
        self.target = target;
        self
    }

    pub fn from(mut self, old_target: Value) -> Self {
        self.old_target = old_target;
        self
    }

    pub fn with(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    pub const fn ending(mut self, outcome: &'static str) -> Self {
        self.outcome = Some(outcome);
        self
    }

    pub fn record(self, invented: &mut Invented, chance: &mut fastrand::Rng) {
        let action = if self.plain {
            json!(self.action)
        } else {
            json!({"details": self.details.as_ref().map(nested), "name": self.action})
        };
        let body = json!({
            "access_device": self.device,
            "action": action,
            "activity_id": uuid(chance),
            "actor": self.actor,
            "akey": ACCOUNT,
            "application": self.application,
            "old_target": self.old_target,
            "outcome": self.outcome.map(|result| json!({"result": result})),
            "target": self.target,
            "ts": iso(self.at),
        });
        invented.add(LogType::Activity, self.at, body.to_string());
    }
}

/// What a v1 entry says beside action, name and object.
#[derive(Clone, Debug)]
pub enum Words {
    /// JSON in a string; names in other scripts come escaped or plain.
    Json(Value),
    Escaped(Value),
    /// Anything else, also JSON that lost its braces.
    Text(&'static str),
    Null,
    Absent,
}

/// Adds an entry to one of the v1 logs.
pub fn old_entry(
    invented: &mut Invented,
    log_type: LogType,
    at: UnixMillis,
    action: &str,
    (username, object): (&str, Option<&str>),
    words: Words,
) {
    let at = at.floor_secs().to_millis();
    let mut body = json!({
        "action": action,
        "isotimestamp": iso_seconds(at),
        "object": object,
        "timestamp": at.floor_secs().0,
        "username": username,
    });
    let description = match words {
        Words::Json(value) => Some(nested(&value).into()),
        Words::Escaped(value) => Some(nested_ascii(&value).into()),
        Words::Text(text) => Some(text.into()),
        Words::Null => Some(Value::Null),
        Words::Absent => None,
    };
    if let (Some(description), Some(fields)) = (description, body.as_object_mut()) {
        fields.insert("description".to_owned(), description);
    }
    invented.add(log_type, at, body.to_string());
}

/// Adds an entry to the administrator log.
pub fn administrator(
    invented: &mut Invented,
    at: UnixMillis,
    action: &str,
    who: (&str, Option<&str>),
    words: Words,
) {
    old_entry(invented, LogType::Administrator, at, action, who, words);
}

/// The call or message a sign-in costs, if it costs one.
pub fn telephone(
    invented: &mut Invented,
    sign_in: &SignIn<'_>,
    txid: &str,
    chance: &mut fastrand::Rng,
) {
    let enrolling = sign_in.reason.is_none();
    let (kind, credits) = match sign_in.factor {
        "phone_call" => ("phone", 2),
        "sms_passcode" => ("sms", 1),
        _ if enrolling => ("sms", 1),
        _ => return,
    };
    let context = if enrolling { "enrollment" } else { "authentication" };
    // A message is paid for before its code is typed in.
    let at = UnixMillis(sign_in.at.0 - chance.i64(4000..40_000));
    let number = (chance.u8(..40) > 0).then_some(sign_in.person.number.as_str());
    call(invented, at, context, (kind, credits), number, Some(txid), chance);
}

/// Adds a call or message.
pub fn call(
    invented: &mut Invented,
    at: UnixMillis,
    context: &str,
    (kind, credits): (&str, u32),
    number: Option<&str>,
    txid: Option<&str>,
    chance: &mut fastrand::Rng,
) {
    let mut body = json!({
        "context": context,
        "credits": credits,
        "phone": number,
        "telephony_id": uuid(chance),
        "ts": iso(at),
        "type": kind,
    });
    if let (Some(txid), Some(fields)) = (txid, body.as_object_mut()) {
        fields.insert("txid".to_owned(), txid.into());
    }
    invented.add(LogType::Telephony, at, body.to_string());
}

/// What administrators and machines do on any day.
pub fn routine(invented: &mut Invented, staff: &[Person], day: i64, chance: &mut fastrand::Rng) {
    directory_sync(invented, day, chance);
    if matches!(weekday(day), 0 | 6) {
        return;
    }
    for (who, minute) in [(&OWNER, 478), (&MANAGER, 512), (&HELP_DESK, 541)] {
        let at = moment(local(day, minute, who.office.offset_minutes), chance);
        sign_in_to_panel(invented, staff, who, at, chance);
    }
    let joiner = pick(staff, chance.usize(..));
    let at = moment(local(day, 600, -300), chance);
    provision(invented, joiner, at, chance);
    let person = pick(staff, chance.usize(..));
    let at = moment(local(day, 640, person.office.offset_minutes), chance);
    offline_enrollment(invented, person, at, chance);
    let person = pick(staff, chance.usize(..));
    let at = moment(local(day, 700, -300), chance);
    Deed::by(&HELP_DESK, at, "phone_activation_code_regenerated")
        .to(json!({"details": null, "key": person.phone_key, "name": person.number, "type": "phone"}))
        .record(invented, chance);
    let who = (HELP_DESK.name, Some(person.number.as_str()));
    administrator(invented, at, "regen_mobile", who, Words::Absent);
    if weekday(day) == 2 {
        let at = moment(local(day, 930, MANAGER.office.offset_minutes), chance);
        let token = "HOTP 6-digit 00419018";
        let mut deed = Deed::by(&MANAGER, at, "hardtoken_resync").to(json!({
            "details": null,
            "key": key_of("DH", token),
            "name": token,
            "type": "hardtoken",
        }));
        deed.plain = true;
        deed.record(invented, chance);
        let who = (MANAGER.name, Some(token));
        administrator(invented, at, "hardtoken_resync", who, Words::Null);
    }
}

/// An instant within the quarter of an hour that follows.
pub fn moment(start: UnixMillis, chance: &mut fastrand::Rng) -> UnixMillis {
    UnixMillis(start.0 + chance.i64(0..900_000))
}

/// An administrator signs in: in the panel's log, in the older one, and as an authentication.
pub fn sign_in_to_panel(
    invented: &mut Invented,
    staff: &[Person],
    who: &Administrator,
    at: UnixMillis,
    chance: &mut fastrand::Rng,
) {
    let by_sms = chance.u8(..4) == 0;
    let factor = if by_sms { "sms" } else { "push" };
    Deed::by(who, at, "admin_login")
        .with(json!({
            "auth_method": "Password",
            "auth_device": who.number,
            "factor": factor,
            "role": who.role,
        }))
        .to(json!({"details": null, "key": null, "name": null, "type": "admin_login"}))
        .ending("SUCCESS")
        .record(invented, chance);
    let words = json!({
        "ip_address": who.office.address,
        "role": who.role,
        "device": who.number,
        "factor": factor,
        "primary_auth_method": "Password",
    });
    administrator(invented, at, "admin_login", (who.name, None), Words::Json(words));
    if by_sms {
        // Duo does not charge for its own administrators.
        let sent = UnixMillis(at.0 - 9000);
        call(invented, sent, "administrator login", ("sms", 0), Some(who.number), None, chance);
    }
    // Whoever administers is a person of the organization as well.
    let person = pick(staff, who.name.len());
    let mut body = String::with_capacity(2048);
    let sign_in = SignIn {
        at,
        person,
        application: &ADMIN_PANEL,
        access: &person.access.office,
        auth: &person.auth.phone_at_office,
        factor: if by_sms { "sms_passcode" } else { "duo_push" },
        result: "success",
        reason: Some(if by_sms { "valid_passcode" } else { "user_approved" }),
        suspicion: None,
    };
    write(&mut body, &sign_in, chance);
    invented.add(LogType::Authentication, at, body);
}

fn directory_sync(invented: &mut Invented, day: i64, chance: &mut fastrand::Rng) {
    let at = moment(local(day, 120, 0), chance);
    let reference = format!("{:016x}{:016x}", chance.u64(..), chance.u64(..));
    let name = format!("Active Directory User Sync: {DIRECTORY}");
    Deed::by_machine("ldap_sync", &name, at, "ad_sync_finish")
        .with(json!({
            "sync_ref_code": reference,
            "duration": "0:00:07",
            "selected_groups": ["cn=vpn-users,ou=groups,dc=corp,dc=example,dc=com"],
        }))
        .to(json!({
            "details": nested(&json!({"ldname": DIRECTORY, "directory_type": "activedirectory", "sync_phones": true})),
            "key": "DS3O0YMUWGLLNQUPW5EJ",
            "name": DIRECTORY,
            "type": "ldap_directory",
        }))
        .ending("SUCCESS")
        .record(invented, chance);
    let words = json!({
        "Duration": "0:00:07",
        "Users added": chance.u8(..3),
        "Users modified": chance.u8(..5),
        "Users seen": 412,
        "Users removed": 0,
        "authproxy_identifiers": ["PR578FQV0686IIE1XRM5"],
        "Sync Ref. Code": reference,
    });
    administrator(invented, at, "ad_sync_finish", (&name, Some(DIRECTORY)), Words::Json(words));
}

fn provision(invented: &mut Invented, person: &Person, at: UnixMillis, chance: &mut fastrand::Rng) {
    let mut deed = Deed::by_machine("adminapi", "HR Provisioning", at, "user_update")
        .to(user(person, "Active"))
        .from(json!({"details": nested(&json!({"realname": ""})), "key": null, "name": person.login, "type": "user"}));
    if let Some(actor) = deed.actor.as_object_mut() {
        actor.insert("key".to_owned(), "DIG9W1G8SXRVPUAXMWDO".into());
    }
    deed.record(invented, chance);
    let words = json!({"realname": person.real_name});
    let who = ("API (HR Provisioning)", Some(person.login.as_str()));
    administrator(invented, at, "user_update", who, Words::Escaped(words));
}

/// Somebody makes a laptop ready for signing in without a network.
pub fn offline_enrollment(
    invented: &mut Invented,
    person: &Person,
    at: UnixMillis,
    chance: &mut fastrand::Rng,
) {
    let action = *pick(
        &[
            "o2fa_user_provisioned",
            "o2fa_user_provisioned",
            "o2fa_user_reenrolled",
            "o2fa_user_deprovisioned",
        ],
        chance.usize(..),
    );
    let factor = if chance.bool() { "duo_otp" } else { "security_key" };
    let words = json!({"user_agent": AGENT, "hostname": person.hostname, "factor": factor});
    let mut deed = Deed::by_machine("user", &person.login, at, action)
        .with(words.clone())
        .to(json!({"details": null, "key": WINDOWS_LOGON.key, "name": WINDOWS_LOGON.name, "type": "integration"}));
    if let Some(actor) = deed.actor.as_object_mut() {
        actor.insert("key".to_owned(), person.key.as_str().into());
    }
    deed.record(invented, chance);
    let words = match chance.u8(..12) {
        0 => Words::Null,
        1 => Words::Absent,
        2 => Words::Text("Duo Authentication for Windows Logon"),
        3..=6 => Words::Escaped(words),
        _ => Words::Json(words),
    };
    let who = (person.login.as_str(), Some(WINDOWS_LOGON.name));
    old_entry(invented, LogType::OfflineEnrollment, at, action, who, words);
}

/// A user as the target of a deed.
pub fn user(person: &Person, status: &str) -> Value {
    json!({
        "details": nested(&json!({"status": status, "email": person.email})),
        "key": person.key,
        "name": person.login,
        "type": "user",
    })
}

/// The device an administrator sits at.
pub fn panel_device(place: &Place) -> Value {
    json!({
        "browser": "Chrome",
        "browser_version": "141.0.0.0",
        "ip": {"address": place.address},
        "location": place.location(),
        "os": "Windows",
        "os_version": "11",
    })
}

fn actor(who: &Administrator, at: UnixMillis) -> Value {
    let details = json!({
        "created": "2024-03-02T10:00:00.000000+00:00",
        "last_login": iso(UnixMillis(at.0 - 600_000)),
        "email": who.email,
        "status": null,
        "groups": null,
    });
    json!({"details": nested(&details), "key": who.key, "name": who.name, "type": "admin"})
}

/// A key that stays the same for a name: the policy, bypass code or directory it stands for.
pub fn key_of(kind: &str, name: &str) -> String {
    let seed = name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    key(kind, &mut fastrand::Rng::with_seed(seed))
}
