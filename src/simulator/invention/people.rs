//! The people of an organization: who they are, what they carry, where they sit.
//!
//! Everything a sign-in says about a person is written once here, as JSON, and only copied later.

use serde_json::{Value, json};

use super::places::{OFFICES, Place};
use super::text::{key, quoted, uuid};

/// First names, and how they are spelled in addresses.
const FIRST: [(&str, &str); 24] = [
    ("Priya", "priya"),
    ("Tomás", "tomas"),
    ("Zoë", "zoe"),
    ("Olu", "olu"),
    ("Søren", "soren"),
    ("Grace", "grace"),
    ("Jean-Luc", "jeanluc"),
    ("Ngọc", "ngoc"),
    ("Agnieszka", "agnieszka"),
    ("Malik", "malik"),
    ("Faruk", "faruk"),
    ("Ingrid", "ingrid"),
    ("Rahul", "rahul"),
    ("Daniela", "daniela"),
    ("Siobhán", "siobhan"),
    ("Kenji", "kenji"),
    ("Amara", "amara"),
    ("Lukas", "lukas"),
    ("Yasmin", "yasmin"),
    ("Petra", "petra"),
    ("Mateus", "mateus"),
    ("Wei", "wei"),
    ("Hannah", "hannah"),
    ("Omar", "omar"),
];

/// Last names, likewise.
const LAST: [(&str, &str); 23] = [
    ("Nair", "nair"),
    ("Núñez", "nunez"),
    ("Ångström", "angstrom"),
    ("Idowu", "idowu"),
    ("Bäcker", "baecker"),
    ("Whitfield", "whitfield"),
    ("Morel", "morel"),
    ("Nguyễn", "nguyen"),
    ("Kowalczyk", "kowalczyk"),
    ("Rahman", "rahman"),
    ("Müller", "mueller"),
    ("Lindqvist", "lindqvist"),
    ("Patel", "patel"),
    ("Costa", "costa"),
    ("O'Connor", "oconnor"),
    ("Tanaka", "tanaka"),
    ("Okafor", "okafor"),
    ("Novák", "novak"),
    ("Haddad", "haddad"),
    ("Schneider", "schneider"),
    ("Silva", "silva"),
    ("Chen", "chen"),
    ("Fischer", "fischer"),
];

/// People whose login is written in their own script.
const OWN_SCRIPT: [(&str, &str); 3] =
    [("李小龍", "xl.li"), ("Дмитро Шевченко", "d.shevchenko"), ("محمد الفاسي", "m.alfassi")];

const GROUPS: [&str; 8] = [
    "All Staff",
    "Finance (from AD sync \"CORP AD\")",
    "Engineering",
    "VPN Users",
    "研究開發",
    "Domain Admins (from AD sync \"CORP AD\")",
    "Contractors",
    "Payroll",
];

/// What somebody approves with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    Push,
    Passcode,
    TouchId,
    SecurityKey,
    Phone,
    Sms,
    Token,
    Yubikey,
}

/// One person, with what the logs say of them ready to be copied.
#[derive(Debug)]
pub struct Person {
    pub key: String,
    pub login: String,
    pub real_name: String,
    pub email: String,
    pub office: &'static Place,
    pub habit: Habit,
    /// How many of a hundred sign-ins come from home.
    pub at_home: u8,
    /// E.164.
    pub number: String,
    pub phone_key: String,
    pub hostname: String,
    pub user_json: String,
    pub email_json: String,
    pub session_json: String,
    pub access: Access,
    pub auth: Auth,
    groups: Vec<&'static str>,
}

/// What somebody signs in from, as `access_device`.
#[derive(Debug)]
pub struct Access {
    pub office: String,
    pub home: String,
    pub phone: String,
    /// A VPN gateway: it tells little.
    pub gateway: String,
    /// A server without a browser.
    pub server: String,
}

/// What somebody approves with, as `auth_device`.
#[derive(Debug)]
pub struct Auth {
    pub phone_at_office: String,
    pub phone_at_home: String,
    /// Passcodes and calls: the phone is known, not where it is.
    pub phone: String,
    pub token: String,
    pub credential: String,
    pub nothing: String,
}

impl Person {
    /// The person as the users endpoint tells it.
    pub fn directory_entry(&self) -> String {
        json!({
            "alias1": null,
            "aliases": {},
            "created": 1_709_373_600,
            "email": self.email,
            "enable_auto_prompt": true,
            "groups": self.groups,
            "is_enrolled": true,
            "last_directory_sync": null,
            "lockout_reason": null,
            "notes": "",
            "phones": [{
                "activated": true,
                "number": self.number,
                "phone_id": self.phone_key,
                "platform": "Apple iOS",
                "type": "Mobile",
            }],
            "realname": self.real_name,
            "status": "active",
            "tokens": [],
            "user_id": self.key,
            "username": self.login,
        })
        .to_string()
    }
}

