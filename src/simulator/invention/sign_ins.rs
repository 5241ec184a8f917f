//! Authentication records: copied together from pieces written once, so that a million of them
//! take seconds.

use super::super::records::Published;
use super::people::{Habit, Person, pick, staff};
use super::text::{push_iso, push_number, push_uuid, quoted};
use crate::base::UnixMillis;

/// An application people sign in to.
#[derive(Debug)]
pub struct Application {
    pub key: &'static str,
    pub name: &'static str,
    pub way: Way,
}

/// How people reach an application, which decides what Duo learns of their device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Browser,
    Gateway,
    Server,
}

const fn application(key: &'static str, name: &'static str, way: Way) -> Application {
    Application { key, name, way }
}

pub static ENTRA: Application =
    application("DIMLIQXXY131Q7BOP374", "Microsoft Entra ID: Conditional Access", Way::Browser);
pub static SSO: Application =
    application("DIQ5ECT8DMD7NCCMYONK", "Duo Single Sign-On - Payroll", Way::Browser);
pub static VPN: Application =
    application("DIHP0E4FUJFONXAW71BN", "Cisco Secure Firewall VPN (RADIUS)", Way::Gateway);
pub static ADMIN_PANEL: Application =
    application("DIADMINPANEL00EXAMP1", "Admin Panel", Way::Browser);
pub static RDP: Application = application("DIK8W2Q7RDPEXAMPLE01", "Microsoft RDP", Way::Server);
pub static UNIX: Application = application("DIZX4TUB48I09I7864O5", "Jump Host (UNIX)", Way::Server);
pub static WINDOWS_LOGON: Application =
    application("DI19G4LHJZ3BG3Y3GO4L", "Laptop Windows Logon", Way::Server);

/// What happened at a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    pub at: UnixMillis,
    pub person: &'a Person,
    pub application: &'a Application,
    /// `access_device` and `auth_device`, as JSON.
    pub access: &'a str,
    pub auth: &'a str,
    pub factor: &'a str,
    pub result: &'a str,
    /// None on enrollment.
    pub reason: Option<&'a str>,
    pub suspicion: Option<&'a Suspicion>,
}

/// What an attack detector made of a sign-in.
#[derive(Clone, Copy, Debug)]
pub struct Suspicion {
    pub detector: &'static str,
    pub occurrences: u32,
    pub from: &'static str,
    pub usual: &'static str,
}

/// The trust assessment of an ordinary sign-in through a browser.
const TRUSTED: &str = r#"{"more_secure_auth":{"detected_attack_detectors":null,"features_version":"3.0","model_version":"2022.07.19.001","policy_enabled":true,"preview_mode_enabled":false,"reason":"Normal level of trust; no detection of known attack pattern","trust_level":"NORMAL"},"remember_me":{"features_version":"3.0","model_version":"2022.07.19.001","policy_enabled":true,"reason":"Known Access IP","trust_level":"NORMAL"}}"#;

/// The outdated software that `out_of_date` is about.
const OUTDATED: &str = "Chrome";

/// Writes a record; gives back the id, which a call or message may name.
pub fn write(out: &mut String, sign_in: &SignIn<'_>, chance: &mut fastrand::Rng) -> String {
    let mut id = String::with_capacity(36);
    push_uuid(&mut id, chance);
    write_with_id(out, sign_in, &id, chance.u32(..));
    id
}

