//! What is known about records while they are collected: the knowledge packs of the home, and the
//! categories each record falls in.
//!
//! Promises: a pack or a switch that cannot be used is told and left out; collecting goes on.

use std::sync::Arc;

use super::storing::Storing;
use crate::base::{Home, Problem};
use crate::knowledge::{Categorizer, Knowledge};

/// What is known about records.
#[derive(Debug, Default)]
pub struct Known {
    /// The knowledge packs, with what was switched.
    pub knowledge: Knowledge,
    /// Tells the categories of a record, as the bits the store keeps.
    pub categorizer: Categorizer,
}

impl Known {
    /// Reads what a home knows, and has the store give each category its bit. Tells what could not
    /// be used.
    pub async fn of(home: &Home, storing: &Storing) -> (Arc<Self>, Vec<Problem>) {
        let (knowledge, mut told) = match Knowledge::load(home) {
            Ok(loaded) => loaded,
            Err(problem) => return (Arc::default(), vec![problem]),
        };
        let ids: Vec<String> =
            knowledge.category_ids().into_iter().map(ToOwned::to_owned).collect();
        let bits = storing
            .call(move |writer| {
                writer.category_bits(&ids.iter().map(String::as_str).collect::<Vec<_>>())
            })
            .await;
        let bits = bits.unwrap_or_else(|error| {
            told.push(error.problem);
            Vec::new()
        });
        let categorizer = Categorizer::new(&knowledge, &bits);
        (Arc::new(Self { knowledge, categorizer }), told)
    }
}
