//! What it means when Duo, or something in between, does not answer as asked.
//!
//! Promises: pure; the kind says what a person or the program does next; the code, message and
//! detail Duo sent are kept and shown, because they are what Duo's support asks for.
//!
//! The first three digits of a code are the HTTP status. Codes and texts: the errors section of
//! <https://duo.com/docs/adminapi>, Duo's `duo_client_python`, and reports in the issues of
//! `duo_log_sync` (a start more than 180 days back) and `duo_unix` (what each 401 means).

use std::time::Duration;

use crate::base::Problem;
use crate::net::Cause;
use crate::record::LogType;

/// One failed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it comes down to.
    pub kind: FailureKind,
    /// The HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// Duo's code, such as 40103.
    pub code: Option<u32>,
    /// Duo's message.
    pub message: Option<String>,
    /// Duo's detail, which often names the parameter.
    pub detail: Option<String>,
    /// How long the far side asked us to wait.
    pub retry_after: Option<Duration>,
    /// The technical cause, for the log.
    pub chain: String,
}

/// What a failed request comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Nothing answers at that address.
    Unreachable,
    /// The hostname is not known.
    DnsFailed,
    /// No answer in time.
    TimedOut,
    /// The certificate is not trusted.
    TlsUntrusted,
    /// No secure connection could be made.
    TlsFailed,
    /// The answer broke off.
    Interrupted,
    /// The answer is larger than we take.
    TooLarge,
    /// Something other than Duo answered.
    NotDuo,
    /// 429.
    RateLimited,
    /// 5xx.
    ServerError,
    /// 400: our request is wrong.
    BadRequest,
    /// 400: the start lies further back than Duo keeps.
    TooFarBack,
    /// 400: the cursor is no longer good.
    CursorRefused,
    /// 40102.
    KeyUnknown,
    /// 40103.
    SignatureRefused,
    /// 40104 and 40105, even with Duo's own time.
    ClockWrong,
    /// 40101.
    CredentialsMissing,
    /// 40301: the keys are right, a permission is missing.
    Forbidden,
    /// 40301 because the keys belong to another kind of application.
    WrongApplication,
    /// 404, 410.
    NotFound,
    /// The proxy refused.
    ProxyRefused,
}

/// What the program does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The same again, later.
    Retry,
    /// Stop asking until a person has done something at Duo or in the settings.
    Denied,
    /// This account does not have this log.
    NotAvailable,
    /// Ask for fewer records at once.
    Narrow,
    /// Read the window again from its start.
    RestartWindow,
    /// Move the start forward to what Duo still keeps.
    ClampStart,
    /// Asking again would not help.
    GiveUp,
}

impl Failure {
    /// A failure without an answer from Duo.
    pub fn new(kind: FailureKind, chain: impl Into<String>) -> Self {
        Self {
            kind,
            http_status: None,
            code: None,
            message: None,
            detail: None,
            retry_after: None,
            chain: chain.into(),
        }
    }

    /// A failure of the connection.
    pub fn from_cause(cause: Cause, chain: impl Into<String>) -> Self {
        let kind = match cause {
            Cause::Unreachable => FailureKind::Unreachable,
            Cause::DnsFailed => FailureKind::DnsFailed,
            Cause::TimedOut => FailureKind::TimedOut,
            Cause::TlsUntrusted => FailureKind::TlsUntrusted,
            Cause::TlsFailed => FailureKind::TlsFailed,
            Cause::Interrupted => FailureKind::Interrupted,
            Cause::ProxyRefused => FailureKind::ProxyRefused,
        };
        Self::new(kind, chain)
    }

    /// A failure Duo told in its envelope.
    pub fn from_envelope(
        http_status: u16,
        code: Option<u32>,
        message: Option<String>,
        detail: Option<String>,
    ) -> Self {
        let kind = envelope_kind(http_status, code, detail.as_deref());
        let chain = format!("HTTP {http_status}");
        Self { http_status: Some(http_status), code, message, detail, ..Self::new(kind, chain) }
    }

