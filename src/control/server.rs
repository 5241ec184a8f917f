//! Listens on the socket and answers.
//!
//! Promises: who is not the same user is not spoken to; a caller who is slow, silent or confused
//! costs a few seconds of one of [`MOST_CONNECTIONS`] places and nothing else; an answer on its way
//! is still given when the process ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use interprocess::local_socket::tokio::Stream;
use interprocess::local_socket::tokio::prelude::*;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::address_of_system::{is_same_user, listen};
use super::protocol::{Answer, Greeting, Hello, Request, Role, read_request};
use super::wire::{LINE_LIMIT, read_line, write_line};
use crate::base::{Home, Problem};

/// Connections that stand at the same time; more are closed at once.
pub const MOST_CONNECTIONS: usize = 16;

/// A caller may be silent this long between two requests.
const SILENCE_LIMIT: Duration = Duration::from_secs(600);

/// How long answers on their way may take once the process is to end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Answers requests until `stop` turns true. The caller holds the lock of the role: a socket that
/// is there already is taken for left over.
pub async fn serve<H, A>(
    home: &Home,
    role: Role,
    handler: H,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Problem>
where
    H: Fn(Request) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send,
{
    let listener = listen(home, role).map_err(|error| {
        Problem::new("The local socket cannot be opened")
            .because(error)
            .next("other programs of this home cannot speak to this one; everything else goes on")
    })?;
    let handler = Arc::new(handler);
    let mut talks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = talks.join_next() => continue,
            changed = stop.changed() => {
                if changed.is_err() || *stop.borrow() { break }
                continue;
            }
        };
        match accepted {
            Ok(_) if talks.len() >= MOST_CONNECTIONS => {
                tracing::debug!("too many connections on the local socket");
            }
            Ok(stream) => {
                let (handler, stop) = (handler.clone(), stop.clone());
                talks.spawn(async move {
                    if let Err(error) = talk(&stream, role, &*handler, stop).await {
                        tracing::debug!(%error, "a conversation on the local socket broke off");
                    }
                });
            }
            Err(error) => {
                // Too many open files, for one; nothing that asking at once would mend.
                tracing::warn!(%error, "a connection on the local socket failed");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(LAST_WORDS, async { while talks.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn talk<H, A>(
    stream: &Stream,
    role: Role,
    handler: &H,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()>
where
    H: Fn(Request) -> A,
    A: Future<Output = Answer>,
{
    if !is_same_user(stream)? {
        tracing::warn!("another user tried to speak to this program over the local socket");
        return Ok(());
    }
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    write_line(&mut writer, &Greeting { hello: Hello::from_here(role) }).await?;
    let Some(line) = read_line(&mut reader, LINE_LIMIT).await? else { return Ok(()) };
    let Ok(Greeting { hello: theirs }) = serde_json::from_slice(&line) else {
        let refusal = Problem::new("The first line has to be a hello");
        return write_line(&mut writer, &Answer::from(refusal)).await;
    };
    loop {
        tokio::select! {
            more = timeout(SILENCE_LIMIT, reader.fill_buf()) => match more {
                Ok(more) => if more?.is_empty() { return Ok(()) },
                Err(_) => return Ok(()),
            },
            // Whatever is said from now on comes too late.
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        }
        let Some(line) = read_line(&mut reader, LINE_LIMIT).await? else { return Ok(()) };
        let answer = match read_request(&line, theirs.protocol) {
            Ok(request) => handler(request).await,
            Err(refusal) => refusal.into(),
        };
        write_line(&mut writer, &answer).await?;
    }
}

#[cfg(test)]
mod tests;
