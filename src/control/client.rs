//! Speaks to the collector or the window of a home.
//!
//! Promises: nobody there is told apart from somebody who does not answer; no call takes longer
//! than some seconds.

use std::io;
use std::time::Duration;

use interprocess::local_socket::tokio::Stream;
use tokio::io::BufReader;
use tokio::time::timeout;

use super::address_of_system;
use super::protocol::{Answer, Greeting, Hello, PROTOCOL, Request, Role};
use super::wire::{LINE_LIMIT, read_line, write_line};
use crate::base::{Home, Problem};

/// How long connecting may take: the other side is on the same computer.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlError {
    /// Nobody listens.
    NotThere,
    /// Somebody listens, and this went wrong.
    Problem(Problem),
    /// Somebody listens who speaks another version; asking to quit is understood all the same.
    OtherVersion {
        /// Who it is.
        theirs: Hello,
    },
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Problem(problem) => problem,
            ControlError::NotThere => Self::new("The collector is not running")
                .next("start it with: duo-integrator collect"),
            ControlError::OtherVersion { theirs } => {
                Self::new(format!("The {} that runs is of another version", theirs.role.name()))
                    .because(format!("it is {}, and this is {}", theirs.version, crate_version()))
                    .next("end it and start it again")
            }
        }
    }
}

const fn crate_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// A conversation.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<Stream>,
    theirs: Hello,
}

/// Connects to whoever has this role in a home.
pub async fn connect(home: &Home, role: Role) -> Result<Connection, ControlError> {
    let stream = match timeout(CONNECT_LIMIT, address_of_system::connect(home, role)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(not_connected(role, &error)),
        Err(_) => return Err(not_connected(role, &io::ErrorKind::TimedOut.into())),
    };
    let mut stream = BufReader::new(stream);
    let hello = async {
        write_line(stream.get_mut(), &Greeting { hello: Hello::from_here(Role::Window) }).await?;
        read_line(&mut stream, LINE_LIMIT).await
    };
    let line = hello.await.map_err(|error| silent(role, error))?;
    let line = line.ok_or_else(|| silent(role, "it closed the connection"))?;
    match serde_json::from_slice(&line) {
        Ok(Greeting { hello: theirs }) if theirs.role == role => Ok(Connection { stream, theirs }),
        Ok(_) => Err(silent(role, "it is something else")),
        Err(error) => Err(silent(role, error)),
    }
}

impl Connection {
    /// Who is on the other side.
    pub const fn theirs(&self) -> &Hello {
        &self.theirs
    }

    /// Asks, and waits for the answer.
    pub async fn ask(&mut self, request: &Request) -> Result<Answer, ControlError> {
        if self.theirs.protocol != PROTOCOL && *request != Request::Quit {
            return Err(ControlError::OtherVersion { theirs: self.theirs.clone() });
        }
        let role = self.theirs.role;
        let exchange = async {
            write_line(self.stream.get_mut(), request).await?;
            read_line(&mut self.stream, ANSWER_LIMIT).await
        };
        match exchange.await.map_err(|error| silent(role, error))? {
            Some(line) => serde_json::from_slice(&line).map_err(|error| silent(role, error)),
            None => Err(silent(role, "it closed the connection")),
        }
    }
}

/// Asks one thing and waits for the answer; for threads that may wait.
pub fn ask_blocking(home: &Home, role: Role, request: &Request) -> Result<Answer, ControlError> {
    blocking(|| async { connect(home, role).await?.ask(request).await })
}

/// Finds out who is there; for threads that may wait.
pub fn greet_blocking(home: &Home, role: Role) -> Result<Hello, ControlError> {
    blocking(|| async { Ok(connect(home, role).await?.theirs) })
}

/// A thread of its own, because one that belongs to a runtime must not start another.
fn blocking<T, W>(work: impl FnOnce() -> W + Send) -> Result<T, ControlError>
where
    T: Send,
    W: Future<Output = Result<T, ControlError>>,
{
    let failed = |reason: String| {
        ControlError::Problem(Problem::new("The local socket cannot be used").because(reason))
    };
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().name("control".to_owned()).spawn_scoped(scope, || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| failed(error.to_string()))?;
                runtime.block_on(work())
            });
        let thread = thread.map_err(|error| failed(error.to_string()))?;
        thread.join().unwrap_or_else(|_| Err(failed("its thread broke off".to_owned())))
    })
}

fn not_connected(role: Role, error: &io::Error) -> ControlError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ControlError::NotThere,
        _ => ControlError::Problem(
            Problem::new(format!("The {} cannot be reached", role.name()))
                .because(error)
                .next("end it and start it again"),
        ),
    }
}

fn silent(role: Role, reason: impl std::fmt::Display) -> ControlError {
    ControlError::Problem(
        Problem::new(format!("The {} does not answer as it should", role.name()))
            .because(reason)
            .next("end it and start it again"),
    )
}
