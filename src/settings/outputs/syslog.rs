//! Records to a syslog receiver: `type = "syslog"`.
//!
//! Sources: RFC 5424 (form and facilities), RFC 6587 (TCP), RFC 5425 (TLS), RFC 5426 (UDP),
//! RFC 3164 (the old form), <https://www.rfc-editor.org/>.

use super::connection::{self, Tls};
use crate::settings::account::not_allowed;
use crate::settings::section::Section;

/// A syslog receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogOutput {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub transport: Transport,
    /// The form of a message.
    pub form: SyslogForm,
    /// Where one message ends, over TCP and TLS.
    pub framing: Framing,
    /// The number of the facility: 16 is `local0`.
    pub facility: u8,
    /// The program's name in each message.
    pub app_name: String,
    /// The computer's name in each message; the account's API hostname without it.
    pub hostname: Option<String>,
    /// The longest message, headers included.
    pub max_bytes: usize,
    /// How TLS is spoken.
    pub tls: Tls,
}

/// How a syslog receiver is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    #[default]
    Tcp,
    /// TLS over TCP.
    Tls,
    /// UDP: nobody tells whether a message arrived.
    Udp,
}

/// The form of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyslogForm {
    /// With structured data and times that name their year.
    #[default]
    Rfc5424,
    /// For old receivers.
    Rfc3164,
}

/// Where one message ends and the next begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Each message says its length first.
    #[default]
    OctetCounting,
    /// A line feed ends it; for old receivers.
    LineFeed,
}

const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];

/// What a receiver has to take at least is 480 bytes, and nothing of a record fits into that.
const SMALLEST: u64 = 1_000;

/// Over TCP, longer than nearly all records; rsyslog's own limit is 8 KiB unless it is raised.
const TCP_BYTES: u64 = 65_536;

/// What fits into an IPv4 datagram without breaking; RFC 5426 asks for no more than that.
const UDP_BYTES: u64 = 2_048;

/// The longest UDP datagram.
const UDP_LONGEST: u64 = 65_507;

impl Transport {
    const ALL: [Self; 3] = [Self::Tcp, Self::Tls, Self::Udp];

    /// The fixed name: `tls`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Udp => "udp",
        }
    }

    const fn usual_port(self) -> u16 {
        match self {
            Self::Tcp => 601,
            Self::Tls => 6514,
            Self::Udp => 514,
        }
    }
}

impl SyslogOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        format!("{}:{} over {}", self.host, self.port, self.transport.name().to_uppercase())
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let transport = match section.text("transport") {
            None => Transport::Tcp,
            Some(name) => {
                one_of(section, "transport", &name, &Transport::ALL.map(|t| (t.name(), t)))
            }
        };
        let example = "syslog.example.com:6514";
        let place = connection::address(section, transport.usual_port(), example);
        let forms = [("rfc5424", SyslogForm::Rfc5424), ("rfc3164", SyslogForm::Rfc3164)];
        let form = match section.text("form") {
            None => SyslogForm::Rfc5424,
            Some(name) => one_of(section, "form", &name, &forms),
        };
        let framings =
            [("octet_counting", Framing::OctetCounting), ("line_feed", Framing::LineFeed)];
        let framing = match section.text("framing") {
            None => Framing::OctetCounting,
            Some(name) => one_of(section, "framing", &name, &framings),
        };
        let facility = match section.text("facility") {
            None => 16,
            Some(name) => {
                let numbered: Vec<(&str, u8)> = FACILITIES.into_iter().zip(0..).collect();
                one_of(section, "facility", name.trim(), &numbered)
            }
        };
        let app_name = section.text("app_name").unwrap_or_else(|| "duo-integrator".to_owned());
        if !is_header_text(&app_name, 48) {
            section.wrong("app_name", "at most 48 letters, digits and signs, without spaces");
        }
        let hostname = section.text("hostname");
        if hostname.as_deref().is_some_and(|name| !is_header_text(name, 255)) {
            section.wrong("hostname", "at most 255 letters, digits and signs, without spaces");
        }
        let usual = if transport == Transport::Udp { UDP_BYTES } else { TCP_BYTES };
        let max_bytes = section.bytes("max_size", SMALLEST).unwrap_or(usual);
        if transport == Transport::Udp && max_bytes > UDP_LONGEST {
            section.wrong("max_size", "no UDP message is longer than 65507 bytes");
        }
        let tls = Tls::read(section);
        if transport != Transport::Tls && !tls.is_plain() {
            section.wrong("transport", "certificates are for TLS; write \"tls\", or remove them");
        }
        let (host, port) = place?;
        Some(Self {
            host,
            port,
            transport,
            form,
            framing,
            facility,
            app_name,
            hostname,
            max_bytes: usize::try_from(max_bytes).unwrap_or(usize::MAX),
            tls,
        })
    }
}

/// The value of this name; the usual one when there is none, which is a mistake.
fn one_of<T: Copy + Default>(
    section: &mut Section<'_>,
    key: &'static str,
    name: &str,
    known: &[(&str, T)],
) -> T {
    let found = known.iter().find(|(known, _)| *known == name.trim());
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        section.wrong(key, not_allowed(name, &names));
    }
    found.map(|(_, value)| *value).unwrap_or_default()
}

/// What may stand in the header of a message: printable ASCII without spaces.
fn is_header_text(text: &str, most: usize) -> bool {
    !text.is_empty() && text.len() <= most && text.bytes().all(|b| b.is_ascii_graphic())
}
