//! What is known about records while they are collected: the knowledge packs of the home, and the
//! categories each record falls in.
//!
//! Promises: a pack or a switch that cannot be used is told and left out; collecting goes on.
//! Records that are stored already are brought to the same categories step by step, with pauses in
//! which collecting goes first; how far that has got is in the store.

use std::sync::Arc;
use std::time::Duration;

use super::storing::Storing;
use crate::base::{Home, Problem};
use crate::knowledge::{Categorizer, Knowledge};
use crate::store::StoreError;

/// Between two steps over what is stored already.
const PAUSE: Duration = Duration::from_millis(50);

/// What is known about records.
#[derive(Debug, Default)]
pub struct Known {
    /// The knowledge packs, with what was switched.
    pub knowledge: Knowledge,
    /// Tells the categories of a record, as the bits the store keeps.
    pub categorizer: Categorizer,
    /// What the categories of stored records have to agree with; `None` when the store could not
    /// give the categories their bits.
    fingerprint: Option<String>,
}

impl Known {
    /// Reads what a home knows, and has the store give each category its bit. Tells what could not
    /// be used.
    pub async fn of(home: &Home, storing: &Storing) -> (Arc<Self>, Vec<Problem>) {
        let (knowledge, mut told) = match Knowledge::load(home) {
            Ok(loaded) => loaded,
            Err(problem) => return (Arc::default(), vec![problem]),
        };
        let ids = owned(&knowledge.category_ids());
        let bits = storing.call(move |writer| writer.category_bits(&borrowed(&ids))).await;
        let known = match bits {
            Ok(bits) => Self {
                categorizer: Categorizer::new(&knowledge, &bits),
                fingerprint: Some(knowledge.fingerprint()),
                knowledge,
            },
            Err(error) => {
                told.push(error.problem);
                Self { knowledge, ..Self::default() }
            }
        };
        (Arc::new(known), told)
    }

    /// Brings the records that are stored already to these categories.
    pub async fn sort_stored(self: Arc<Self>, storing: Storing) {
        if let Err(error) = self.sort(&storing).await {
            let problem = error.problem;
            tracing::warn!(%problem, "stored records keep their old categories for now");
        }
    }

    async fn sort(self: &Arc<Self>, storing: &Storing) -> Result<(), StoreError> {
        let Some(fingerprint) = self.fingerprint.clone() else { return Ok(()) };
        let mut changed = 0;
        loop {
            let (known, fingerprint) = (Arc::clone(self), fingerprint.clone());
            let step = storing
                .call(move |writer| {
                    writer.recategorize(&fingerprint, |log_type, columns| {
                        known.categorizer.assign(log_type, columns)
                    })
                })
                .await?;
            changed += step.changed;
            if step.done {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if changed > 0 {
            tracing::info!(records = changed, "stored records have other categories now");
        }
        let ids = owned(&self.knowledge.category_ids());
        storing.call(move |writer| writer.forget_categories_but(&borrowed(&ids))).await
    }
}

fn owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn borrowed(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}
