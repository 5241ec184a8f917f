//! Records to any receiver over HTTP: `type = "http"`.
//!
//! Sources of what the templates set stand beside what they write, in `outputs::http`.

use toml::Value;

use super::connection::{self, Tls};
use super::webhook::{check_webhook_url, is_header_name};
use crate::settings::account::not_allowed;
use crate::settings::section::Section;

/// An address that records are posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOutput {
    /// The address; `None` where it is a secret and lives in the keychain.
    pub url: Option<String>,
    /// Whose receiver it is.
    pub template: Template,
    /// How several records stand in one body.
    pub body: Body,
    /// Each record stands in an object with its id, log, account and times.
    pub envelope: bool,
    /// Bodies are compressed.
    pub gzip: bool,
    /// Headers of every request; nothing secret.
    pub headers: Vec<(String, String)>,
    /// What the secret is for.
    pub secret: HttpSecret,
    /// How TLS is spoken.
    pub tls: Tls,
}

/// Receivers whose ways are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Template {
    /// Anybody's.
    #[default]
    Plain,
    /// Cribl Stream's HTTP/S source.
    Cribl,
    /// Datadog's log intake.
    Datadog,
    /// Graylog's GELF HTTP input.
    Graylog,
    /// Panther's HTTP source.
    Panther,
    /// Sumo Logic's HTTP source.
    SumoLogic,
}

/// How several records stand in one body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// One a line.
    Lines,
    /// As a JSON array.
    Array,
}

/// What the secret in the keychain is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpSecret {
    /// There is none.
    None,
    /// The address itself.
    Address,
    /// The value of this header.
    Header(String),
    /// The key that bodies are signed with: HMAC-SHA256, in hexadecimal digits.
    Signature {
        /// The header of the signature.
        header: String,
        /// What stands before it there.
        prefix: String,
    },
}

impl Template {
    const ALL: [Self; 6] =
        [Self::Plain, Self::Cribl, Self::Datadog, Self::Graylog, Self::Panther, Self::SumoLogic];

    /// The fixed name: `sumo_logic`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Cribl => "cribl",
            Self::Datadog => "datadog",
            Self::Graylog => "graylog",
            Self::Panther => "panther",
            Self::SumoLogic => "sumo_logic",
        }
    }

    /// The header that its receiver looks for a secret in.
    const fn header(self) -> Option<&'static str> {
        match self {
            Self::Cribl | Self::Panther => Some("Authorization"),
            Self::Datadog => Some("DD-API-KEY"),
            Self::Plain | Self::Graylog | Self::SumoLogic => None,
        }
    }

    const fn usual_url(self) -> &'static str {
        match self {
            Self::Plain => "https://logs.example.com/duo",
            Self::Cribl => "https://cribl.example.com:10080/cribl/_bulk",
            Self::Datadog => "https://http-intake.logs.datadoghq.com/api/v2/logs",
            Self::Graylog => "https://graylog.example.com:12201/gelf",
            Self::Panther => "https://logs.example.runpanther.net/http/\u{2026}",
            Self::SumoLogic => "",
        }
    }

    /// What its receiver takes. What it does not take cannot be chosen.
    const fn body(self) -> Option<Body> {
        match self {
            Self::Datadog => Some(Body::Array),
            Self::Cribl | Self::Graylog => Some(Body::Lines),
            Self::Plain | Self::Panther | Self::SumoLogic => None,
        }
    }

    /// Whether its receiver is known to take compressed bodies.
    const fn gzip(self) -> bool {
        !matches!(self, Self::Plain | Self::Panther)
    }
}