    /// A failure from an answer that is not Duo's envelope.
    pub fn from_foreign(http_status: u16, body: &[u8]) -> Self {
        let kind = match http_status {
            429 => FailureKind::RateLimited,
            500..=599 => FailureKind::ServerError,
            407 => FailureKind::ProxyRefused,
            // A retired log may be answered by the web server in front, in its own format.
            404 | 410 => FailureKind::NotFound,
            _ => FailureKind::NotDuo,
        };
        let chain = format!("HTTP {http_status}, {}", sketch(body));
        Self { http_status: Some(http_status), ..Self::new(kind, chain) }
    }

    /// What the program does about it.
    pub fn reaction(&self) -> Reaction {
        use FailureKind as Kind;
        match self.kind {
            Kind::Unreachable
            | Kind::DnsFailed
            | Kind::TimedOut
            | Kind::TlsUntrusted
            | Kind::TlsFailed
            | Kind::Interrupted
            | Kind::NotDuo
            | Kind::RateLimited
            | Kind::ServerError
            | Kind::ClockWrong
            | Kind::ProxyRefused => Reaction::Retry,
            Kind::KeyUnknown
            | Kind::SignatureRefused
            | Kind::CredentialsMissing
            | Kind::Forbidden
            | Kind::WrongApplication => Reaction::Denied,
            Kind::NotFound => Reaction::NotAvailable,
            Kind::TooLarge => Reaction::Narrow,
            Kind::CursorRefused => Reaction::RestartWindow,
            Kind::TooFarBack => Reaction::ClampStart,
            Kind::BadRequest => Reaction::GiveUp,
        }
    }

    /// The failure as a person reads it.
    pub fn problem(&self) -> Problem {
        let (what, next) = words(self.kind);
        // The library's name for a self-signed server, which no root can vouch for.
        if self.chain.contains("CaUsedAsEndEntity") {
            return Problem::new(what)
                .because("it is an authority's own certificate, used for a server")
                .next(
                    "give that server a certificate signed by an authority, and name the \
                     authority's certificate as ca_file in the section [network] of the settings",
                );
        }
        Problem::new(what).because(self.because()).next(next)
    }

    /// The words for one log: Trust Monitor is refused to most accounts, and that is normal.
    pub fn problem_with(&self, log_type: LogType) -> Problem {
        if self.kind == FailureKind::Forbidden && log_type == LogType::TrustMonitor {
            return Problem::new("Duo does not allow Trust Monitor to this account")
                .because(self.because())
                .next(
                    "nothing to do if the plan lacks Trust Monitor, as most do; else tick \u{201c}Grant \
                     read log\u{201d} in the Duo Admin Panel",
                );
        }
        self.problem()
    }

    fn because(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        if let Some(message) = &self.message {
            parts.push(format!("Duo says \u{201c}{message}\u{201d}"));
        }
        if let Some(detail) = &self.detail {
            parts.push(detail.clone());
        }
        match (self.code, self.message.is_some()) {
            (Some(code), true) => parts.push(format!("code {code}")),
            (Some(code), false) => parts.push(format!("{}, code {code}", self.chain)),
            (None, _) => parts.push(self.chain.clone()),
        }
        parts.join(", ")
    }
}

/// What the envelope's code and detail mean.
fn envelope_kind(http_status: u16, code: Option<u32>, detail: Option<&str>) -> FailureKind {
    let code = code.unwrap_or(u32::from(http_status) * 100);
    let detail = detail.unwrap_or_default().to_lowercase();
    match code {
        40101 => FailureKind::CredentialsMissing,
        40102 => FailureKind::KeyUnknown,
        40103 => FailureKind::SignatureRefused,
        40104 | 40105 => FailureKind::ClockWrong,
        // A 401 nobody has described; the keys are the likeliest reason.
        40100..=40199 => FailureKind::KeyUnknown,
        40300..=40399 if detail.contains("wrong integration type") => FailureKind::WrongApplication,
        40300..=40399 => FailureKind::Forbidden,
        40400..=40499 | 41000..=41099 => FailureKind::NotFound,
        42900..=42999 => FailureKind::RateLimited,
        50000..=59999 => FailureKind::ServerError,
        40000..=49999 if is_too_far_back(&detail) => FailureKind::TooFarBack,
        40000..=49999 if detail.contains("offset") => FailureKind::CursorRefused,
        40000..=49999 => FailureKind::BadRequest,
        _ => FailureKind::NotDuo,
    }
}