fn write_with_id(out: &mut String, sign_in: &SignIn<'_>, id: &str, chance: u32) {
    let SignIn { at, person, application, factor, result, reason, suspicion, .. } = *sign_in;
    let browser = application.way == Way::Browser;
    let enrolling = reason.is_none();
    let mut push = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    push(&["{\"access_device\":", sign_in.access, ",\"adaptive_trust_assessments\":"]);
    match suspicion {
        Some(suspicion) if browser => push(&[&distrusted(suspicion)]),
        // The assessment is an extra of some plans and some applications.
        _ if browser && chance.is_multiple_of(4) => push(&[TRUSTED]),
        _ => push(&["{}"]),
    }
    push(&[",\"alias\":\"", if chance.is_multiple_of(23) { "unknown" } else { "" }]);
    push(&["\",\"application\":{\"key\":\"", application.key, "\",\"name\":\"", application.name]);
    push(&["\"},\"auth_device\":", sign_in.auth, ",\"email\":", &person.email_json]);
    push(&[",\"event_type\":\"", if enrolling { "enrollment" } else { "authentication" }]);
    push(&["\",\"factor\":\"", factor, "\",\"isotimestamp\":\""]);
    push_iso(out, at, chance % 1000);
    let mut push = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    let outdated = reason == Some("out_of_date");
    push(&["\",\"ood_software\":", if outdated { "\"" } else { "null" }]);
    if outdated {
        push(&[OUTDATED, "\""]);
    }
    push(&[",\"rbfs_triggered_attacks\":"]);
    match suspicion {
        Some(suspicion) => push(&[&attacks(suspicion)]),
        None => push(&["null"]),
    }
    match reason {
        Some(reason) => push(&[",\"reason\":\"", reason, "\",\"result\":\"", result]),
        None => push(&[",\"reason\":null,\"result\":\"", result]),
    }
    if factor == "remembered_device" {
        push(&["\",\"remembered_factor\":\"duo_push"]);
    }
    push(&["\",\"timestamp\":"]);
    push_number(out, at.floor_secs().0);
    let mut push = |parts: &[&str]| parts.iter().for_each(|part| out.push_str(part));
    let trusted = match reason {
        Some("endpoint_is_not_trusted") => "not trusted",
        _ if browser && suspicion.is_none() => "trusted",
        _ => "unknown",
    };
    push(&[",\"trusted_endpoint_status\":\"", trusted, "\",\"txid\":\"", id]);
    push(&["\",\"user\":", &person.user_json]);
    if browser && chance.is_multiple_of(3) {
        push(&[",\"passport_assessment\":{\"is_supported\":true,\"reason\":null}"]);
        push(&[",\"trusted_session_info\":", &person.session_json]);
    }
    out.push('}');
}

fn distrusted(suspicion: &Suspicion) -> String {
    TRUSTED
        .replace("\"NORMAL\"", "\"LOW\"")
        .replace(
            "attack_detectors\":null",
            &format!("attack_detectors\":[{}]", quoted(suspicion.detector)),
        )
        .replace("Normal level of trust; no detection", "Low level of trust; detection")
        .replace("Known Access IP", "Novel Access IP")
}

fn attacks(suspicion: &Suspicion) -> String {
    serde_json::json!([{
        "country_code_access": suspicion.from,
        "country_code_auth": suspicion.usual,
        "detected_occurrences": suspicion.occurrences,
        "detector": suspicion.detector,
        "shadow_mode": false,
        "suppressed": null,
        "threshold_occurrences": suspicion.occurrences,
        "threshold_time_frame": 86_400,
        "unrealistic_travel_velocity": null,
    }])
    .to_string()
}

/// An ordinary sign-in of a person: where from, with what, and how it ended.
pub fn ordinary<'a>(at: UnixMillis, person: &'a Person, chance: &mut fastrand::Rng) -> SignIn<'a> {
    let application: &Application = match chance.u8(..100) {
        0..=43 => &ENTRA,
        44..=63 => &VPN,
        64..=79 => &SSO,
        80..=87 => &WINDOWS_LOGON,
        88..=94 => &RDP,
        _ => &UNIX,
    };
    let at_home = chance.u8(..100) < person.at_home;
    let access = match application.way {
        Way::Gateway => &person.access.gateway,
        Way::Server => &person.access.server,
        Way::Browser if chance.u8(..100) < 7 => &person.access.phone,
        Way::Browser if at_home => &person.access.home,
        Way::Browser => &person.access.office,
    };
    let (factor, auth, good) = way_in(person, application, at_home, chance);
    let (result, reason) = match chance.u16(..1000) {
        0..=955 => ("success", good),
        number => ("denied", refused(factor, number)),
    };
    SignIn {
        at,
        person,
        application,
        access,
        auth,
        factor,
        result,
        reason: Some(reason),
        suspicion: None,
    }
}

/// Factor, device and the reason that goes with success.
fn way_in<'a>(
    person: &'a Person,
    application: &Application,
    at_home: bool,
    chance: &mut fastrand::Rng,
) -> (&'static str, &'a str, &'static str) {
    let auth = &person.auth;
    let browser = application.way == Way::Browser;
    match chance.u8(..100) {
        0..=11 if browser => return ("remembered_device", &auth.nothing, "remembered_device"),
        12..=14 if !at_home => return ("trusted_network", &auth.nothing, "trusted_network"),
        15 => return ("not_available", &auth.nothing, "allowed_by_policy"),
        16 => return ("duo_mobile_passcode", &auth.phone, "valid_passcode"),
        _ => {}
    }
    let push: (&str, &str, &str) = (
        "duo_push",
        if at_home { &auth.phone_at_home } else { &auth.phone_at_office },
        "user_approved",
    );
    match person.habit {
        Habit::Push => push,
        Habit::Passcode => ("duo_mobile_passcode", &auth.phone, "valid_passcode"),
        Habit::TouchId if browser => {
            ("WebAuthn Chrome Touch ID", &auth.credential, "user_approved")
        }
        Habit::SecurityKey if browser => {
            ("WebAuthn Security Key", &auth.credential, "user_approved")
        }
        Habit::TouchId | Habit::SecurityKey => push,
        Habit::Phone => ("phone_call", &auth.phone, "user_approved"),
        Habit::Sms => ("sms_passcode", &auth.phone, "valid_passcode"),
        Habit::Token => ("hardware_token", &auth.token, "valid_passcode"),
        Habit::Yubikey => ("yubikey_code", &auth.token, "valid_passcode"),
    }
}

