//! Writes down how far outputs have come, over one connection that all of them share.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Problem, UnixMillis};
use crate::pipeline::sources::unblock;
use crate::settings::Start;
use crate::store::{Reached, StoreError, Writer};

/// The store, as far as deliveries write to it; clones share the connection.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    writer: Arc<Mutex<Option<Writer>>>,
}

impl Ledger {
    /// For the store of a home; it is opened when it is first needed.
    pub fn of(path: PathBuf) -> Self {
        Self { path, writer: Arc::default() }
    }

    /// Where an output stands; `None` while there is no store.
    pub async fn begin(&self, output: &str, start: Start) -> Result<Option<Reached>, Problem> {
        let output = output.to_owned();
        let now = UnixMillis::now();
        self.write(move |writer| writer.begin_output(&output, start, now)).await
    }

    /// Does something with the store; `None` while there is none. Waits for other writers, but
    /// never holds them up for longer than one small transaction.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, Problem> {
        let Self { path, writer } = self.clone();
        let done = unblock(move || {
            let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
            if writer.is_none() {
                *writer = Writer::beside_small(&path)?;
            }
            let done = writer.as_mut().map(work).transpose();
            if done.is_err() {
                // A store that was set aside, or was away, is opened anew.
                *writer = None;
            }
            done
        });
        done.await?.map_err(|error: StoreError| error.problem)
    }

    /// Closes the connection until there is something to write again.
    pub fn rest(&self) {
        *self.writer.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