impl HttpOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        let place = self.url.as_deref().unwrap_or("an address from the keychain");
        match self.template {
            Template::Plain => place.to_owned(),
            template => format!("{place}, as {} takes it", template.name()),
        }
    }

    /// What its secret is, in words.
    pub const fn secret_words(&self) -> Option<&'static str> {
        match self.secret {
            HttpSecret::None => None,
            HttpSecret::Address => Some("the address of the HTTP source"),
            HttpSecret::Header(_) => Some("the value of the header"),
            HttpSecret::Signature { .. } => Some("the key that bodies are signed with"),
        }
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let template = match section.text("template") {
            None => Template::Plain,
            Some(name) => {
                let found = Template::ALL.into_iter().find(|known| known.name() == name.trim());
                if found.is_none() {
                    section
                        .wrong("template", not_allowed(&name, &Template::ALL.map(Template::name)));
                }
                found.unwrap_or_default()
            }
        };
        let url = if template == Template::SumoLogic {
            section.forbidden(
                &["url"],
                "the address of this source is a secret and never kept in this file; remove the \
                 line, and store it with: duo-integrator output add",
            );
            Some(None)
        } else {
            connection::url(section, template.usual_url()).map(Some)
        };
        let body = body(section, template);
        let envelope = section.flag("envelope");
        if envelope.is_some() && template.body().is_some() {
            section.wrong("envelope", "this receiver has an envelope of its own; remove the line");
        }
        // Most logs have an id of their own in each record, but not all; whoever knows the
        // receiver's form wants the record alone.
        let envelope = envelope.unwrap_or(template == Template::Plain);
        let secret = secret(section, template);
        let is_signed = matches!(secret, Some(HttpSecret::Signature { .. }));
        let gzip = section.flag("gzip").unwrap_or(template.gzip() && !is_signed);
        let headers = headers(section);
        let tls = connection::web_tls(section);
        Some(Self {
            url: url?,
            template,
            body,
            envelope,
            gzip,
            headers: headers?,
            secret: secret?,
            tls,
        })
    }
}

fn body(section: &mut Section<'_>, template: Template) -> Body {
    let Some(name) = section.text("body") else { return template.body().unwrap_or(Body::Lines) };
    let wanted = match name.trim() {
        "lines" => Some(Body::Lines),
        "array" => Some(Body::Array),
        _ => {
            section.wrong("body", not_allowed(&name, &["lines", "array"]));
            None
        }
    };
    if let (Some(wanted), Some(fixed)) = (wanted, template.body())
        && wanted != fixed
    {
        section.wrong("body", format!("{} takes no such bodies; remove the line", template.name()));
    }
    wanted.unwrap_or(Body::Lines)
}

fn secret(section: &mut Section<'_>, template: Template) -> Option<HttpSecret> {
    let header = connection::header_name(section, "header_name");
    let signature = connection::header_name(section, "signature_header");
    let prefix = section.text("signature_prefix");
    if prefix.as_deref().is_some_and(|text| !text.bytes().all(|b| b.is_ascii_graphic())) {
        section.wrong("signature_prefix", "letters, digits and signs only, such as \"sha256=\"");
        return None;
    }
    if signature.is_none() && prefix.is_some() {
        section.wrong("signature_header", "say in which header the signature stands");
    }
    match (header, signature) {
        (Some(_), Some(_)) => {
            let what = "an output has one secret: the value of header_name or the key of the \
                        signature; remove one of the two";
            section.wrong("signature_header", what);
            None
        }
        (Some(_), None) | (None, Some(_)) if template == Template::SumoLogic => {
            section.wrong("template", "Sumo Logic needs no secret beside its address");
            None
        }
        (Some(header), None) => Some(HttpSecret::Header(header)),
        (None, Some(header)) => {
            Some(HttpSecret::Signature { header, prefix: prefix.unwrap_or_default() })
        }
        (None, None) if template == Template::SumoLogic => Some(HttpSecret::Address),
        (None, None) => Some(match template.header() {
            Some(header) => HttpSecret::Header(header.to_owned()),
            None => HttpSecret::None,
        }),
    }
}

fn headers(section: &mut Section<'_>) -> Option<Vec<(String, String)>> {
    const SECRETS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-api-key"];
    let mut headers = Vec::new();
    let mut good = true;
    for (name, value) in section.table("headers") {
        let wrong = if !is_header_name(&name) {
            "a header's name has letters, digits, - and _ only, and is none that HTTP itself needs"
        } else if SECRETS.contains(&name.to_ascii_lowercase().as_str()) {
            "what lets one in is a secret; remove the line and write header_name = \"\u{2026}\" \
             instead: its value is stored with duo-integrator output add"
        } else if let Value::String(value) = &value
            && value.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
        {
            headers.push((name, value.trim().to_owned()));
            continue;
        } else {
            "a header's value is a text in quotes, of letters, digits, signs and spaces"
        };
        section.wrong(&format!("headers.{name}"), wrong);
        good = false;
    }
    good.then_some(headers)
}

/// Checks an address that is itself the secret, and gives its host. A refusal never repeats it.
pub fn check_secret_url(url: &str) -> Result<String, String> {
    check_webhook_url(url)
}
