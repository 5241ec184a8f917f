//! Messages by e-mail: SMTP with TLS or STARTTLS.
//!
//! Promises: with `starttls` and `tls` nothing is told, no password and no message, before the
//! server has proven who it is, against the system's authorities and the `ca_file`; texts of
//! records cannot become a header, another recipient or markup; every wait has an end.
//!
//! A server's reply of 4yz means that trying again may help, 5yz that it does not.
//! Source: RFC 5321, <https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1>.

use std::path::Path;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Message, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, Tls, TlsParameters, TlsParametersBuilder,
};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::letter::Letter;
use super::sending::{Refusal, said};
use crate::base::{Problem, Secret, UnixMillis};
use crate::settings::{Email, Security};

/// The longest wait for a connection to a mail server.
const CONNECT: Duration = Duration::from_secs(15);

/// The longest whole conversation.
const CONVERSATION: Duration = Duration::from_secs(60);

/// The longest conversation with files in it.
const WITH_FILES: Duration = Duration::from_secs(600);

/// A file that goes along.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// What it is, such as `text/csv`.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What is mailed.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The text for those who read text.
    pub text: String,
    /// The same for those who read HTML.
    pub html: String,
    /// Files that go along.
    pub attachments: Vec<Attachment>,
}

impl From<&Letter> for Mail {
    fn from(letter: &Letter) -> Self {
        Self {
            subject: letter.title.clone(),
            text: letter.text(),
            html: html(letter),
            attachments: Vec::new(),
        }
    }
}

/// Sends a mail; gives what the server said when it took it. `secret` is the password.
pub async fn send(
    email: &Email,
    secret: Option<&Secret>,
    ca_file: Option<&Path>,
    mail: Mail,
) -> Result<String, Refusal> {
    let longest = if mail.attachments.is_empty() { CONVERSATION } else { WITH_FILES };
    let message = compose(email, mail).map_err(Refusal::for_good)?;
    let transport = transport(email, secret, ca_file).map_err(Refusal::for_good)?;
    match tokio::time::timeout(longest, transport.send(message)).await {
        Ok(Ok(answer)) => {
            let lines: Vec<&str> = answer.message().collect();
            Ok(said(&format!("{} {}", answer.code(), lines.join(" ")), secret))
        }
        Ok(Err(error)) => Err(refusal(email, secret, &error)),
        Err(_) => {
            let problem = not_sent(email).because("the mail server takes too long to answer");
            Err(Refusal::for_now(problem))
        }
    }
}

fn compose(email: &Email, mail: Mail) -> Result<Message, Problem> {
    let wrong = |reason: &dyn std::fmt::Display| {
        Problem::new("The mail cannot be written")
            .because(reason)
            .next("see whether from and to of the output are e-mail addresses")
    };
    // Whatever reaches this, a subject is one line.
    let subject: String =
        mail.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut builder = Message::builder().from(email.from.clone()).subject(subject);
    for to in &email.to {
        builder = builder.to(to.clone());
    }
    let place = email.from.email.domain();
    let id = format!("<{:x}.{:016x}@{place}>", UnixMillis::now().0, fastrand::u64(..));
    builder = builder.message_id(Some(id));
    // Asks holiday replies to stay away: RFC 3834.
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    builder = builder.raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
    let both = MultiPart::alternative_plain_html(mail.text, mail.html);
    let message = if mail.attachments.is_empty() {
        builder.multipart(both)
    } else {
        let mut all = MultiPart::mixed().multipart(both);
        for attachment in mail.attachments {
            let media_type =
                ContentType::parse(&attachment.media_type).map_err(|error| wrong(&error))?;
            all = all.singlepart(Part::new(attachment.name).body(attachment.bytes, media_type));
        }
        builder.multipart(all)
    };
    message.map_err(|error| wrong(&error))
}

