//! What detection remembers between records, and the part of it that is at hand.
//!
//! Promises: what changed is handed out to be written down, each piece once; what is not at hand is
//! fetched from where it was written; a piece that cannot be read back is begun anew.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::baseline::{Counts, Journey, Spike, Usual, WarmUp};
use super::codec::{Put, Take};
use super::correlation::{Correlation, Group, LATE};
use super::twins::Acts;
use crate::base::{Problem, UnixMillis};
use crate::record::LogType;

/// Where what was written down is fetched from.
pub trait Past {
    /// What was written down under a rule's print and a key.
    fn recall(&mut self, rule: &str, key: &str) -> Result<Option<Vec<u8>>, Problem>;
}

/// Nothing was written down.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPast;

impl Past for NoPast {
    fn recall(&mut self, _: &str, _: &str) -> Result<Option<Vec<u8>>, Problem> {
        Ok(None)
    }
}

/// Something to be written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule's print.
    pub rule: Arc<str>,
    /// The key.
    pub key: Box<str>,
    /// Of no use for records after this time.
    pub until: UnixMillis,
    /// What is remembered.
    pub data: Vec<u8>,
}

/// A piece of memory.
pub trait Piece: Default {
    /// Reads it back.
    fn read(bytes: &[u8]) -> Option<Self>;
    /// The same, as one of several kinds.
    fn kept(self) -> Kept;
    /// Finds it among the kinds.
    fn of(kept: &mut Kept) -> Option<&mut Self>;
}

macro_rules! pieces {
    ($($piece:ident),+) => {
        /// A piece of memory, of any kind.
        #[derive(Clone, Debug)]
        pub enum Kept {
            $(
                #[doc = concat!("See [`", stringify!($piece), "`].")]
                $piece($piece),
            )+
        }

        $(impl Piece for $piece {
            fn read(bytes: &[u8]) -> Option<Self> {
                Self::read(bytes)
            }

            fn kept(self) -> Kept {
                Kept::$piece(self)
            }

            fn of(kept: &mut Kept) -> Option<&mut Self> {
                match kept {
                    Kept::$piece(piece) => Some(piece),
                    _ => None,
                }
            }
        })+
    };
}

pieces!(Acts, Counts, Group, Journey, Reached, Since, Usual);

/// How far the logs of an account have got: the newest record of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reached([i64; LogType::ALL.len()]);

const REACHED: u8 = b'r';

impl Default for Reached {
    fn default() -> Self {
        Self([i64::MIN; LogType::ALL.len()])
    }
}

impl Reached {
    /// Notes a record; tells whether its log got farther.
    pub fn note(&mut self, log_type: LogType, time: i64) -> bool {
        match self.0.get_mut(log_type as usize) {
            Some(newest) if *newest < time => {
                *newest = time;
                true
            }
            _ => false,
        }
    }

    /// Nothing from before this time arrives any more in any of these logs. While one of them has
    /// shown nothing, everything may still arrive.
    pub fn settled(&self, log_types: &[LogType]) -> i64 {
        let newest = log_types.iter().filter_map(|log_type| self.0.get(*log_type as usize));
        newest.min().copied().unwrap_or(i64::MIN).saturating_sub(LATE)
    }

    fn write(&self) -> Vec<u8> {
        let mut put = Put::new(REACHED);
        self.0.iter().for_each(|newest| put.signed(*newest));
        put.done()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(REACHED, bytes)?;
        let mut reached = Self::default();
        for newest in &mut reached.0 {
            *newest = take.signed()?;
        }
        take.is_done().then_some(reached)
    }
}

/// Since when an account is known to a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Since(pub Option<i64>);

const SINCE: u8 = b's';

impl Since {
    fn write(&self) -> Vec<u8> {
        let mut put = Put::new(SINCE);
        put.signed(self.0.unwrap_or(i64::MAX));
        put.done()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(SINCE, bytes)?;
        let since = take.signed()?;
        take.is_done().then_some(Self(Some(since).filter(|since| *since != i64::MAX)))
    }
}