/// The people of an organization.
pub fn staff(seed: u64, count: usize) -> Vec<Person> {
    let mut chance = fastrand::Rng::with_seed(seed);
    (0..count.max(4)).map(|n| person(n, &mut chance)).collect()
}

fn person(n: usize, chance: &mut fastrand::Rng) -> Person {
    let (real_name, login, email) = names(n);
    // Half of all people sit in the first office.
    let office = pick(&OFFICES, (n % 10).saturating_sub(4));
    let habit = match n % 20 {
        0..=11 => Habit::Push,
        12 => Habit::Passcode,
        13 | 14 => Habit::TouchId,
        15 => Habit::SecurityKey,
        16 => Habit::Phone,
        17 => Habit::Sms,
        18 => Habit::Token,
        _ => Habit::Yubikey,
    };
    let mut groups = vec!["All Staff"];
    if !n.is_multiple_of(6) {
        groups.push(*pick(&GROUPS, 1 + n % (GROUPS.len() - 1)));
    }
    let user_key = key("DU", chance);
    let phone_key = key("DP", chance);
    let hostname = match n % 9 {
        4 => format!("MALMÖ-LT-{n}"),
        _ => format!("{}-LT-{n:04}", ["FIN", "ENG", "OPS"].get(n % 3).unwrap_or(&"OPS")),
    };
    let (number, label) = phone_number(n);
    let name = match n % 4 {
        0 => format!("Work iPhone ({label})"),
        1 => format!("Pixel 9 ({label})"),
        _ => label,
    };
    Person {
        user_json: json!({"groups": groups, "key": user_key, "name": login}).to_string(),
        session_json: json!({"trusted_session_uuid": uuid(chance)}).to_string(),
        // Some people have no address in Duo.
        email_json: if n % 17 == 9 { "null".to_owned() } else { quoted(&email) },
        access: access(n, office, &hostname, chance),
        auth: auth(n, office, &phone_key, &name, chance),
        key: user_key,
        login,
        real_name,
        email,
        office,
        habit,
        at_home: if n.is_multiple_of(5) { 85 } else { 30 },
        number,
        phone_key,
        hostname,
        groups,
    }
}

fn names(n: usize) -> (String, String, String) {
    if n % 29 == 11 {
        let (name, ascii) = *pick(&OWN_SCRIPT, n / 29);
        return (name.to_owned(), name.to_owned(), format!("{ascii}@example.org"));
    }
    let (first, first_ascii) = *pick(&FIRST, n);
    let (last, last_ascii) = *pick(&LAST, n + n / FIRST.len());
    // Many people share few names: from the second round on they are numbered.
    let round = n / (FIRST.len() * LAST.len());
    let again = if round == 0 { String::new() } else { round.to_string() };
    let email = format!("{first_ascii}.{last_ascii}{again}@example.com");
    let login = match n % 5 {
        0 | 1 => email.clone(),
        2 => format!("{first_ascii}.{last_ascii}{again}"),
        3 => format!("{first_ascii}.{}{again}", last.to_lowercase()),
        _ => format!("{first_ascii}{last_ascii}{again}"),
    };
    (format!("{first} {last}"), login, email)
}

/// A number kept for stories: 555-01xx in the United States, 020 7946 0xxx in London.
fn phone_number(n: usize) -> (String, String) {
    let line = n % 100;
    if n % 10 == 5 {
        return (format!("+4420794600{line:02}"), format!("020 7946 00{line:02}"));
    }
    let area = pick(&[734, 614, 312, 206, 415, 303, 646, 512], n / 100);
    (format!("+1{area}55501{line:02}"), format!("{area}-555-01{line:02}"))
}