fn transport(
    email: &Email,
    secret: Option<&Secret>,
    ca_file: Option<&Path>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, Problem> {
    let tls = match email.security {
        Security::None => Tls::None,
        Security::StartTls => Tls::Required(trust(email, ca_file)?),
        Security::Tls => Tls::Wrapper(trust(email, ca_file)?),
    };
    let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(bare(&email.host))
        .port(email.port)
        .tls(tls)
        .timeout(Some(CONNECT));
    Ok(match (&email.user, secret) {
        (Some(user), Some(secret)) => {
            builder.credentials(Credentials::new(user.clone(), secret.expose().to_owned())).build()
        }
        _ => builder.build(),
    })
}

fn trust(email: &Email, ca_file: Option<&Path>) -> Result<TlsParameters, Problem> {
    let wrong = |reason: &dyn std::fmt::Display| {
        Problem::new("The trusted certificates cannot be used").because(reason).next(
            "see whether ca_file in the section [network] of the settings names a PEM file, or \
             install the system's root certificates",
        )
    };
    let roots = match ca_file {
        None => Vec::new(),
        Some(file) => {
            let text = std::fs::read(file).map_err(|error| wrong(&error))?;
            vec![Certificate::from_pem(&text).map_err(|error| wrong(&error))?]
        }
    };
    let builder = || {
        let builder = TlsParametersBuilder::new(bare(&email.host));
        roots.iter().cloned().fold(builder, TlsParametersBuilder::add_root_certificate)
    };
    match builder().build() {
        Ok(trust) => Ok(trust),
        // Some systems cannot add roots to their own store (Wine); trusting fewer roots is safe.
        Err(error) if roots.is_empty() => Err(wrong(&error)),
        Err(_) => {
            let only_ours = builder().certificate_store(CertificateStore::None).build();
            only_ours.map_err(|error| wrong(&error))
        }
    }
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

fn not_sent(email: &Email) -> Problem {
    Problem::new(format!("The mail server {} did not take the message", email.server()))
}

fn refusal(
    email: &Email,
    secret: Option<&Secret>,
    error: &lettre::transport::smtp::Error,
) -> Refusal {
    let reason = said(&error.to_string(), secret);
    let problem = not_sent(email).because(&reason);
    if error.is_permanent() {
        let next = "see whether user, password, from and to of the output are right";
        return Refusal::for_good(problem.next(next));
    }
    if error.is_transient() {
        return Refusal::for_now(problem);
    }
    if error.is_tls() || reason.contains("certificate") {
        return Refusal::for_now(problem.next(
            "see whether security and server of the output are right, and whether the server's \
             certificate is trusted here (ca_file in the section [network] of the settings)",
        ));
    }
    if error.is_client() {
        return Refusal::for_good(problem.next(
            "see whether security of the output fits the server: starttls, usually with port 587, \
             or tls, usually with port 465; and whether the server lets this user in by password",
        ));
    }
    Refusal::for_now(problem.next("see whether server of the output is right"))
}

/// Plain enough for every program that reads mail: a table for each alert, no images, no links.
fn html(letter: &Letter) -> String {
    let mut html = format!(
        "<!DOCTYPE html><html><body style=\"font-family:sans-serif\"><h2>{}</h2>",
        escaped(&letter.title)
    );
    for item in &letter.items {
        html.push_str(&format!("<h3>{}</h3><table>", escaped(&item.told.title)));
        for (name, value) in &item.facts {
            html.push_str(&format!(
                "<tr><td style=\"vertical-align:top;padding-right:1em\"><b>{name}</b></td>\
                 <td>{}</td></tr>",
                escaped(value)
            ));
        }
        html.push_str("</table>");
    }
    for line in letter.more.iter().chain([&letter.closing]) {
        html.push_str(&format!("<p>{}</p>", escaped(line)));
    }
    html.push_str("</body></html>");
    html
}

/// A text that is no markup.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::letter::tests::told;
    use crate::record::Level;
    use crate::settings::{Output, Target};

    fn email() -> Email {
        let text = "name = \"x\"\ntype = \"email\"\nserver = \"smtp.example.com\"\n\
                    from = \"Duo <duo@example.com>\"\nto = [\"it@example.com\", \"b@example.com\"]\n";
        let Target::Email(email) = Output::check(&text.parse().unwrap()).unwrap().target else {
            panic!("no e-mail");
        };
        email
    }

    fn mail(subject: &str) -> Mail {
        Mail {
            subject: subject.to_owned(),
            text: "text".to_owned(),
            html: "html".to_owned(),
            attachments: Vec::new(),
        }
    }

    #[test]
    fn a_mail_says_who_it_is_from_and_that_a_program_wrote_it() {
        let message =
            String::from_utf8(compose(&email(), mail("Hi")).unwrap().formatted()).unwrap();
        for line in [
            "From: Duo <duo@example.com>",
            "To: it@example.com, b@example.com",
            "Subject: Hi",
            "Auto-Submitted: auto-generated",
            "@example.com>\r\n",
            "Message-ID: <",
            "text/plain",
            "text/html",
        ] {
            assert!(message.contains(line), "{line}: {message}");
        }
    }

    #[test]
    fn a_subject_never_becomes_another_header() {
        for subject in
            ["a\r\nBcc: all@example.com", "a\nBcc: b@example.com", "a\rBcc: c@example.com"]
        {
            let message =
                String::from_utf8(compose(&email(), mail(subject)).unwrap().formatted()).unwrap();
            let (headers, _) = message.split_once("\r\n\r\n").unwrap();
            assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
        }
    }

    #[test]
    fn markup_in_a_record_stays_text() {
        let mut alert = told("1", Level::Low, "<b>bold</b>");
        alert.subject = Some("<img src=\"x\" onerror='y'>&".to_owned());
        let letter = Letter::of(&[alert], &jiff::tz::TimeZone::UTC, UnixMillis(0));
        let html = html(&letter);
        assert!(!html.contains("<img") && !html.contains("<b>bold"), "{html}");
        assert!(html.contains("&lt;img src=&quot;x&quot; onerror=&#39;y&#39;&gt;&amp;"), "{html}");
    }

    #[test]
    fn a_file_goes_along_under_its_name() {
        let file = Attachment {
            name: "report \u{fc}.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            bytes: b"a,b\r\n".to_vec(),
        };
        let mail = Mail { attachments: vec![file], ..mail("Report") };
        let message = String::from_utf8(compose(&email(), mail).unwrap().formatted()).unwrap();
        assert!(message.contains("Content-Type: text/csv"), "{message}");
        assert!(message.contains("Content-Disposition: attachment"), "{message}");
    }
}
