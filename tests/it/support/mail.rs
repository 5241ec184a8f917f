//! A real mail server (aiosmtpd) on the loopback, and a certificate for it.
//!
//! `installer/linux/setup.sh test` brings aiosmtpd; without it there is no server, and the tests that
//! need one say so and are skipped.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;

use super::waiting::wait_for;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/mail-venv/bin/python");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/mail_server.py");

/// A running mail server, ended when dropped.
pub struct MailServer {
    child: Child,
    folder: tempfile::TempDir,
    pub port: u16,
    /// The authority that signed its certificate.
    pub ca_pem: String,
}

/// Whether there is a mail server to be had; tells the reader of the tests' output when not.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub fn is_there() -> bool {
    let there = Path::new(PYTHON).exists();
    if !there {
        eprintln!("skipped: no aiosmtpd; installer/linux/setup.sh test brings it");
    }
    there
}

impl MailServer {
    /// Starts one on any port: `none`, `starttls` or `tls`, with a login if there is one.
    pub fn start(how: &str, login: Option<(&str, &str)>) -> Self {
        Self::start_at(0, how, login)
    }

    /// Starts one on this port.
    pub fn start_at(port: u16, how: &str, login: Option<(&str, &str)>) -> Self {
        let folder = tempfile::Builder::new().prefix("mail-").tempdir().unwrap();
        let mut command = Command::new(PYTHON);
        command.arg(SCRIPT).arg(folder.path()).arg(port.to_string()).arg(how);
        let ca_pem = certificate(folder.path());
        if how != "none" {
            command.arg(folder.path().join("leaf.pem")).arg(folder.path().join("leaf.key"));
        }
        if let Some((user, password)) = login {
            command.args([user, password]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port: line.trim().parse().unwrap(), folder, ca_pem }
    }

    /// From now on messages get this reply, and with `None` they are taken again.
    pub fn say(&self, reply: Option<&str>) {
        let file = self.folder.path().join("say");
        match reply {
            Some(reply) => fs::File::create(file).unwrap().write_all(reply.as_bytes()).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
    }

    /// A message, by its number from 1, once it is there.
    #[track_caller]
    pub fn message(&self, number: usize) -> Value {
        let file = self.folder.path().join(format!("{number}.json"));
        let read = || serde_json::from_str(&fs::read_to_string(&file).ok()?).ok();
        wait_for(read).unwrap_or_else(|| panic!("message {number} never came"))
    }

    /// How many messages it took.
    pub fn count(&self) -> usize {
        let files = fs::read_dir(self.folder.path()).unwrap().flatten();
        files.filter(|file| file.path().extension().is_some_and(|end| end == "json")).count()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a certificate for this computer; gives the authority behind it.
fn certificate(folder: &Path) -> String {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &ca).unwrap();
    fs::write(folder.join("leaf.pem"), leaf.pem()).unwrap();
    fs::write(folder.join("leaf.key"), key.serialize_pem()).unwrap();
    ca.pem()
}

/// The part of a message that people read as text, decoded.
pub fn text_of(message: &Value) -> String {
    let raw = message["message"].as_str().unwrap().replace("=\r\n", "").replace("=\n", "");
    let mut text = Vec::new();
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let hex: Vec<u8> = bytes.by_ref().take(2).collect();
            match std::str::from_utf8(&hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => text.push(byte),
                None => text.extend([b"=".as_slice(), &hex].concat()),
            }
        } else {
            text.push(byte);
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The headers of a message, one in each line.
pub fn headers_of(message: &Value) -> Vec<String> {
    let raw = message["message"].as_str().unwrap().replace("\r\n", "\n");
    let (headers, _) = raw.split_once("\n\n").unwrap();
    headers.replace("\n ", " ").lines().map(str::to_owned).collect()
}
