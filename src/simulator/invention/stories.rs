//! What does not happen every day: each weekday has its own incident, so that any week shows them
//! all.

use serde_json::{Value, json};

use super::Invented;
use super::administration::{
    Deed, HELP_DESK, MANAGER, OWNER, Words, administrator, call, key_of, moment, panel_device,
    sign_in_to_panel, user,
};
use super::days::{local, weekday};
use super::people::{Person, bare, pick};
use super::places::{Place, STRANGERS, TRAVELS};
use super::sign_ins::{ADMIN_PANEL, ENTRA, SSO, SignIn, Suspicion, VPN, write};
use super::text::{key, nested};
use crate::base::UnixMillis;
use crate::record::LogType;

const MINUTE_MILLIS: i64 = 60_000;

/// Names a stranger tries.
const GUESSED: [&str; 6] =
    ["admin", "backup", "svc-deploy", "test", "j.smith", "temp-contractor-07"];

/// The incident of a day.
pub fn of_the_day(invented: &mut Invented, staff: &[Person], day: i64, chance: &mut fastrand::Rng) {
    let mut scene = Scene { invented, staff, chance, day };
    match weekday(day) {
        1 => {
            scene.password_spray();
            scene.lost_phone();
        }
        2 => scene.push_fatigue(),
        3 => scene.fraud_report(),
        4 => scene.weakened_policy(),
        5 => {
            scene.impossible_travel();
            scene.bypass_status();
        }
        6 => scene.sign_in_failures_of_administrators(),
        _ => scene.failed_sync(),
    }
}

struct Scene<'a> {
    invented: &'a mut Invented,
    staff: &'a [Person],
    chance: &'a mut fastrand::Rng,
    day: i64,
}

