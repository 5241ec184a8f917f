//! Lines on the socket, with an end to their length and to the time they may take.

use std::io;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// The longest line, its end not counted.
pub const LONGEST_LINE: usize = 64 * 1024;

/// A line that has begun has to be whole after this time; one that is written, gone.
pub(super) const LINE_LIMIT: Duration = Duration::from_secs(5);

/// Reads a line without its end; `None` when the other side has nothing more to say.
pub(super) async fn read_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    limit: Duration,
) -> io::Result<Option<Vec<u8>>> {
    timeout(limit, read(reader)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let here = reader.fill_buf().await?;
        if here.is_empty() {
            return Ok(None);
        }
        let end = here.iter().position(|byte| *byte == b'\n');
        let part = here.get(..end.unwrap_or(here.len())).unwrap_or_default();
        if line.len() + part.len() > LONGEST_LINE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is too long"));
        }
        line.extend_from_slice(part);
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            return Ok(Some(line));
        }
    }
}

/// Writes a value as a line.
pub(super) async fn write_line(
    writer: &mut (impl AsyncWrite + Unpin),
    value: &impl Serialize,
) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    let write = async {
        writer.write_all(&line).await?;
        writer.flush().await
    };
    timeout(LINE_LIMIT, write).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    async fn lines(bytes: &[u8]) -> Vec<io::Result<Option<Vec<u8>>>> {
        let mut reader = BufReader::with_capacity(7, bytes);
        let mut lines = Vec::new();
        loop {
            let line = read_line(&mut reader, LINE_LIMIT).await;
            let last = !matches!(line, Ok(Some(_)));
            lines.push(line);
            if last {
                return lines;
            }
        }
    }

    #[tokio::test]
    async fn lines_are_told_apart_wherever_the_bytes_are_cut() {
        let read = lines(b"one\n\nthe third line\nhalf").await;
        let read: Vec<_> = read.into_iter().map(Result::unwrap).collect();
        let expected = ["one", "", "the third line"].map(|line| Some(line.as_bytes().to_vec()));
        assert_eq!(read[..3], expected);
        assert_eq!(read[3], None, "half a line is none");
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut_off() {
        let mut bytes = vec![b'x'; LONGEST_LINE];
        bytes.push(b'\n');
        assert!(lines(&bytes).await[0].is_ok());
        bytes.insert(0, b'x');
        let error = lines(&bytes).await.remove(0).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn a_line_that_never_comes_is_not_waited_for() {
        let (_silent, here) = tokio::io::duplex(64);
        let read = read_line(&mut BufReader::new(here), Duration::from_millis(20)).await;
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