fn is_too_far_back(detail: &str) -> bool {
    detail.contains("mintime") && detail.contains("within the past")
}

/// What happened and what to do, for each kind.
fn words(kind: FailureKind) -> (&'static str, &'static str) {
    match kind {
        FailureKind::Unreachable => (
            "Duo could not be reached",
            "check this computer's network, the proxy if one is set, and whether a firewall lets \
             it reach port 443 of the API hostname",
        ),
        FailureKind::DnsFailed => (
            "The API hostname could not be looked up",
            "compare the API hostname with the Duo Admin Panel, and check this computer's DNS",
        ),
        FailureKind::TimedOut => (
            "Duo did not answer in time",
            "check this computer's network; the program keeps trying",
        ),
        FailureKind::TlsUntrusted => (
            "The server's certificate is not trusted",
            "if your organization inspects TLS traffic, name its root certificate as ca_file in \
             the section [network] of the settings, or exempt Duo from inspection; if the \
             certificate is said to be expired or not yet valid, check this computer's clock",
        ),
        FailureKind::TlsFailed => (
            "No secure connection could be made",
            "check that the API hostname and port are right and that nothing in between blocks \
             TLS 1.2 and newer",
        ),
        FailureKind::Interrupted => (
            "The answer broke off",
            "nothing to do: the program asks again; if it keeps happening, look at the proxy or \
             firewall in between",
        ),
        FailureKind::TooLarge => (
            "The answer is larger than this program takes",
            "nothing to do: the program asks for fewer records at once",
        ),
        FailureKind::NotDuo => (
            "Something other than Duo answered",
            "check the API hostname, and whether a proxy or a network sign-in page stands in \
             between",
        ),
        FailureKind::RateLimited => (
            "Duo limits how often it may be asked",
            "nothing to do: the program slows down; another tool on the same Duo account may be \
             asking too",
        ),
        FailureKind::ServerError => (
            "Duo has a trouble of its own",
            "nothing to do: the program keeps trying; status.duo.com tells of known troubles",
        ),
        FailureKind::BadRequest => (
            "Duo did not accept the request",
            "report this with the code and the detail: the program asked wrongly",
        ),
        FailureKind::TooFarBack => (
            "Duo does not keep records from that long ago",
            "nothing to do: the program starts at the oldest day Duo still keeps (180 days at \
             most)",
        ),
        FailureKind::CursorRefused => (
            "Duo no longer knows the place where reading stopped",
            "nothing to do: the program reads that stretch again from its start",
        ),
        FailureKind::KeyUnknown => (
            "Duo does not know the integration key",
            "copy the integration key and the API hostname again from the application's page in \
             the Duo Admin Panel; both must come from the same application",
        ),
        FailureKind::SignatureRefused => (
            "Duo refused the signature: the secret key does not belong to this integration key",
            "copy the secret key again from the application's page in the Duo Admin Panel; if it \
             was reset there, the old one no longer works",
        ),
        FailureKind::ClockWrong => (
            "Duo refused the time of the request",
            "set this computer's clock, and turn on setting it automatically; if it is right, a \
             proxy may be changing the Date header",
        ),
        FailureKind::CredentialsMissing => (
            "The credentials did not arrive at Duo",
            "a proxy in between may remove the Authorization header: exempt the API hostname \
             from inspection",
        ),
        FailureKind::Forbidden => (
            "Duo accepted the keys but does not allow this",
            "in the Duo Admin Panel, open the Admin API application and tick the permission (for \
             the logs: \u{201c}Grant read log\u{201d}); if it is ticked, the application may allow only certain networks, or the plan lacks \
             this feature",
        ),
        FailureKind::WrongApplication => (
            "The keys belong to another kind of application",
            "in the Duo Admin Panel, choose Applications, protect an application of the type \
             \u{201c}Admin API\u{201d}, and use its keys",
        ),
        FailureKind::NotFound => (
            "Duo does not offer this to the account",
            "nothing to do if the log was retired; else compare the API hostname with the Duo \
             Admin Panel",
        ),
        FailureKind::ProxyRefused => (
            "The proxy refused to connect",
            "check the proxy's address, its user and password, and whether it lets through the \
             API hostname",
        ),
    }
}

