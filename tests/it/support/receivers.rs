//! Real receivers on the loopback, in Python: ClickHouse's engine, OpenTelemetry's messages.
//!
//! `installer/linux/setup.sh test` brings them; without them the tests that need one say so and are
//! skipped.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::waiting::PATIENCE;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A running receiver, ended when dropped.
pub struct Receiver {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Receiver {
    /// Starts `tests/python/<name>_server.py`, which needs this module; `None` without it.
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    pub fn start(name: &str, module: &str) -> Option<Self> {
        let python = Path::new(ROOT).join("target/receivers-venv/bin/python");
        let has = Command::new(&python).args(["-c", &format!("import {module}")]).output();
        if !has.is_ok_and(|ran| ran.status.success()) {
            eprintln!("skipped: no {module}; installer/linux/setup.sh test brings it");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("receiver-").tempdir().unwrap();
        let mut child = Command::new(python)
            .arg(Path::new(ROOT).join(format!("tests/python/{name}_server.py")))
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { child, port: line.trim().parse().unwrap(), _folder: folder })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks it something beside the program; gives the body of the answer.
    pub fn ask(&self, method: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The rows that a statement gives.
    pub fn rows(&self, statement: &str) -> Vec<Value> {
        let text = self.ask("POST", statement);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
