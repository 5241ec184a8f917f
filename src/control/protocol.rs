//! What is said over the socket: one JSON object a line, a hello from each side first.
//!
//! Promises: the form of [`Hello`] and of [`Request::Quit`] never changes, so a newer program can
//! always tell an older one from its like, and end it; fields nobody knows are passed over; a
//! request nobody knows is refused and the connection stays.
//!
//! ```text
//! {"hello":{"protocol":1,"version":"0.1.0","role":"collector","pid":4242}}
//! {"ask":"pause","until":1780000000000}
//! {"answer":"ok"}
//! ```
//!
//! `tests/data/control-v1.jsonl` holds a conversation of protocol 1, and a test that it still goes
//! the same way. What changes the meaning of a line takes a new [`PROTOCOL`]; a new field does not.

use serde::{Deserialize, Serialize};

use crate::base::{Problem, UnixMillis};
use crate::status::Summary;

/// The version of everything but the hello.
pub const PROTOCOL: u32 = 1;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The process that collects.
    Collector,
    /// The window, and everything else that asks.
    Window,
}

impl Role {
    /// The fixed name: `collector`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collector => "collector",
            Self::Window => "window",
        }
    }
}

/// The first line of each side. Its form is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Which version of the conversation follows.
    pub protocol: u32,
    /// The program's version, for people.
    pub version: String,
    /// Who speaks.
    pub role: Role,
    /// The process that speaks.
    pub pid: u32,
}

impl Hello {
    /// This process's own.
    pub fn from_here(role: Role) -> Self {
        Self {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            role,
            pid: std::process::id(),
        }
    }
}

/// How a hello stands on its line.
#[derive(Serialize, Deserialize)]
pub(super) struct Greeting {
    pub hello: Hello,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// How collection stands.
    Status,
    /// Try every log at once.
    CollectNow,
    /// Ask nothing of Duo for a while.
    Pause {
        /// When to go on; `None` means when told to.
        #[serde(default)]
        until: Option<UnixMillis>,
    },
    /// End a pause.
    Resume,
    /// End the process, in good order. This line is frozen.
    Quit,
    /// Bring the window to the front.
    Show,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It is done, or as good as done.
    Ok,
    /// How collection stands.
    Status {
        /// All of it.
        summary: Box<Summary>,
    },
    /// It is not done.
    Refused {
        /// What happened.
        what: String,
        /// Why.
        because: Option<String>,
        /// What to do.
        next: Option<String>,
    },
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let Problem { what, because, next } = problem;
        Self::Refused { what, because, next }
    }
}

/// What a request from a speaker of this protocol version means here.
pub(super) fn read_request(line: &[u8], their_protocol: u32) -> Result<Request, Problem> {
    let request = serde_json::from_slice(line);
    if their_protocol != PROTOCOL && !matches!(request, Ok(Request::Quit)) {
        return Err(Problem::new("The two programs are of different versions")
            .because(format!("this one speaks version {PROTOCOL}, the other {their_protocol}"))
            .next("end the older one and start it again"));
    }
    request.map_err(|error| {
        Problem::new("The request was not understood")
            .because(error)
            .next("see whether both programs are of the same version")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hello_and_quit_have_their_frozen_form() {
        let hello =
            Hello { protocol: 7, version: "9.8.7".to_owned(), role: Role::Window, pid: 4242 };
        let frozen = r#"{"hello":{"protocol":7,"version":"9.8.7","role":"window","pid":4242}}"#;
        assert_eq!(serde_json::to_string(&Greeting { hello: hello.clone() }).unwrap(), frozen);
        assert_eq!(serde_json::from_str::<Greeting>(frozen).unwrap().hello, hello);
        assert_eq!(serde_json::to_string(&Request::Quit).unwrap(), r#"{"ask":"quit"}"#);
    }

    #[test]
    fn another_version_may_only_ask_to_quit() {
        assert_eq!(read_request(br#"{"ask":"quit"}"#, PROTOCOL + 1), Ok(Request::Quit));
        let refused = read_request(br#"{"ask":"status"}"#, PROTOCOL + 1).unwrap_err();
        assert!(refused.to_string().contains("different versions"), "{refused}");
    }

    #[test]
    fn unknown_fields_are_passed_over_and_unknown_requests_refused() {
        let until = Some(UnixMillis(5));
        for (line, request) in [
            (r#"{"ask":"status","colour":"blue"}"#, Request::Status),
            (r#"{"ask":"pause","until":5,"why":{}}"#, Request::Pause { until }),
            (r#"{"ask":"pause","until":null}"#, Request::Pause { until: None }),
            (r#"{"ask":"pause"}"#, Request::Pause { until: None }),
        ] {
            assert_eq!(read_request(line.as_bytes(), PROTOCOL), Ok(request), "{line}");
        }
        for line in [r#"{"ask":"dance"}"#, "{}", "", "null", "GET / HTTP/1.1", "\u{0}"] {
            assert!(read_request(line.as_bytes(), PROTOCOL).is_err(), "{line}");
        }
    }
}