/// A word or two about a body that is not Duo's, without quoting it: it may hold anything.
fn sketch(body: &[u8]) -> &'static str {
    let start = body.iter().find(|byte| !byte.is_ascii_whitespace());
    match start {
        None => "an empty answer",
        Some(b'<') => "a web page",
        Some(b'{' | b'[') => "JSON that is not Duo's",
        Some(_) => "not JSON",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_details_become_kinds_and_reactions() {
        use FailureKind::*;
        type Row = (u16, Option<u32>, Option<&'static str>, FailureKind, Reaction);
        let table: &[Row] = &[
            (
                400,
                Some(40002),
                Some("'mintime' must be a timestamp in milliseconds"),
                BadRequest,
                Reaction::GiveUp,
            ),
            (400, Some(40002), None, BadRequest, Reaction::GiveUp),
            (
                400,
                Some(40002),
                Some("mintime must be within the past 180 days"),
                TooFarBack,
                Reaction::ClampStart,
            ),
            (
                400,
                Some(40002),
                Some("next_offset is not valid"),
                CursorRefused,
                Reaction::RestartWindow,
            ),
            (401, Some(40101), None, CredentialsMissing, Reaction::Denied),
            (401, Some(40102), None, KeyUnknown, Reaction::Denied),
            (401, Some(40103), None, SignatureRefused, Reaction::Denied),
            (401, Some(40104), None, ClockWrong, Reaction::Retry),
            (401, Some(40105), None, ClockWrong, Reaction::Retry),
            (401, None, None, KeyUnknown, Reaction::Denied),
            (403, Some(40301), None, Forbidden, Reaction::Denied),
            (
                403,
                Some(40301),
                Some("Wrong integration type for this API."),
                WrongApplication,
                Reaction::Denied,
            ),
            (404, Some(40401), None, NotFound, Reaction::NotAvailable),
            (405, Some(40501), None, BadRequest, Reaction::GiveUp),
            (410, None, None, NotFound, Reaction::NotAvailable),
            (429, Some(42901), None, RateLimited, Reaction::Retry),
            (200, Some(42901), None, RateLimited, Reaction::Retry),
            (500, Some(50000), None, ServerError, Reaction::Retry),
            (503, None, None, ServerError, Reaction::Retry),
            (200, None, None, NotDuo, Reaction::Retry),
        ];
        for (status, code, detail, kind, reaction) in table {
            let failure = Failure::from_envelope(*status, *code, None, detail.map(str::to_owned));
            assert_eq!(
                (failure.kind, failure.reaction()),
                (*kind, *reaction),
                "{status} {code:?} {detail:?}"
            );
        }
    }

    #[test]
    fn answers_that_are_not_duos_are_told_by_their_status() {
        use FailureKind::*;
        for (status, kind) in [
            (200, NotDuo),
            (302, NotDuo),
            (403, NotDuo),
            (404, NotFound),
            (407, ProxyRefused),
            (429, RateLimited),
            (502, ServerError),
        ] {
            assert_eq!(Failure::from_foreign(status, b"<html>").kind, kind, "{status}");
        }
    }

    #[test]
    fn a_problem_shows_what_duo_said() {
        let message = Some("Invalid signature in request credentials".to_owned());
        let problem = Failure::from_envelope(401, Some(40103), message, None).problem();
        assert_eq!(
            problem.because.unwrap(),
            "Duo says \u{201c}Invalid signature in request credentials\u{201d}, code 40103"
        );
    }
}
