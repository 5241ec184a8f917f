//! Not finished.

use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::Problem;
use crate::settings::FileOutput;

/// Not finished.
#[derive(Debug)]
pub struct Channel;

impl Channel {
    /// Makes it ready.
    pub async fn open(_name: &str, _to: &FileOutput, _tools: Tools) -> Result<Self, Failure> {
        Ok(Self)
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, _batch: &Batch) -> Result<Taken, Failure> {
        Err(Failure::lasting(Problem::new("This output is not ready yet")))
    }

    /// Hands over a test.
    pub async fn probe(&mut self, _item: &Item) -> Result<Probed, Failure> {
        Err(Failure::lasting(Problem::new("This output is not ready yet")))
    }

    /// Ends it.
    pub async fn close(self) {}

    /// How much goes out together.
    pub fn limits(&self) -> Limits {
        Limits::default()
    }
}
