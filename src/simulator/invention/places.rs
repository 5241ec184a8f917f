//! Where people work, where they travel, and where strangers come from.

use serde_json::{Value, json};

/// A place with what a geolocation would tell of it.
#[derive(Debug)]
pub struct Place {
    pub city: Option<&'static str>,
    pub state: Option<&'static str>,
    pub country: &'static str,
    /// ISO 3166-1, as attack detectors name countries.
    pub code: &'static str,
    /// Minutes ahead of UTC, the year round.
    pub offset_minutes: i64,
    /// The address of everybody there who is behind the same gateway.
    pub address: &'static str,
}

impl Place {
    pub fn location(&self) -> Value {
        json!({"city": self.city, "country": self.country, "state": self.state})
    }
}

const fn place(
    city: Option<&'static str>,
    state: Option<&'static str>,
    (country, code): (&'static str, &'static str),
    offset_minutes: i64,
    address: &'static str,
) -> Place {
    Place { city, state, country, code, offset_minutes, address }
}

/// The offices; the first is the largest.
pub static OFFICES: [Place; 6] = [
    place(Some("Columbus"), Some("Ohio"), ("United States", "US"), -300, "198.51.100.24"),
    place(Some("London"), Some("England"), ("United Kingdom", "GB"), 0, "198.51.100.60"),
    place(Some("Gdańsk"), Some("Pomerania"), ("Poland", "PL"), 60, "198.51.100.90"),
    place(Some("Bengaluru"), Some("Karnataka"), ("India", "IN"), 330, "198.51.100.121"),
    place(Some("Taipei"), Some("Taipei City"), ("Taiwan", "TW"), 480, "2001:db8:10::a"),
    place(Some("São Paulo"), Some("São Paulo"), ("Brazil", "BR"), -180, "198.51.100.200"),
];

/// Where people travel.
pub static TRAVELS: [Place; 4] = [
    place(Some("Madrid"), None, ("Spain", "ES"), 60, "203.0.113.201"),
    place(Some("Singapore"), None, ("Singapore", "SG"), 480, "203.0.113.214"),
    place(Some("Chicago"), Some("Illinois"), ("United States", "US"), -360, "203.0.113.228"),
    place(None, None, ("Netherlands", "NL"), 60, "2001:db8:77::1f"),
];

/// Where strangers come from.
pub static STRANGERS: [Place; 4] = [
    place(Some("Minsk"), None, ("Belarus", "BY"), 180, "192.0.2.66"),
    place(None, None, ("Netherlands", "NL"), 60, "192.0.2.201"),
    place(Some("Luanda"), Some("Luanda Province"), ("Angola", "AO"), 60, "192.0.2.77"),
    place(None, None, ("Unknown", ""), 0, "2001:db8:dead:beef::1"),
];
