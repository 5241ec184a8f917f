//! Standard output for data, standard error for everything else.
//!
//! A reader that stops reading (`| head`) ends the program quietly, as people expect.

use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::base::Problem;

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether whoever reads standard output has stopped reading.
pub fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Says something to the person at the terminal.
#[expect(clippy::print_stderr, reason = "the one place that speaks to people")]
pub fn tell(text: &str) {
    eprintln!("{text}");
}

/// Warns the person at the terminal.
pub fn warn(problem: &Problem) {
    tell(&format!("warning: {problem}"));
}

/// Writes a line of data.
pub fn line(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    check(out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")))
}

/// Writes a value as one JSON document.
pub fn json<T: Serialize>(value: &T) -> Result<(), Problem> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Problem::new("The answer could not be written as JSON").because(error))?;
    line(&text)
}

/// Many lines of data, buffered.
pub struct Lines(BufWriter<io::StdoutLock<'static>>);

impl Lines {
    /// Starts writing.
    pub fn start() -> Self {
        Self(BufWriter::with_capacity(256 * 1024, io::stdout().lock()))
    }

    /// Writes one line; the first goes out at once, so that a reader sees it.
    pub fn write(&mut self, bytes: &[u8], first: bool) -> Result<(), Problem> {
        let mut result = self.0.write_all(bytes).and_then(|()| self.0.write_all(b"\n"));
        if first {
            result = result.and_then(|()| self.0.flush());
        }
        check(result)
    }

    /// Writes out what is still buffered.
    pub fn finish(mut self) -> Result<(), Problem> {
        check(self.0.flush())
    }
}

/// Standard output as something to write to from any thread.
pub struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        noted(io::stdout().lock().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        noted(io::stdout().lock().flush())
    }
}

/// Notes when whoever reads has stopped reading.
fn noted<T>(result: io::Result<T>) -> io::Result<T> {
    result.inspect_err(|error| {
        if error.kind() == io::ErrorKind::BrokenPipe {
            CLOSED.store(true, Ordering::Relaxed);
        }
    })
}

fn check(result: io::Result<()>) -> Result<(), Problem> {
    noted(result).map_err(|error| Problem::new("The output could not be written").because(error))
}
