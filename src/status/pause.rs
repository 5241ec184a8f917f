//! A person's wish that nothing be asked of Duo for a while.
//!
//! Promises: a restart keeps a pause; a pause that is over is no pause. Only the collector writes
//! the file, everything else reads it.
//!
//! - Absent: not paused.
//! - Unreadable: not paused, and the log tells. Collecting is the safe side: records that nobody
//!   fetches are gone from Duo after a while.
//! - Left over from a crash: the file is replaced as a whole; the pause goes on as it stood.

use std::io;

use serde::{Deserialize, Serialize};

use crate::base::{Home, UnixMillis, files};

/// Collection is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it goes on by itself; `None` means when a person resumes it.
    pub until: Option<UnixMillis>,
}

impl Pause {
    /// The pause of a home, if there is one and it is not over.
    pub fn read(home: &Home) -> Option<Self> {
        let pause = match Self::read_file(home) {
            Ok(pause) => pause?,
            Err(error) => {
                let path = home.pause_file();
                tracing::warn!(%error, "the pause cannot be read; collecting: {}", path.display());
                return None;
            }
        };
        (!pause.is_over(UnixMillis::now())).then_some(pause)
    }

    /// Whether its end has come.
    pub fn is_over(self, now: UnixMillis) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Keeps the pause for this start of the collector and the next.
    pub fn write(self, home: &Home) -> io::Result<()> {
        files::replace(&home.pause_file(), &serde_json::to_vec(&self)?)
    }

    /// Forgets the pause.
    pub fn clear(home: &Home) -> io::Result<()> {
        match std::fs::remove_file(home.pause_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    fn read_file(home: &Home) -> io::Result<Option<Self>> {
        match files::read_if_there(&home.pause_file())? {
            Some(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pause_is_kept_until_it_is_over_or_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        assert_eq!(Pause::read(&home), None);
        Pause::clear(&home).unwrap();

        let endless = Pause { until: None };
        endless.write(&home).unwrap();
        assert_eq!(Pause::read(&home), Some(endless));

        let now = UnixMillis::now();
        let hour = Pause { until: Some(now.plus(Duration::from_secs(3600))) };
        hour.write(&home).unwrap();
        assert_eq!(Pause::read(&home), Some(hour));

        Pause { until: Some(now.minus(Duration::from_secs(1))) }.write(&home).unwrap();
        assert_eq!(Pause::read(&home), None);

        hour.write(&home).unwrap();
        Pause::clear(&home).unwrap();
        assert_eq!(Pause::read(&home), None);
    }

    #[test]
    fn a_file_that_cannot_be_read_pauses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        for bytes in [&b""[..], b"{", b"{\"until\":\"tomorrow\"}", b"\xff"] {
            std::fs::write(home.pause_file(), bytes).unwrap();
            assert_eq!(Pause::read(&home), None);
        }
    }
}
