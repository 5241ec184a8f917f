//! Receivers on the loopback that read whatever comes and say what a real one would: that all of it
//! was taken.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A receiver over HTTP, for all kinds of outputs; its port.
pub fn web() -> io::Result<u16> {
    serve(|stream| {
        let _ = answer(&stream);
    })
}

/// A receiver that never answers; its port.
pub fn silent() -> io::Result<u16> {
    serve(|mut stream| {
        let mut bytes = vec![0; 1 << 20];
        while stream.read(&mut bytes).is_ok_and(|read| read > 0) {}
    })
}

fn serve(each: fn(TcpStream)) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || each(stream));
        }
    });
    Ok(port)
}

/// Answers one request after the other, until the sender leaves.
fn answer(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::with_capacity(1 << 18, stream), stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(told) = line.strip_prefix("content-length:") {
                length = told.trim().parse().map_err(io::Error::other)?;
            }
        }
        io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        let body = words(first.split(' ').nth(1).unwrap_or_default());
        let type_and_length = format!("application/json\r\nContent-Length: {}", body.len());
        write!(writer, "HTTP/1.1 200 OK\r\nContent-Type: {type_and_length}\r\n\r\n{body}")?;
    }
}

/// What a receiver says to a request for this path.
fn words(path: &str) -> &'static str {
    match path {
        path if path.ends_with("/_bulk") || path.contains("/_bulk?") => {
            r#"{"took":1,"errors":false,"items":[]}"#
        }
        path if path.contains("/collector/event") => r#"{"text":"Success","code":0}"#,
        path if path.ends_with("/token") => r#"{"access_token":"token","expires_in":3600}"#,
        _ => "{}",
    }
}