impl<'a> Scene<'a> {
    fn someone(&mut self) -> &'a Person {
        pick(self.staff, self.chance.usize(..))
    }

    fn at(&mut self, minute: i64, place: &Place) -> UnixMillis {
        moment(local(self.day, minute, place.offset_minutes), self.chance)
    }

    /// Writes an authentication; gives it back for those who tell of it again.
    fn sign_in(&mut self, sign_in: &SignIn<'_>) -> String {
        let mut body = String::with_capacity(2048);
        write(&mut body, sign_in, self.chance);
        self.invented.add(LogType::Authentication, sign_in.at, body.as_str());
        body
    }

    /// One stranger tries many names, a few seconds apart; some of them are unknown to Duo.
    fn password_spray(&mut self) {
        let stranger = pick(&STRANGERS, 0);
        let access = foreign_laptop(stranger, "Linux");
        let hidden = foreign_laptop(pick(&STRANGERS, 3), "Linux");
        let mut at = self.at(130, stranger);
        let staff = self.staff;
        for (n, person) in staff.iter().cycle().take(48).enumerate() {
            at = UnixMillis(at.0 + self.chance.i64(2000..9000));
            let reason = match n % 4 {
                0 => "deny_unenrolled_user",
                1 => "location_restricted",
                2 => "no_response",
                _ => "anonymous_ip",
            };
            let mut body = String::with_capacity(2048);
            let sign_in = SignIn {
                at,
                person,
                application: &VPN,
                access: if reason == "anonymous_ip" { &hidden } else { &access },
                auth: if reason == "no_response" {
                    &person.auth.phone
                } else {
                    &person.auth.nothing
                },
                factor: if reason == "no_response" { "duo_push" } else { "not_available" },
                result: "denied",
                reason: Some(reason),
                suspicion: None,
            };
            write(&mut body, &sign_in, self.chance);
            if reason == "deny_unenrolled_user" {
                // Of a name that belongs to nobody, Duo knows the name alone.
                let user = json!({"groups": [], "key": null, "name": pick(&GUESSED, n / 4)});
                let email = format!("\"email\":{}", person.email_json);
                body = body
                    .replace(&person.user_json, &user.to_string())
                    .replace(&email, "\"email\":null");
            }
            self.invented.add(LogType::Authentication, at, body);
        }
    }

    /// A phone is lost: the help desk makes a bypass code, it is used, and deleted.
    fn lost_phone(&mut self) {
        let person = self.someone();
        let at = self.at(560, HELP_DESK.office);
        // The help desk calls back to make sure who asks.
        let called = UnixMillis(at.0 - 2 * MINUTE_MILLIS);
        let number = Some(person.number.as_str());
        call(self.invented, called, "verify", ("phone", 2), number, None, self.chance);
        let code = key("DB", self.chance);
        let words = json!({"count": 1, "valid_secs": 3600, "remaining_uses": 1});
        Deed::by(&HELP_DESK, at, "bypass_create")
            .with(words)
            .to(bypass_target(person, &json!({"bypass_code_ids": [code]})))
            .record(self.invented, self.chance);
        let words = json!({
            "bypass": "",
            "count": 1,
            "valid_secs": 3600,
            "auto_generated": true,
            "remaining_uses": 1,
            "user_id": person.key,
            "bypass_code_ids": [code],
        });
        let who = (HELP_DESK.name, Some(person.login.as_str()));
        administrator(self.invented, at, "bypass_create", who, Words::Json(words));
        let viewed = UnixMillis(at.0 + MINUTE_MILLIS);
        Deed::by(&HELP_DESK, viewed, "bypass_view")
            .to(bypass_target(person, &Value::Null))
            .record(self.invented, self.chance);
        let words = json!({"user_id": person.key, "bypass_code_id": code});
        administrator(self.invented, viewed, "bypass_view", who, Words::Json(words));
        self.sign_in(&SignIn {
            at: UnixMillis(at.0 + 4 * MINUTE_MILLIS),
            person,
            application: &ENTRA,
            access: &person.access.office,
            auth: &person.auth.nothing,
            factor: "bypass_code",
            result: "success",
            reason: Some("valid_passcode"),
            suspicion: None,
        });
        let deleted = UnixMillis(at.0 + 40 * MINUTE_MILLIS);
        Deed::by(&HELP_DESK, deleted, "bypass_delete")
            .to(bypass_target(person, &Value::Null))
            .record(self.invented, self.chance);
        administrator(self.invented, deleted, "bypass_delete", who, Words::Absent);
    }

    /// Somebody is asked again and again in the middle of the night, and gives in.
    fn push_fatigue(&mut self) {
        let person = self.someone();
        let stranger = pick(&STRANGERS, 1);
        let access = foreign_laptop(stranger, "Windows");
        let mut at = self.at(170, person.office);
        let mut suspicion = Suspicion {
            detector: "PUSH_HARASSMENT",
            occurrences: 1,
            from: stranger.code,
            usual: person.office.code,
        };
        let refusals = 9;
        for n in 0..refusals {
            suspicion.occurrences = n + 1;
            let reason = match n % 3 {
                0 => "no_response",
                1 => "user_mistake",
                _ => "anomalous_push",
            };
            self.sign_in(&SignIn {
                at,
                person,
                application: &SSO,
                access: &access,
                auth: &person.auth.phone_at_home,
                factor: "duo_push",
                result: "denied",
                reason: Some(reason),
                suspicion: (n > 2).then_some(&suspicion),
            });
            at = UnixMillis(at.0 + self.chance.i64(35_000..95_000));
        }
        let body = self.sign_in(&SignIn {
            at,
            person,
            application: &SSO,
            access: &access,
            auth: &person.auth.phone_at_home,
            factor: "duo_push",
            result: "success",
            reason: Some("user_approved"),
            suspicion: Some(&suspicion),
        });
        let summary = format!("{} has not logged in from this country recently.", person.login);
        let why = json!([{"summary": summary, "type": "NEW_COUNTRY_CODE"}]);
        self.trust_event(at, &body, why, stranger);
    }

    /// Somebody is asked out of the blue and says so.
    fn fraud_report(&mut self) {
        let person = self.someone();
        let stranger = pick(&STRANGERS, 2);
        let at = self.at(660, person.office);
        let suspicion = Suspicion {
            detector: "USER_MARKED_FRAUD",
            occurrences: 1,
            from: stranger.code,
            usual: person.office.code,
        };
        let access = foreign_laptop(stranger, "Mac OS X");
        let body = self.sign_in(&SignIn {
            at,
            person,
            application: &ENTRA,
            access: &access,
            auth: &person.auth.phone_at_office,
            factor: "duo_push",
            result: "fraud",
            reason: Some("user_marked_fraud"),
            suspicion: Some(&suspicion),
        });
        let why = json!([
            {"summary": "New network block for this user.", "type": "NEW_NETBLOCK"},
            {"summary": "Rarely used network block for this account.", "type": "UNUSUAL_NETBLOCK"},
        ]);
        self.trust_event(at, &body, why, stranger);
        let locked = UnixMillis(at.0 + 6 * MINUTE_MILLIS);
        Deed::by(&MANAGER, locked, "user_update")
            .from(user(person, "Active"))
            .to(user(person, "Disabled"))
            .record(self.invented, self.chance);
        let who = (MANAGER.name, Some(person.login.as_str()));
        let words = Words::Json(json!({"status": "Disabled"}));
        administrator(self.invented, locked, "user_update", who, words);
    }

    /// An administrator signs in from far away, lets everybody in without a second factor, looks
    /// at a secret key; hours later the owner puts it right.
    fn weakened_policy(&mut self) {
        let stranger = pick(&STRANGERS, 0);
        let at = self.at(1250, MANAGER.office);
        sign_in_to_panel(self.invented, self.staff, &MANAGER, at, self.chance);
        let weakened = UnixMillis(at.0 + 5 * MINUTE_MILLIS);
        self.policy(weakened, &MANAGER, stranger, ("Enforce 2FA", "Allow access without 2FA"));
        let viewed = UnixMillis(at.0 + 9 * MINUTE_MILLIS);
        let name = "SIEM collector";
        let mut deed = Deed::by(&MANAGER, viewed, "integration_skey_view").to(json!({
            "details": null,
            "key": key_of("DI", name),
            "name": name,
            "type": "integration",
        }));
        deed.device = panel_device(stranger);
        deed.record(self.invented, self.chance);
        let who = (MANAGER.name, Some(name));
        administrator(self.invented, viewed, "integration_skey_view", who, Words::Absent);
        let restored = UnixMillis(at.0 + 200 * MINUTE_MILLIS);
        self.policy(restored, &OWNER, OWNER.office, ("Allow access without 2FA", "Enforce 2FA"));
    }

    fn policy(
        &mut self,
        at: UnixMillis,
        who: &super::administration::Administrator,
        from: &Place,
        (before, after): (&str, &str),
    ) {
        let name = "Global Policy";
        let state = |status: &str, key: Value| {
            json!({
                "details": nested(&json!({"auth_status": status})),
                "key": key,
                "name": name,
                "type": "policy",
            })
        };
        let mut deed = Deed::by(who, at, "policy_update")
            .with(json!({"sections": ["authentication_policy"]}))
            .from(state(before, Value::Null))
            .to(state(after, key_of("PO", name).into()));
        deed.device = panel_device(from);
        deed.record(self.invented, self.chance);
        let words = json!({
            "allow_factor_sms": false,
            "allow_factor_phone": false,
            "auth_status": after,
            "admin_email": who.email,
        });
        let who = (who.name, Some(name));
        administrator(self.invented, at, "policy_update", who, Words::Json(words));
    }

    /// Signed in at home, and twenty minutes later from another continent. And somebody who did
    /// take a plane.
    fn impossible_travel(&mut self) {
        let person = self.someone();
        let far = pick(&STRANGERS, 2);
        let at = self.at(560, person.office);
        let near = SignIn {
            at,
            person,
            application: &ENTRA,
            access: &person.access.office,
            auth: &person.auth.phone_at_office,
            factor: "duo_push",
            result: "success",
            reason: Some("user_approved"),
            suspicion: None,
        };
        self.sign_in(&near);
        let suspicion = Suspicion {
            detector: "NOVEL_ASN",
            occurrences: 1,
            from: far.code,
            usual: person.office.code,
        };
        let access = foreign_laptop(far, "Windows");
        let later = UnixMillis(at.0 + 20 * MINUTE_MILLIS);
        let body = self.sign_in(&SignIn {
            at: later,
            access: &access,
            auth: &person.auth.phone,
            factor: "duo_mobile_passcode",
            reason: Some("valid_passcode"),
            suspicion: Some(&suspicion),
            ..near
        });
        let why = json!([{"summary": "Unknown country.", "type": "NEW_COUNTRY_CODE"}]);
        self.trust_event(later, &body, why, far);

        let traveler = self.someone();
        let place = pick(&TRAVELS, self.chance.usize(..));
        let access = foreign_laptop(place, "Windows");
        let at = self.at(500, place);
        self.sign_in(&SignIn {
            at,
            person: traveler,
            access: &access,
            auth: &traveler.auth.phone_at_home,
            ..near
        });
    }

    /// A user is let in without a second factor, and Trust Monitor remarks on it; a device with
    /// an old system is enrolled.
    fn bypass_status(&mut self) {
        let person = self.someone();
        let at = self.at(820, HELP_DESK.office);
        Deed::by(&HELP_DESK, at, "user_update")
            .from(user(person, "Active"))
            .to(user(person, "Bypass"))
            .record(self.invented, self.chance);
        let who = (HELP_DESK.name, Some(person.login.as_str()));
        let words = Words::Json(json!({"status": "Bypass"}));
        administrator(self.invented, at, "user_update", who, words);
        let surfaced = UnixMillis(at.0 + 2);
        let event = json!({
            "bypass_status_enabled": at.0,
            "enabled_by": {"key": HELP_DESK.key, "name": HELP_DESK.name},
            "enabled_for": {"key": person.key, "name": person.login},
            "priority_event": false,
            "priority_reasons": [],
            "sekey": key("SE", self.chance),
            "state": "new",
            "state_updated_timestamp": null,
            "surfaced_timestamp": surfaced.0,
            "triaged_as_interesting": false,
            "type": "bypass_status",
        });
        self.invented.add(LogType::TrustMonitor, surfaced, event.to_string());

        let enrolled = UnixMillis(at.0 + 30 * MINUTE_MILLIS);
        let body = self.sign_in(&SignIn {
            at: enrolled,
            person,
            application: &ENTRA,
            access: &person.access.phone,
            auth: &person.auth.phone_at_home,
            factor: "duo_push",
            result: "success",
            reason: None,
            suspicion: None,
        });
        let summary = "The registered device runs an outdated operating system.";
        let event = json!({
            "explanations": [{"summary": summary, "type": "REGISTER_OS_OUTDATED"}],
            "priority_event": false,
            "priority_reasons": [],
            "sekey": key("SE", self.chance),
            "state": "processed",
            "state_updated_timestamp": enrolled.0 + 60 * MINUTE_MILLIS,
            "surfaced_auth": surfaced_auth(&body),
            "surfaced_timestamp": enrolled.0 + 1500,
            "triaged_as_interesting": false,
            "type": "device_registration",
        });
        let surfaced = UnixMillis(enrolled.0 + 1500);
        self.invented.add(LogType::TrustMonitor, surfaced, event.to_string());
    }

    /// Somebody tries the Admin Panel: wrong passwords, a reported push, a lockout. Duo tells of
    /// failures in the older log and among the authentications only.
    fn sign_in_failures_of_administrators(&mut self) {
        let stranger = pick(&STRANGERS, 0);
        let at = self.at(245, OWNER.office);
        for n in 0..6 {
            let words = json!({
                "ip_address": stranger.address,
                "error": "Invalid password.",
                "email": "intruder@example.net",
            });
            let at = UnixMillis(at.0 + n * 21_000);
            administrator(self.invented, at, "admin_login_error", ("", None), Words::Json(words));
        }
        let reported = UnixMillis(at.0 + 4 * MINUTE_MILLIS);
        let words = json!({
            "ip_address": stranger.address,
            "email": OWNER.email,
            "factor": "push",
            "error": "Login request reported as fraudulent.",
        });
        let who = (OWNER.name, None);
        administrator(self.invented, reported, "admin_2fa_error", who, Words::Json(words));
        let locked = UnixMillis(at.0 + 7 * MINUTE_MILLIS);
        let words = Words::Text(
            "\"message\": \"Admin temporarily locked out due to too many passcode attempts.\"",
        );
        administrator(self.invented, locked, "admin_lockout", who, words);
        let person = pick(self.staff, OWNER.name.len());
        let access = foreign_laptop(stranger, "Linux");
        self.sign_in(&SignIn {
            at: reported,
            person,
            application: &ADMIN_PANEL,
            access: &access,
            auth: &person.auth.phone_at_home,
            factor: "duo_push",
            result: "fraud",
            reason: Some("user_marked_fraud"),
            suspicion: None,
        });
    }

    /// A directory cannot be read any more.
    fn failed_sync(&mut self) {
        let name = "Entra tenant";
        let at = moment(local(self.day, 615, 0), self.chance);
        let directory = json!({
            "details": null,
            "key": key_of("DS", name),
            "name": name,
            "type": "azure_directory",
        });
        let actor = format!("Entra ID User Sync: {name}");
        Deed::by_machine("azure_sync", &actor, at, "entra_sync_failure")
            .with(json!({"error": "authorization expired"}))
            .to(directory)
            .ending("FAILURE")
            .record(self.invented, self.chance);
        let words = Words::Text(
            "Directory sync failed: authorization expired. Re-authorize the directory.",
        );
        let who = ("AD Sync: Entra tenant", Some(name));
        administrator(self.invented, at, "azure_sync_fail", who, words);
    }

    /// Trust Monitor remarks on an authentication, a little later.
    fn trust_event(&mut self, at: UnixMillis, body: &str, explanations: Value, place: &Place) {
        let surfaced = UnixMillis(at.0 + self.chance.i64(60_000..600_000));
        let id = key("SE", self.chance);
        let event = json!({
            "explanations": explanations,
            "from_common_netblock": false,
            "from_new_user": false,
            "low_risk_ip": false,
            "priority_event": true,
            "priority_reasons": [{"label": place.code, "type": "country"}],
            "sekey": id,
            "state": "new",
            "state_updated_timestamp": null,
            "surfaced_auth": surfaced_auth(body),
            "surfaced_timestamp": surfaced.0,
            "triage_event_uri": format!("https://admin.example.com/trust-monitor?sekey={id}"),
            "triaged_as_interesting": false,
            "type": "auth",
        });
        self.invented.add(LogType::TrustMonitor, surfaced, event.to_string());
    }
}

/// The copy of an authentication inside a Trust Monitor event names no event type.
fn surfaced_auth(body: &str) -> Value {
    let mut copy: Value = serde_json::from_str(body).unwrap_or_default();
    if let Some(fields) = copy.as_object_mut() {
        fields.insert("event_type".to_owned(), Value::Null);
        fields.remove("adaptive_trust_assessments");
        fields.remove("rbfs_triggered_attacks");
    }
    copy
}

fn bypass_target(person: &Person, details: &Value) -> Value {
    let details = if details.is_null() { Value::Null } else { nested(details).into() };
    json!({"details": details, "key": person.key, "name": person.login, "type": "user_bypass"})
}

/// A computer nobody knows.
fn foreign_laptop(place: &Place, os: &str) -> String {
    let mut device: Value =
        serde_json::from_str(&bare(place.address.into(), place.location())).unwrap_or_default();
    if let Some(fields) = device.as_object_mut() {
        fields.insert("browser".to_owned(), "Chrome".into());
        fields.insert("browser_version".to_owned(), "140.0.0.0".into());
        fields.insert("os".to_owned(), os.into());
    }
    device.to_string()
}
