//! One connection, which can be made to break: reset, cut off, or slow.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// Blanks are sent in pieces of this size.
const BLANKS_BYTES: u64 = 64 * 1024;

/// A TCP connection that is reset instead of closed once it is told to abort.
pub(super) struct Line {
    tcp: TcpStream,
    abort: Arc<AtomicBool>,
}

impl Line {
    pub const fn new(tcp: TcpStream, abort: Arc<AtomicBool>) -> Self {
        Self { tcp, abort }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.abort.load(Ordering::Relaxed) {
            // No linger: closing sends RST. Where the system refuses, it stays a plain close.
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// A step in sending a body.
#[derive(Debug)]
pub(super) enum Step {
    Send(Bytes),
    /// Blanks, so many bytes of them.
    Blanks(u64),
    /// Wait; what was sent before is on its way by then.
    Pause(Duration),
    /// Break the connection off, by a reset if told so.
    Break(Option<Arc<AtomicBool>>),
}

/// A body sent step by step.
#[derive(Debug, Default)]
pub(super) struct Staged {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Staged {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), pause: None }
    }
}

impl Body for Staged {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Blanks(0)) => {}
                Some(Step::Blanks(count)) => {
                    let size = count.min(BLANKS_BYTES);
                    self.steps.push_front(Step::Blanks(count - size));
                    let blanks = vec![b' '; usize::try_from(size).unwrap_or_default()];
                    return Poll::Ready(Some(Ok(Frame::data(blanks.into()))));
                }
                Some(Step::Pause(span)) => self.pause = Some(Box::pin(tokio::time::sleep(span))),
                Some(Step::Break(reset)) => {
                    if let Some(abort) = reset {
                        abort.store(true, Ordering::Relaxed);
                    }
                    return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.pause.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        // Known only when everything is at hand; hyper then announces the length.
        let mut size = 0;
        for step in &self.steps {
            match step {
                Step::Send(bytes) => size += bytes.len() as u64,
                _ => return SizeHint::default(),
            }
        }
        SizeHint::with_exact(size)
    }
}
