//! What can go wrong between a client and Duo, and when it shall.
//!
//! Promises: a rule strikes exactly as often as it says; chance is drawn from a seed, so a run can
//! be repeated.

use std::time::Duration;

/// The longest an answer is held back, however long a rule asks for.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What a failing answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Duo's own envelope.
    Json,
    /// A page, as gateways and portals send.
    Html,
}

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An HTTP status instead of the answer: 500, 502, 503, …
    Status(u16, Look),
    /// 429, with or without `Retry-After` in seconds.
    TooManyRequests(Option<u64>),
    /// The connection is reset before anything is answered.
    ResetBefore,
    /// The connection is reset in the middle of the body.
    ResetMidBody,
    /// The connection ends before the announced length is reached.
    TruncatedBody,
    /// A web page with status 200, as a captive portal sends.
    HtmlInstead,
    /// Status 200 and nothing.
    EmptyBody,
    /// Status 200, and JSON that breaks off.
    InvalidJson,
    /// The body arrives in small pieces over this time.
    SlowBody(Duration),
    /// Nothing happens for this time; then the answer comes.
    Hang(Duration),
    /// The connection is closed instead of the TLS handshake. Takes no path.
    TlsRefused,
    /// The page names the cursor it was asked with as the next. Strikes only requests with a
    /// cursor.
    RepeatedCursor,
    /// An empty page with a cursor; following the cursor loses nothing.
    EmptyPageWithOffset,
    /// The cursor is refused with 400. Strikes only requests with a cursor.
    CursorRefused,
    /// The answer, followed by this many bytes of blanks.
    OversizedBody(u64),
    /// `total_objects` is this number, whatever is true.
    WrongTotal(u64),
    /// `total_objects` is left out.
    NoTotal,
}

impl Fault {
    const fn needs_cursor(&self) -> bool {
        matches!(self, Self::RepeatedCursor | Self::CursorRefused)
    }
}

/// When a fault strikes: at every matching request unless limited.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    fault: Fault,
    path: Option<String>,
    left: Option<u32>,
    skip: u32,
    probability: f64,
}

impl Rule {
    /// Strikes at every request.
    pub const fn new(fault: Fault) -> Self {
        Self { fault, path: None, left: None, skip: 0, probability: 1.0 }
    }

    /// Strikes only at paths that begin so.
    #[must_use]
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Strikes so many times, then never again.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.left = Some(times);
        self
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub const fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// Strikes with this probability, between 0 and 1.
    #[must_use]
    pub const fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    fn strikes(&mut self, chance: &mut fastrand::Rng) -> bool {
        if self.left == Some(0) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if chance.f64() >= self.probability {
            return false;
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        true
    }
}

/// The rules in force.
#[derive(Debug)]
pub struct Faults {
    rules: Vec<Rule>,
    chance: fastrand::Rng,
    struck: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { rules: Vec::new(), chance: fastrand::Rng::with_seed(1), struck: 0 }
    }
}

impl Faults {
    /// Adds a rule; where several match, the first that strikes wins.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// Forgets all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// Sets what chance is drawn from.
    pub fn seed(&mut self, seed: u64) {
        self.chance = fastrand::Rng::with_seed(seed);
    }

    /// How many times a rule has struck.
    pub const fn struck(&self) -> u64 {
        self.struck
    }

    /// Whether the connection is to be closed at once.
    pub(super) fn at_accept(&mut self) -> bool {
        self.pick(|rule| rule.fault == Fault::TlsRefused).is_some()
    }

    /// What shall go wrong with a request.
    pub(super) fn at_request(&mut self, path: &str, has_cursor: bool) -> Option<Fault> {
        self.pick(|rule| {
            rule.fault != Fault::TlsRefused
                && (has_cursor || !rule.fault.needs_cursor())
                && rule.path.as_deref().is_none_or(|start| path.starts_with(start))
        })
    }

    fn pick(&mut self, matches: impl Fn(&Rule) -> bool) -> Option<Fault> {
        for rule in &mut self.rules {
            if matches(rule) && rule.strikes(&mut self.chance) {
                self.struck += 1;
                return Some(rule.fault.clone());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(faults: &mut Faults, path: &str, requests: usize) -> Vec<bool> {
        (0..requests).map(|_| faults.at_request(path, true).is_some()).collect()
    }

    #[test]
    fn a_rule_strikes_as_often_as_it_says_where_it_says() {
        let mut faults = Faults::default();
        faults.add(Rule::new(Fault::EmptyBody).on("/admin/v2/").after(1).times(2));
        assert_eq!(strikes(&mut faults, "/admin/v1/info/summary", 2), [false, false]);
        assert_eq!(strikes(&mut faults, "/admin/v2/logs/activity", 4), [false, true, true, false]);
        assert_eq!(faults.struck(), 2);
    }

    #[test]
    fn chance_repeats_with_the_same_seed() {
        let run = |seed| {
            let mut faults = Faults::default();
            faults.seed(seed);
            faults.add(Rule::new(Fault::EmptyBody).with_probability(0.3));
            strikes(&mut faults, "/", 200)
        };
        assert_eq!(run(7), run(7));
        let struck = run(7).iter().filter(|struck| **struck).count();
        assert!((30..90).contains(&struck), "{struck}");
    }

    #[test]
    fn a_fault_of_cursors_waits_for_a_cursor() {
        let mut faults = Faults::default();
        faults.add(Rule::new(Fault::CursorRefused).times(1));
        assert_eq!(faults.at_request("/", false), None);
        assert_eq!(faults.at_request("/", true), Some(Fault::CursorRefused));
    }
}