/// What a rule's pieces need to be written down.
#[derive(Clone, Copy, Debug)]
pub enum Form<'r> {
    /// They tell it themselves.
    Own,
    /// The rule's correlations.
    Plan(&'r [Correlation]),
    /// When a new value is worth telling.
    WarmUp(WarmUp),
    /// When many are more than usual.
    Spike(Spike),
}

impl Kept {
    fn until(&self, form: Form<'_>) -> i64 {
        match (self, form) {
            (Self::Acts(acts), _) => acts.until(),
            (Self::Journey(journey), _) => journey.until(),
            (Self::Group(group), Form::Plan(plan)) => group.until(plan),
            (Self::Usual(usual), Form::WarmUp(warm_up)) => usual.until(warm_up),
            (Self::Counts(counts), Form::Spike(spike)) => counts.until(spike),
            _ => i64::MAX,
        }
    }

    fn write(&self) -> Vec<u8> {
        match self {
            Self::Acts(piece) => piece.write(),
            Self::Counts(piece) => piece.write(),
            Self::Group(piece) => piece.write(),
            Self::Journey(piece) => piece.write(),
            Self::Reached(piece) => piece.write(),
            Self::Since(piece) => piece.write(),
            Self::Usual(piece) => piece.write(),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Acts(piece) => piece.size(),
            Self::Counts(piece) => piece.size(),
            Self::Group(piece) => piece.size(),
            Self::Journey(piece) => piece.size(),
            Self::Reached(_) | Self::Since(_) => 0,
            Self::Usual(piece) => piece.size(),
        }
    }
}

/// One rule's memory that is at hand.
#[derive(Debug, Default)]
pub struct Shelf {
    at_hand: HashMap<Box<str>, (Kept, bool)>,
    changed: Vec<Box<str>>,
}

impl Shelf {
    /// Works on a piece, which is fetched or begun when it is not at hand; `work` tells whether
    /// it changed.
    pub fn work<P: Piece, T>(
        &mut self,
        rule: &str,
        key: &str,
        past: &mut dyn Past,
        work: impl FnOnce(&mut P) -> (T, bool),
    ) -> Result<T, Problem> {
        if let Some(at_hand) = self.at_hand.get_mut(key) {
            return Ok(Self::work_on(at_hand, &mut self.changed, key, work));
        }
        let piece = match past.recall(rule, key)? {
            None => P::default(),
            Some(bytes) => P::read(&bytes).unwrap_or_else(|| {
                tracing::warn!(rule, "what detection remembered cannot be read; begun anew");
                P::default()
            }),
        };
        let at_hand = self.at_hand.entry(key.into()).insert_entry((piece.kept(), false)).into_mut();
        Ok(Self::work_on(at_hand, &mut self.changed, key, work))
    }

    fn work_on<P: Piece, T>(
        (kept, changed): &mut (Kept, bool),
        all_changed: &mut Vec<Box<str>>,
        key: &str,
        work: impl FnOnce(&mut P) -> (T, bool),
    ) -> T {
        // A rule's pieces under one key are of one kind; anything else is begun anew.
        let Some(piece) = P::of(kept) else { return work(&mut P::default()).0 };
        let (done, has_changed) = work(piece);
        if has_changed && !*changed {
            *changed = true;
            all_changed.push(key.into());
        }
        done
    }

    /// Takes what changed since the last time.
    pub fn take_changes(&mut self, rule: &Arc<str>, form: Form<'_>, changes: &mut Vec<Change>) {
        for key in self.changed.drain(..) {
            let Some((kept, changed)) = self.at_hand.get_mut(&key) else { continue };
            *changed = false;
            changes.push(Change {
                rule: Arc::clone(rule),
                until: UnixMillis(kept.until(form)),
                data: kept.write(),
                key,
            });
        }
    }

    /// Roughly how many bytes are at hand.
    pub fn size(&self) -> usize {
        let entry = size_of::<(Box<str>, (Kept, bool))>();
        self.at_hand.iter().map(|(key, (kept, _))| entry + key.len() + kept.size()).sum()
    }

    /// Puts everything away. What changed and was not taken is lost.
    pub fn forget(&mut self) {
        self.at_hand = HashMap::new();
        self.changed = Vec::new();
    }
}
