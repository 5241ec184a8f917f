//! One act in two logs: the activity log repeats what the administrator log says, second for
//! second, under other ids.
//!
//! Promises: of two records, one of each log, that tell the same act (same rule, action, user and
//! target, no more than [`APART`] apart) the one that arrives first counts, and the other is its
//! twin; a record has one twin at most, so two equal acts in one log stay two.

use super::codec::{Put, Take};
use super::correlation::LATE;
use crate::record::LogType;

/// Records of one act lie no farther apart than this. The administrator log counts whole seconds.
pub const APART: u64 = 5_000;

/// Acts remembered of one kind; the oldest go first.
const ACTS: usize = 200;

const KIND: u8 = b't';

/// Acts of one kind that were seen, by time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acts(Vec<Act>);

#[derive(Clone, Debug, PartialEq)]
struct Act {
    time: i64,
    activity: bool,
    paired: bool,
}

impl Acts {
    /// Notes a record of an act; tells whether it is the twin of one that was noted before. Nothing
    /// from before `settled` arrives any more.
    pub fn is_twin(&mut self, log_type: LogType, time: i64, settled: i64) -> bool {
        let activity = log_type == LogType::Activity;
        let nearest = self
            .0
            .iter_mut()
            .filter(|act| {
                act.activity != activity && !act.paired && act.time.abs_diff(time) <= APART
            })
            .min_by_key(|act| act.time.abs_diff(time));
        if let Some(act) = nearest {
            act.paired = true;
            return true;
        }
        self.0.push(Act { time, activity, paired: false });
        self.0.retain(|act| act.time >= settled.saturating_sub(APART.cast_signed()));
        if self.0.len() > ACTS
            && let Some(oldest) = (0..).zip(&self.0).min_by_key(|(_, act)| act.time)
        {
            self.0.swap_remove(oldest.0);
        }
        false
    }

    fn newest(&self) -> i64 {
        self.0.iter().map(|act| act.time).max().unwrap_or(i64::MIN)
    }

    /// Roughly how many bytes it takes.
    pub fn size(&self) -> usize {
        self.0.capacity() * size_of::<Act>()
    }

    /// It is of no use for records after this time.
    pub fn until(&self) -> i64 {
        self.newest().saturating_add(LATE)
    }

    /// Writes it down.
    pub fn write(&self) -> Vec<u8> {
        let mut put = Put::new(KIND);
        put.number(self.0.len() as u64);
        for act in &self.0 {
            put.signed(act.time);
            put.number(u64::from(act.activity) | u64::from(act.paired) << 1);
        }
        put.done()
    }

    /// Reads it back; `None` when it cannot be.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(KIND, bytes)?;
        let mut acts = Vec::new();
        for _ in 0..take.length()? {
            let time = take.signed()?;
            let marks = take.number()?;
            acts.push(Act { time, activity: marks & 1 != 0, paired: marks & 2 != 0 });
        }
        take.is_done().then_some(Self(acts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LogType::{Activity, Administrator};

    #[test]
    fn one_act_in_two_logs_is_one() {
        let mut acts = Acts::default();
        assert!(!acts.is_twin(Administrator, 1_000_000, 0));
        assert!(acts.is_twin(Activity, 1_000_480, 0));
        assert!(!acts.is_twin(Activity, 1_000_900, 0), "the first has its twin");
        assert_eq!(Acts::read(&acts.write()), Some(acts));
    }

    #[test]
    fn two_equal_acts_in_one_log_are_two_in_either_order() {
        let mut acts = Acts::default();
        assert!(!acts.is_twin(Activity, 1_000, 0));
        assert!(!acts.is_twin(Activity, 2_000, 0));
        assert!(acts.is_twin(Administrator, 2_000, 0));
        assert!(acts.is_twin(Administrator, 1_000, 0));
        assert!(!acts.is_twin(Administrator, 1_000, 0));
    }

    #[test]
    fn acts_far_apart_are_two() {
        let mut acts = Acts::default();
        assert!(!acts.is_twin(Activity, 0, 0));
        assert!(!acts.is_twin(Administrator, 5_001, 0));
    }
}
