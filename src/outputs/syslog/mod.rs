//! Records to a syslog receiver, over TCP, TLS or UDP.
//!
//! Promises: a message holds one whole record; over TCP and TLS a batch counts as taken when all of
//! it was written and the receiver had not hung up; when the connection turns out to be broken,
//! what was written on it lately goes out once more, because nobody can tell how much of it was
//! read.
//!
//! Syslog knows no answer: what a receiver holds in memory when it dies is lost, and no sender can
//! know. Over UDP nothing at all is known, and a datagram that does not arrive is gone: use TCP or
//! TLS where every record counts.
//!
//! Sources: octet counting, RFC 6587, section 3.4.1, <https://www.rfc-editor.org/rfc/rfc6587>; TLS,
//! RFC 5425; UDP, RFC 5426.

mod encode;
mod shorten;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::timeout;

use super::tls::Speaking;
use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::Problem;
use crate::net::{CONNECT_TIME_OUT, IDLE_TIME_OUT};
use crate::settings::{SyslogOutput, Transport};

/// Bytes written at a time; a receiver that takes none for [`IDLE_TIME_OUT`] is silent.
const AT_ONCE: usize = 256 * 1024;

/// A receiver that hangs up in order after a silence of this length has read what came before it.
const SETTLED: Duration = Duration::from_secs(30);

/// A connection that breaks without a word may have been dead for as long as the system tries.
const LOST: Duration = Duration::from_secs(20 * 60);

/// At least so much of what was written last is kept for such a case: more than usually lies in this
/// system's buffer and in the receiver's, which on Linux grows to 6 MB. Source: `tcp_rmem`,
/// <https://docs.kernel.org/networking/ip-sysctl.html>.
const KEPT: usize = 8 << 20;

/// What may lie in this system's buffer.
const BUFFER: u32 = 256 * 1024;

/// After a batch that is far from full there is time to see whether the receiver hangs up.
const GLANCE: Duration = Duration::from_millis(100);
const FEW: usize = 500;

/// How long a test waits for a receiver to hang up, which is the only answer there is.
const HANGING_UP: Duration = Duration::from_millis(500);

/// Between two datagrams of a large batch, so that the receiver's buffer is not run over.
const DATAGRAMS: usize = 50;
const BREATH: Duration = Duration::from_millis(1);

/// The way to a receiver.
#[derive(Debug)]
pub struct Channel {
    to: SyslogOutput,
    speaking: Option<Speaking>,
    line: Option<Line>,
    /// What was written lately on the line that is open, and when: it may not have been read.
    unsure: VecDeque<(Arc<Vec<u8>>, Instant)>,
    /// What has to go out before anything else.
    again: VecDeque<Arc<Vec<u8>>>,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The receiver said so.
    InOrder,
    /// It broke.
    Broken,
}

/// An open line.
#[derive(Debug)]
enum Line {
    Stream(Box<dyn Stream>),
    Datagrams(UdpSocket),
}

/// A connection, with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> Stream for T {}

impl Channel {
    /// Makes the way ready; the line is opened with the first batch.
    pub async fn open(to: &SyslogOutput, tools: Tools) -> Result<Self, Failure> {
        let speaking = match to.transport {
            Transport::Tls => {
                let tls = to.tls.clone();
                let reading = tokio::task::spawn_blocking(move || Speaking::of(&tls, &tools));
                let read = reading.await.map_err(|error| {
                    Failure::passing(Problem::new("TLS could not begin").because(error))
                })?;
                Some(read.map_err(Failure::lasting)?)
            }
            Transport::Tcp | Transport::Udp => None,
        };
        let (unsure, again) = (VecDeque::new(), VecDeque::new());
        Ok(Self { to: to.clone(), speaking, line: None, unsure, again })
    }