fn access(n: usize, office: &Place, hostname: &str, chance: &mut fastrand::Rng) -> Access {
    let endpoint = key("EP", chance);
    let (browser, version, os, os_version) = *pick(
        &[
            ("Chrome", "141.0.0.0", "Windows", "11"),
            ("Edge", "141.0.0.0", "Windows", "11"),
            ("Chrome", "141.0.0.0", "Mac OS X", "15.1"),
            ("Safari", "18.1", "Mac OS X", "15.1"),
            ("Firefox", "144.0", "Linux", "Unknown"),
            ("Edge", "140.0.0.0", "Windows", "10"),
        ],
        n,
    );
    let agents = match n % 4 {
        0 => {
            json!([{"security_agent": "Microsoft Defender for Endpoint", "version": "10.8821.26100.1"}])
        }
        1 => json!([{"security_agent": "CrowdStrike Falcon", "version": "7.20.19103"}]),
        2 => json!([]),
        _ => json!("unknown"),
    };
    // Without Duo Desktop, nothing is known about the state of the computer.
    let known = n % 4 < 2;
    let state = |good: bool| if known { json!(good) } else { json!("unknown") };
    let laptop = |ip: Value, location: Value| {
        json!({
            "browser": browser,
            "browser_version": version,
            "epkey": endpoint,
            "flash_version": "uninstalled",
            "hostname": if known { json!(hostname) } else { Value::Null },
            "ip": ip,
            "is_encryption_enabled": state(n % 11 != 3),
            "is_firewall_enabled": state(true),
            "is_password_set": state(true),
            "java_version": "uninstalled",
            "location": location,
            "management_agents": [],
            "os": os,
            "os_version": os_version,
            "security_agents": agents,
        })
        .to_string()
    };
    let home = home_address(n);
    let apple = n.is_multiple_of(2);
    let gateway = match n % 3 {
        0 => bare(json!("0.0.0.0"), nowhere()),
        // Some gateways tell the port as well.
        1 => bare(
            json!(format!("203.0.113.{}:{}", 1 + n % 180, 40_000 + n % 20_000)),
            office.location(),
        ),
        _ => bare(json!(home), office.location()),
    };
    Access {
        office: laptop(json!(office.address), office.location()),
        home: laptop(json!(home), home_location(n, office)),
        phone: json!({
            "browser": if apple { "Mobile Safari" } else { "Chrome Mobile" },
            "browser_version": if apple { "18.1" } else { "141.0.0.0" },
            "epkey": null,
            "flash_version": null,
            "hostname": null,
            "ip": home,
            "is_encryption_enabled": "unknown",
            "is_firewall_enabled": "unknown",
            "is_password_set": "unknown",
            "java_version": null,
            "location": home_location(n, office),
            "management_agents": [],
            "os": if apple { "iOS" } else { "Android" },
            "os_version": if apple { "18.1" } else { "16" },
            "security_agents": "unknown",
        })
        .to_string(),
        gateway,
        server: bare(json!(office.address), office.location()),
    }
}

/// An access device that tells nothing but an address.
pub fn bare(ip: Value, location: Value) -> String {
    json!({
        "browser": null,
        "browser_version": null,
        "epkey": null,
        "flash_version": null,
        "hostname": null,
        "ip": ip,
        "is_encryption_enabled": "unknown",
        "is_firewall_enabled": "unknown",
        "is_password_set": "unknown",
        "java_version": null,
        "location": location,
        "management_agents": [],
        "os": null,
        "os_version": null,
        "security_agents": [],
    })
    .to_string()
}

fn auth(n: usize, office: &Place, phone_key: &str, name: &str, chance: &mut fastrand::Rng) -> Auth {
    let device = |ip: Value, key: Value, name: Value, location: Value| {
        json!({
            "ip": ip,
            "key": key,
            "location": location,
            "name": name,
            "serial": null,
            "type": null,
        })
        .to_string()
    };
    let home = json!(home_address(n));
    let token = format!("HOTP 6-digit {:08}", 419_000 + n);
    Auth {
        phone_at_office: device(
            json!(office.address),
            json!(phone_key),
            json!(name),
            office.location(),
        ),
        phone_at_home: device(home, json!(phone_key), json!(name), home_location(n, office)),
        phone: device(Value::Null, json!(phone_key), json!(name), nowhere()),
        token: device(Value::Null, json!(key("DH", chance)), json!(token), nowhere()),
        credential: device(
            Value::Null,
            json!(key("WA", chance)),
            json!("Security Key 5C"),
            nowhere(),
        ),
        nothing: device(Value::Null, Value::Null, Value::Null, nowhere()),
    }
}

fn home_address(n: usize) -> String {
    if n % 7 == 3 {
        format!("2001:db8:{:x}::{:x}", 0x100 + n, 1 + n % 9)
    } else {
        format!("203.0.113.{}", 1 + n % 190)
    }
}

/// Geolocation knows some homes well, some by the country, some not at all.
fn home_location(n: usize, office: &Place) -> Value {
    match n % 13 {
        5 => json!({"city": null, "country": office.country, "state": null}),
        8 => json!({"city": "-", "country": "-", "state": "-"}),
        _ => office.location(),
    }
}

fn nowhere() -> Value {
    json!({"city": null, "country": null, "state": null})
}

/// One of several, by a number of any size.
pub fn pick<T>(from: &[T], n: usize) -> &T {
    // All lists here are constants with at least one entry.
    #[expect(clippy::indexing_slicing, reason = "the index is taken modulo the length")]
    &from[n % from.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everybody_has_a_login_of_their_own() {
        let people = staff(1, 1500);
        let logins: BTreeSet<&str> = people.iter().map(|person| person.login.as_str()).collect();
        // The three names in their own script come again in a very large organization.
        assert!(logins.len() > 1440, "{}", logins.len());
        let small: BTreeSet<String> = staff(1, 87).into_iter().map(|person| person.login).collect();
        assert_eq!(small.len(), 87);
    }
}