/// Why a sign-in failed: what fits the factor, or a policy.
fn refused(factor: &str, number: u16) -> &'static str {
    if number.is_multiple_of(5) {
        return pick::<&str>(
            &[
                "out_of_date",
                "endpoint_is_not_trusted",
                "location_restricted",
                "software_restricted",
                "no_screen_lock",
                "locked_out",
                "no_disk_encryption",
            ],
            usize::from(number / 5),
        );
    }
    match factor {
        "duo_push" => pick::<&str>(
            &["no_response", "user_cancelled", "no_response", "user_mistake"],
            usize::from(number),
        ),
        "phone_call" => pick::<&str>(&["call_timed_out", "no_keys_pressed"], usize::from(number)),
        "remembered_device" | "trusted_network" | "not_available" => "denied_by_policy",
        _ => pick::<&str>(&["invalid_passcode", "invalid_passcode", "error"], usize::from(number)),
    }
}

/// Makes `n` authentication records spread evenly from one instant up to, and without, another,
/// oldest first: fuel for measurements.
pub fn bulk_authentication(
    seed: u64,
    n: usize,
    from: UnixMillis,
    until: UnixMillis,
) -> Vec<Published> {
    let people = staff(seed, 500);
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut buffer = String::with_capacity(4096);
    let mut id = String::with_capacity(36);
    let span = i128::from(until.0) - i128::from(from.0);
    let step = |i: usize| span * i as i128 / n.max(1) as i128;
    (0..n)
        .map(|i| {
            let gap = u64::try_from(step(i + 1) - step(i)).unwrap_or_default();
            let early = i64::try_from(step(i)).unwrap_or_default();
            let jitter = if gap > 1 { chance.u64(..gap) as i64 } else { 0 };
            let at = UnixMillis(from.0 + early + jitter);
            let person = pick(&people, chance.usize(..));
            let sign_in = ordinary(at, person, &mut chance);
            buffer.clear();
            id.clear();
            push_uuid(&mut id, &mut chance);
            write_with_id(&mut buffer, &sign_in, &id, chance.u32(..));
            Published { at, body: buffer.as_str().into() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_records_are_sorted_whole_and_of_duos_size() {
        let (from, until) = (UnixMillis(1_790_000_000_000), UnixMillis(1_794_000_000_000));
        let records = bulk_authentication(3, 3000, from, until);
        assert_eq!(records.len(), 3000);
        assert!(records.is_sorted_by_key(|record| record.at));
        assert!(records.iter().all(|record| from <= record.at && record.at < until));
        for record in &records {
            let value: serde_json::Value = serde_json::from_str(&record.body).unwrap();
            assert_eq!(value["timestamp"], record.at.floor_secs().0);
        }
        let bytes: usize = records.iter().map(|record| record.body.len()).sum();
        let average = bytes / records.len();
        assert!((1100..1400).contains(&average), "{average} bytes");
    }

    #[test]
    #[ignore = "a measurement: cargo test --release --lib bulk_speed -- --ignored --nocapture"]
    fn bulk_speed() {
        let (from, until) = (UnixMillis(1_790_000_000_000), UnixMillis(1_794_000_000_000));
        let start = std::time::Instant::now();
        let records = bulk_authentication(1, 1_000_000, from, until);
        let secs = start.elapsed().as_secs_f64();
        let bytes: usize = records.iter().map(|record| record.body.len()).sum();
        println!("{:.0} records/s, {} bytes each", 1e6 / secs, bytes / records.len());
    }

    #[test]
    fn many_records_in_little_time_still_lie_inside_it() {
        let records = bulk_authentication(3, 1000, UnixMillis(5000), UnixMillis(5100));
        assert!(records.iter().all(|record| (5000..5100).contains(&record.at.0)));
    }
}
