//! Raw records from a file or from standard input, one a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::out::{self, Lines};
use super::{Done, Failed};
use crate::base::Problem;

/// Raw records, one a line.
pub struct Records {
    input: BufReader<Box<dyn Read>>,
    path: PathBuf,
    line: Vec<u8>,
    number: u64,
}

impl Records {
    /// Opens a file; `-` is standard input.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let input: Box<dyn Read> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(|error| {
                Problem::new(format!("{} cannot be read", path.display()))
                    .because(error)
                    .next("give a file with raw records, or - for standard input")
            })?)
        };
        let input = BufReader::with_capacity(256 * 1024, input);
        Ok(Self { input, path: path.to_owned(), line: Vec::new(), number: 0 })
    }

    /// The next line that is not empty, with its number counted from 1; `None` at the end.
    pub fn next(&mut self) -> Result<Option<(u64, &[u8])>, Problem> {
        loop {
            self.line.clear();
            let read = self.input.read_until(b'\n', &mut self.line).map_err(|error| {
                Problem::new(format!("{} cannot be read further", self.path.display()))
                    .because(error)
            })?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some((self.number, self.line.trim_ascii())))
    }

    /// Whether whoever writes waits for an answer to what was read so far.
    pub fn is_waited_for(&self) -> bool {
        self.input.buffer().is_empty()
    }
}

/// Prints what is found in each record of a file, as text or as a line of JSON under `key`; lines that are no
/// records are told.
pub fn matched(
    path: &Path,
    key: &'static str,
    as_json: bool,
    mut find: impl FnMut(u64, &[u8]) -> Result<Vec<String>, Problem>,
) -> Done {
    let mut records = Records::open(path)?;
    let mut lines = Lines::start();
    let mut broken = 0_u64;
    while let Some((line, raw)) = records.next()? {
        if let Some(why) = wrong_with(raw) {
            out::tell(&format!("line {line} is no record: {why}"));
            broken += 1;
            continue;
        }
        let found = find(line, raw)?;
        let text = match as_json {
            true => format!("{{\"line\":{line},\"{key}\":{}}}", serde_json::Value::from(found)),
            false => format!("{line}  {}", found.join(", ")),
        };
        match lines.write(text.as_bytes(), records.is_waited_for()) {
            Err(_) if out::is_closed() => return Ok(()),
            written => written?,
        }
    }
    lines.finish()?;
    // Each broken line was told where it stands.
    if broken > 0 { Err(Failed::Said) } else { Ok(()) }
}

/// What is wrong with a line that is no record, if anything is.
pub fn wrong_with(raw: &[u8]) -> Option<String> {
    match serde_json::from_slice::<serde::de::IgnoredAny>(raw) {
        Err(error) => Some(format!("it is not JSON ({error})")),
        Ok(_) if raw.starts_with(b"{") => None,
        Ok(_) => Some("it is no JSON object".to_owned()),
    }
}
