//! How far a batch has come, so that trying it again sends little twice and nothing out of order.
//!
//! Promises: pure; an item is passed over only when it is known to have arrived, or to be refused,
//! and so are all before it in its lane.

use std::collections::HashMap;
use std::sync::Arc;

use crate::outputs::{Batch, Item, What};

/// What stays in order among itself: the items of one account and log.
pub type Lane = (Arc<str>, What);

/// The lane of an item.
pub fn lane(item: &Item) -> Lane {
    (Arc::clone(&item.account), item.what)
}

/// How far a batch has come.
#[derive(Debug, Default)]
pub struct Progress {
    token: String,
    /// By lane: the first index that still has to be sent. A lane that is missing has not begun.
    next: HashMap<Lane, usize>,
    /// Items that will never be taken, and why.
    refused: Vec<(usize, String)>,
}

impl Progress {
    /// That of a batch nobody has tried.
    pub fn of(batch: &Batch) -> Self {
        Self { token: batch.token.clone(), ..Self::default() }
    }

    /// Whether it is about this batch.
    pub fn is_of(&self, batch: &Batch) -> bool {
        self.token == batch.token
    }

    /// What still has to be sent, in order.
    pub fn open<'a>(&self, batch: &'a Batch) -> Vec<(usize, &'a Item)> {
        let is_open = |(index, item): &(usize, &Item)| {
            self.next.get(&lane(item)).is_none_or(|next| index >= next)
                && !self.refused.iter().any(|(refused, _)| refused == index)
        };
        batch.items.iter().enumerate().filter(is_open).collect()
    }

    /// Notes an item that will never be taken.
    pub fn refuse(&mut self, index: usize, reason: String) {
        self.refused.push((index, reason));
    }

    /// Notes what a round of sending came to: `failed` are those that are not known to have
    /// arrived. All others have; but a lane goes on at its first failure, with what follows there.
    pub fn note(&mut self, batch: &Batch, failed: impl IntoIterator<Item = usize>) {
        let mut next: HashMap<Lane, usize> = HashMap::new();
        for item in &batch.items {
            next.entry(lane(item)).or_insert(batch.items.len());
        }
        for index in failed {
            let Some(item) = batch.items.get(index) else { continue };
            next.entry(lane(item)).and_modify(|first| *first = index.min(*first));
        }
        self.next = next;
    }

    /// The refused ones, in order.
    pub fn into_refused(mut self) -> Vec<(usize, String)> {
        self.refused.sort_unstable();
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outputs::kafka::tests::item;
    use crate::record::LogType::{Activity, Authentication};

    fn batch() -> Batch {
        let items = [Authentication, Activity, Authentication, Activity, Authentication]
            .into_iter()
            .enumerate()
            .map(|(n, log_type)| item(&n.to_string(), log_type))
            .collect();
        Batch { items, token: "t".to_owned() }
    }

    fn open(progress: &Progress) -> Vec<usize> {
        progress.open(&batch()).into_iter().map(|(index, _)| index).collect()
    }

    #[test]
    fn a_lane_goes_on_where_it_stopped_and_the_others_are_done() {
        let mut progress = Progress::of(&batch());
        assert_eq!(open(&progress), [0, 1, 2, 3, 4]);
        progress.note(&batch(), [2]);
        assert_eq!(open(&progress), [2, 4], "4 arrived before 2 and has to come again after it");
        progress.note(&batch(), []);
        assert!(open(&progress).is_empty());
    }

    #[test]
    fn what_was_refused_is_neither_sent_again_nor_forgotten() {
        let mut progress = Progress::of(&batch());
        progress.refuse(3, "too long".to_owned());
        progress.note(&batch(), [0, 1, 2, 4]);
        assert_eq!(open(&progress), [0, 1, 2, 4]);
        assert_eq!(progress.into_refused(), [(3, "too long".to_owned())]);
    }

    #[test]
    fn another_batch_starts_anew() {
        let other = Batch { token: "other".to_owned(), ..batch() };
        assert!(!Progress::of(&batch()).is_of(&other));
    }
}