    /// Sends a batch.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        if self.to.transport == Transport::Udp {
            self.connect().await?;
            self.send_datagrams(&batch.items).await?;
            return Ok(Taken::default());
        }
        if let Some(end) = self.hung_up(Duration::ZERO).await {
            self.drop_line(end);
        }
        self.connect().await?;
        while let Some(before) = self.again.front().cloned() {
            self.write(&before).await?;
            self.again.pop_front();
            self.unsure.push_back((before, Instant::now()));
        }
        let mut bytes =
            Vec::with_capacity(batch.items.iter().map(|item| item.line.len() + 200).sum());
        for item in &batch.items {
            encode::framed(item, &self.to, &mut bytes);
        }
        let bytes = Arc::new(bytes);
        self.write(&bytes).await?;
        let glance = if batch.items.len() < FEW { GLANCE } else { Duration::ZERO };
        if let Some(end) = self.hung_up(glance).await {
            self.drop_line(end);
            let problem = Problem::new(format!("{} hung up", self.place()))
                .because("the connection ended while records were sent");
            return Err(Failure::passing(problem));
        }
        self.unsure.push_back((bytes, Instant::now()));
        let mut kept: usize = self.unsure.iter().map(|(bytes, _)| bytes.len()).sum();
        while let Some((oldest, _)) = self.unsure.front()
            && kept - oldest.len() >= KEPT
        {
            kept -= oldest.len();
            self.unsure.pop_front();
        }
        Ok(Taken::default())
    }

    /// Sends a test message.
    pub async fn probe(&mut self, item: &Item) -> Result<Probed, Failure> {
        self.connect().await?;
        let certificate = self.speaking.as_ref().and_then(Speaking::certificate);
        if self.to.transport == Transport::Udp {
            self.send_datagrams(std::slice::from_ref(item)).await?;
            // A computer on which nobody listens says so at the next datagram, if at all.
            tokio::time::sleep(HANGING_UP).await;
            self.send_datagrams(&[]).await?;
            let said = "sent; over UDP nobody says whether it arrived".to_owned();
            return Ok(Probed { said, certificate });
        }
        let mut bytes = Vec::new();
        encode::framed(item, &self.to, &mut bytes);
        self.write(&bytes).await?;
        if self.hung_up(HANGING_UP).await.is_some() {
            let problem = Problem::new(format!("{} hung up", self.place()))
                .because("it ended the connection when the test record was sent")
                .next("see what it says in its own log, and whether it expects TLS, octet_counting or line_feed");
            return Err(Failure::lasting(problem));
        }
        let said = "taken without a complaint; syslog receivers give no answer".to_owned();
        Ok(Probed { said, certificate })
    }

    /// Drops the connection; what may not have been read is left to the next channel.
    pub fn give_up(mut self) -> VecDeque<Arc<Vec<u8>>> {
        self.drop_line(End::Broken);
        self.again
    }

    /// Has this go out before anything else.
    pub fn take_over(&mut self, again: VecDeque<Arc<Vec<u8>>>) {
        self.again.extend(again);
    }

    /// Ends the connection in order.
    pub async fn close(mut self) {
        if let Some(Line::Stream(mut stream)) = self.line.take() {
            let _ = timeout(Duration::from_secs(2), stream.shutdown()).await;
        }
    }

    /// How much goes out together.
    #[expect(clippy::unused_self, reason = "all channels are asked alike")]
    pub fn limits(&self) -> Limits {
        Limits { records: 2_000, bytes: 1_500_000, gather: Duration::from_millis(250) }
    }

    fn place(&self) -> String {
        format!("{}:{}", self.to.host, self.to.port)
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        if self.line.is_some() {
            return Ok(());
        }
        let host = self.to.host.trim_start_matches('[').trim_end_matches(']');
        let place = self.place();
        let unreachable = |error: &dyn std::fmt::Display| {
            Failure::passing(
                Problem::new(format!("{place} cannot be reached"))
                    .because(error)
                    .next("see whether the receiver runs, and whether a firewall is in between"),
            )
        };
        if self.to.transport == Transport::Udp {
            let places = tokio::net::lookup_host((host, self.to.port)).await;
            let remote = places.map_err(|error| unreachable(&error))?.next();
            let remote = remote.ok_or_else(|| unreachable(&"its name leads nowhere"))?;
            let local = if remote.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
            let socket = UdpSocket::bind(local).await.map_err(|error| unreachable(&error))?;
            socket.connect(remote).await.map_err(|error| unreachable(&error))?;
            self.line = Some(Line::Datagrams(socket));
            return Ok(());
        }
        let stream = timeout(CONNECT_TIME_OUT, connect(host, self.to.port)).await;
        let stream = stream
            .map_err(|_| unreachable(&"it does not answer"))?
            .map_err(|error| unreachable(&error))?;
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Stream> = match &self.speaking {
            None => Box::new(stream),
            Some(speaking) => {
                let server_name = self.to.tls.server_name.as_deref();
                Box::new(speaking.begin(&self.to.host, server_name, stream).await?)
            }
        };
        self.line = Some(Line::Stream(stream));
        Ok(())
    }

    /// Gives up the line. What went out on it lately may not have been read, and goes out before
    /// what was to go out again already.
    fn drop_line(&mut self, end: End) {
        self.line = None;
        let young = match end {
            End::InOrder => SETTLED,
            End::Broken => LOST,
        };
        for (bytes, at) in std::mem::take(&mut self.unsure).into_iter().rev() {
            if at.elapsed() < young {
                self.again.push_front(bytes);
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(Line::Stream(stream)) = &mut self.line else { return Ok(()) };
        let written = async {
            for part in bytes.chunks(AT_ONCE) {
                timeout(IDLE_TIME_OUT, stream.write_all(part)).await.map_err(|_| {
                    let words = format!("it took nothing for {} seconds", IDLE_TIME_OUT.as_secs());
                    io::Error::new(io::ErrorKind::TimedOut, words)
                })??;
            }
            timeout(IDLE_TIME_OUT, stream.flush()).await.map_err(|_| io::ErrorKind::TimedOut)??;
            Ok::<_, io::Error>(())
        };
        if let Err(error) = written.await {
            self.drop_line(End::Broken);
            let problem =
                Problem::new(format!("{} did not take the records", self.place())).because(error);
            return Err(Failure::passing(problem));
        }
        Ok(())
    }

    /// Whether the connection has ended, and how. What the receiver says otherwise is nothing
    /// syslog knows of.
    async fn hung_up(&mut self, wait: Duration) -> Option<End> {
        let Some(Line::Stream(stream)) = &mut self.line else { return None };
        let mut said = [0; 512];
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match timeout(left, stream.read(&mut said)).await {
                // Nothing was said: it listens.
                Err(_) => return None,
                Ok(Ok(0)) => return Some(End::InOrder),
                Ok(Err(_)) => return Some(End::Broken),
                Ok(Ok(_)) => {}
            }
        }
    }

    async fn send_datagrams(&mut self, items: &[Item]) -> Result<(), Failure> {
        let Some(Line::Datagrams(socket)) = &self.line else { return Ok(()) };
        let mut failed = None;
        for (i, item) in items.iter().enumerate() {
            if i > 0 && i % DATAGRAMS == 0 {
                tokio::time::sleep(BREATH).await;
            }
            if let Err(error) = socket.send(&encode::message(item, &self.to)).await {
                failed = Some(error);
                break;
            }
        }
        if items.is_empty() {
            failed = socket.take_error().ok().flatten();
        }
        match failed {
            None => Ok(()),
            Some(error) => {
                self.line = None;
                let problem = Problem::new(format!("{} did not take the records", self.place()))
                    .because(error)
                    .next("see whether the receiver runs and listens on UDP");
                Err(Failure::passing(problem))
            }
        }
    }
}

/// Connects to the first address of a name that takes it, with a small buffer: what lies in it when
/// the connection breaks is nowhere.
async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "its name leads nowhere");
    for place in tokio::net::lookup_host((host, port)).await? {
        let socket = if place.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
        let _ = socket.set_send_buffer_size(BUFFER);
        match socket.connect(place).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests;
