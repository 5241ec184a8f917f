//! What is usual for a user, and what is not: the first country, the impossible journey, more than
//! on other days.
//!
//! Promises: nothing is found before somebody has been known for the rule's warm-up, so a first
//! collection or a new user raises no flood; records that arrive late are judged by their own time;
//! what is remembered of one user stays small, whatever the number of records.
//!
//! Unlike correlations, what is "first" depends on what was known when a record arrived: of two
//! records from a new country the one that arrives first is named.

use super::codec::{Put, Take};
use super::finding::Seen;
use super::places::Place;
use crate::base::units::DAY_MILLIS;

/// Values remembered for one user; the one not seen for longest goes first.
const VALUES: usize = 256;

/// Journeys are looked for among so many last places.
const STOPS: usize = 16;

/// Places older than this, counted from the newest, are forgotten.
const STOPS_SPAN: i64 = 4 * DAY_MILLIS;

/// What is usual for one user: the values seen, and since when the user is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usual {
    since: Option<i64>,
    /// Counted no further than anybody asks.
    records: u32,
    /// A value's print, and the day it was seen last.
    values: Vec<(u64, u32)>,
}

/// When a new value is worth telling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmUp {
    /// The user has been known for so many milliseconds …
    pub span: i64,
    /// … and by so many records.
    pub records: u32,
    /// A value not seen for so many milliseconds is new again.
    pub forget: i64,
}

const USUAL: u8 = b'u';

impl Usual {
    /// Notes a record with a value. Tells whether the value is new, and whether anything worth
    /// writing down changed.
    pub fn note(&mut self, warm_up: WarmUp, value: u64, time: i64) -> (bool, bool) {
        let today = day(time);
        let since = self.since.unwrap_or(time);
        let warm = time.saturating_sub(since) >= warm_up.span && self.records >= warm_up.records;
        let mut changed = false;
        if self.since.is_none_or(|since| time < since) {
            self.since = Some(time);
            changed = true;
        }
        if self.records < warm_up.records {
            self.records += 1;
            changed = true;
        }
        let new = match self.values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, last)) => {
                let away = (i64::from(today) - i64::from(*last)).saturating_mul(DAY_MILLIS);
                if today > *last {
                    *last = today;
                    changed = true;
                }
                away > warm_up.forget
            }
            None => {
                if self.values.len() >= VALUES {
                    let oldest = self.values.iter().enumerate().min_by_key(|(_, (_, last))| *last);
                    if let Some((oldest, _)) = oldest {
                        self.values.swap_remove(oldest);
                    }
                }
                self.values.push((value, today));
                changed = true;
                true
            }
        };
        (new && warm, changed)
    }

    /// Roughly how many bytes it takes.
    pub fn size(&self) -> usize {
        self.values.capacity() * 16
    }

    /// It is of no use for records after this time.
    pub fn until(&self, warm_up: WarmUp) -> i64 {
        let last = self.values.iter().map(|(_, last)| *last).max().unwrap_or(0);
        (i64::from(last) + 1).saturating_mul(DAY_MILLIS).saturating_add(warm_up.forget)
    }

    /// Writes it down.
    pub fn write(&self) -> Vec<u8> {
        let mut put = Put::new(USUAL);
        put.signed(self.since.unwrap_or(i64::MAX));
        put.number(self.records.into());
        put.number(self.values.len() as u64);
        for (value, last) in &self.values {
            put.fixed(*value);
            put.number((*last).into());
        }
        put.done()
    }

    /// Reads it back; `None` when it cannot be.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(USUAL, bytes)?;
        let since = Some(take.signed()?).filter(|since| *since != i64::MAX);
        let records = u32::try_from(take.number()?).ok()?;
        let mut values = Vec::new();
        for _ in 0..take.length()? {
            values.push((take.fixed()?, u32::try_from(take.number()?).ok()?));
        }
        take.is_done().then_some(Self { since, records, values })
    }
}

/// Where a user was last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journey {
    /// By time.
    stops: Vec<Stop>,
}

#[derive(Clone, Debug, PartialEq)]
struct Stop {
    seen: Seen,
    place: Place,
    told: bool,
}

/// When a journey is impossible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Faster than this.
    pub km_per_hour: f64,
    /// And farther than this.
    pub km: f64,
}

const JOURNEY: u8 = b'j';

impl Journey {
    /// Notes where a user was; tells the records of impossible journeys from or to there. A stay
    /// in one place is remembered by its first and last record.
    pub fn note(&mut self, speed: Speed, place: Place, seen: &Seen) -> Vec<Seen> {
        let at = self.stops.partition_point(|stop| stop.seen.time <= seen.time);
        self.stops.insert(at, Stop { seen: seen.clone(), place, told: false });
        let mut told = Vec::new();
        for (from, to) in [(at.checked_sub(1), Some(at)), (Some(at), at.checked_add(1))] {
            let (Some(from), Some(to)) = (from, to) else { continue };
            let (Some(a), Some(b)) = (self.stops.get(from), self.stops.get(to)) else { continue };
            if !impossible(speed, a, b) {
                continue;
            }
            for index in [from, to] {
                if let Some(stop) = self.stops.get_mut(index)
                    && !stop.told
                {
                    stop.told = true;
                    told.push(stop.seen.clone());
                }
            }
        }
        self.shorten();
        told
    }

    /// Forgets old stops, and those in the middle of a stay.
    fn shorten(&mut self) {
        let places: Vec<Place> = self.stops.iter().map(|stop| stop.place).collect();
        let mut index = 0;
        self.stops.retain(|_| {
            let here = places.get(index).copied();
            let before = index.checked_sub(1).and_then(|before| places.get(before)).copied();
            let after = places.get(index + 1).copied();
            index += 1;
            !(before == here && after == here)
        });
        let newest = self.newest();
        self.stops.retain(|stop| stop.seen.time.0 >= newest.saturating_sub(STOPS_SPAN));
        let many = self.stops.len().saturating_sub(STOPS);
        self.stops.drain(..many);
    }

    fn newest(&self) -> i64 {
        self.stops.last().map_or(i64::MIN, |stop| stop.seen.time.0)
    }

    /// Roughly how many bytes it takes.
    pub fn size(&self) -> usize {
        self.stops.capacity() * size_of::<Stop>()
    }

    /// It is of no use for records after this time.
    pub fn until(&self) -> i64 {
        self.newest().saturating_add(STOPS_SPAN)
    }

    /// Writes it down.
    pub fn write(&self) -> Vec<u8> {
        let mut put = Put::new(JOURNEY);
        let base = self.newest();
        put.signed(base);
        put.number(self.stops.len() as u64);
        for stop in &self.stops {
            put.seen(&stop.seen, base);
            for degrees in [stop.place.north, stop.place.east, stop.place.reach_km] {
                put.number(degrees.to_bits().into());
            }
            put.number(stop.told.into());
        }
        put.done()
    }

    /// Reads it back; `None` when it cannot be.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(JOURNEY, bytes)?;
        let base = take.signed()?;
        let mut stops = Vec::new();
        for _ in 0..take.length()? {
            let seen = take.seen(base)?;
            let mut number = || Some(f32::from_bits(u32::try_from(take.number()?).ok()?));
            let place = Place { north: number()?, east: number()?, reach_km: number()? };
            stops.push(Stop { seen, place, told: take.number()? != 0 });
        }
        take.is_done().then_some(Self { stops })
    }
}

fn impossible(speed: Speed, a: &Stop, b: &Stop) -> bool {
    let km = a.place.distance_km(&b.place);
    let hours = (b.seen.time.0.abs_diff(a.seen.time.0)) as f64 / 3_600_000.0;
    km > speed.km && km > speed.km_per_hour * hours
}

/// How many there were in each span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// A span's number, and how many; by number.
    spans: Vec<(i64, u32)>,
}

/// When many are more than usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// A span's length in milliseconds.
    pub per: i64,
    /// So many spans before make the average.
    pub history: i64,
    /// More than so many times the average …
    pub factor: f64,
    /// … and at least so many.
    pub at_least: u32,
    /// Silent until so many milliseconds known.
    pub warm_up: i64,
}

/// Spans remembered at most; the oldest go first.
const SPANS: usize = 1_000;

const COUNTS: u8 = b'c';

impl Counts {
    /// Counts a record; tells whether its span now holds more than usual. `since` is when the
    /// account was first seen; nothing from before `settled` arrives any more.
    pub fn note(&mut self, spike: Spike, since: i64, time: i64, settled: i64) -> bool {
        let span = time.div_euclid(spike.per);
        let at = self.spans.partition_point(|(number, _)| *number < span);
        match self.spans.get_mut(at) {
            Some((number, count)) if *number == span => *count = count.saturating_add(1),
            _ => self.spans.insert(at, (span, 1)),
        }
        let count = self.spans.get(at).map_or(0, |(_, count)| *count);
        let oldest = settled.div_euclid(spike.per).saturating_sub(spike.history);
        let before: u64 = self
            .spans
            .iter()
            .filter(|(number, _)| (span - spike.history..span).contains(number))
            .map(|(_, count)| u64::from(*count))
            .sum();
        self.spans.retain(|(number, _)| *number >= oldest);
        let many = self.spans.len().saturating_sub(SPANS);
        self.spans.drain(..many);
        let known = span.saturating_sub(since.div_euclid(spike.per));
        if known <= 0 || time.saturating_sub(since) < spike.warm_up {
            return false;
        }
        let average = before as f64 / known.min(spike.history) as f64;
        count >= spike.at_least && f64::from(count) > spike.factor * average
    }

    /// Roughly how many bytes it takes.
    pub fn size(&self) -> usize {
        self.spans.capacity() * 16
    }

    /// It is of no use for records after this time.
    pub fn until(&self, spike: Spike) -> i64 {
        let newest = self.spans.last().map_or(0, |(number, _)| *number);
        newest.saturating_add(spike.history).saturating_add(1).saturating_mul(spike.per)
    }

    /// Writes it down.
    pub fn write(&self) -> Vec<u8> {
        let mut put = Put::new(COUNTS);
        put.number(self.spans.len() as u64);
        for (number, count) in &self.spans {
            put.signed(*number);
            put.number((*count).into());
        }
        put.done()
    }

    /// Reads it back; `None` when it cannot be.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(COUNTS, bytes)?;
        let mut spans = Vec::new();
        for _ in 0..take.length()? {
            spans.push((take.signed()?, u32::try_from(take.number()?).ok()?));
        }
        take.is_done().then_some(Self { spans })
    }
}

fn day(time: i64) -> u32 {
    u32::try_from(time.div_euclid(DAY_MILLIS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMillis;
    use crate::detect::finding::Name;
    use crate::detect::places::Places;

    const HOUR: i64 = 3_600_000;
    const WARM_UP: WarmUp = WarmUp { span: 14 * DAY_MILLIS, records: 3, forget: 180 * DAY_MILLIS };

    fn seen(time: i64) -> Seen {
        Seen { feed: 1, time: UnixMillis(time), event: time, name: Name::new("x") }
    }

    #[test]
    fn nothing_is_new_while_somebody_is_getting_known() {
        let mut usual = Usual::default();
        for value in 0..50 {
            assert!(!usual.note(WARM_UP, value, value as i64 * HOUR).0);
        }
        assert!(usual.note(WARM_UP, 99, 20 * DAY_MILLIS).0, "known for twenty days");
        assert!(!usual.note(WARM_UP, 99, 21 * DAY_MILLIS).0, "and then usual");
        assert_eq!(Usual::read(&usual.write()), Some(usual));
    }

    #[test]
    fn a_user_known_for_long_by_few_records_is_not_known() {
        let mut usual = Usual::default();
        assert!(!usual.note(WARM_UP, 1, 0).0);
        assert!(!usual.note(WARM_UP, 2, 30 * DAY_MILLIS).0);
    }

    #[test]
    fn what_was_long_away_is_new_again() {
        let mut usual = Usual::default();
        for hour in 0..5 {
            usual.note(WARM_UP, 1, hour * HOUR);
        }
        usual.note(WARM_UP, 2, 15 * DAY_MILLIS);
        assert!(usual.note(WARM_UP, 1, 200 * DAY_MILLIS).0);
        assert!(!usual.note(WARM_UP, 2, 100 * DAY_MILLIS).0, "a late record of a known value");
    }

    #[test]
    fn nothing_changes_on_an_ordinary_day() {
        let mut usual = Usual::default();
        for hour in 0..5 {
            usual.note(WARM_UP, 1, hour * HOUR);
        }
        assert_eq!(usual.note(WARM_UP, 1, 6 * HOUR), (false, false));
        assert_eq!(usual.note(WARM_UP, 1, 30 * HOUR), (false, true), "another day");
    }

    #[test]
    fn many_values_stay_bounded() {
        let mut usual = Usual::default();
        for value in 0..1_000 {
            usual.note(WARM_UP, value, value as i64 * HOUR);
        }
        assert_eq!(usual.values.len(), VALUES);
    }

    #[test]
    fn nobody_travels_faster_than_an_airplane_in_either_order_of_arrival() {
        let place = |country: &str| Places::embedded().find(country, None).unwrap();
        let speed = Speed { km_per_hour: 900.0, km: 500.0 };
        let told = |stops: &[(&'static str, i64)]| {
            let mut journey = Journey::default();
            let mut times: Vec<i64> = stops
                .iter()
                .flat_map(|(country, time)| journey.note(speed, place(country), &seen(*time)))
                .map(|seen| seen.time.0)
                .collect();
            assert_eq!(Journey::read(&journey.write()), Some(journey));
            times.sort_unstable();
            times
        };
        assert_eq!(told(&[("Germany", 0), ("Japan", 2 * HOUR)]), [0, 2 * HOUR]);
        assert_eq!(told(&[("Japan", 2 * HOUR), ("Germany", 0)]), [0, 2 * HOUR]);
        assert_eq!(told(&[("Germany", 0), ("Japan", 12 * HOUR)]), [0; 0], "long enough to fly");
        assert_eq!(told(&[("Germany", 0), ("Austria", HOUR)]), [0; 0], "next door");
        assert_eq!(
            told(&[("Germany", 0), ("Germany", HOUR), ("Germany", 2 * HOUR), ("Japan", 3 * HOUR)]),
            [2 * HOUR, 3 * HOUR],
            "a stay counts to its end"
        );
    }

    #[test]
    fn a_spike_is_more_than_usual_and_not_a_first_day() {
        let spike = Spike {
            per: DAY_MILLIS,
            history: 14,
            factor: 3.0,
            at_least: 10,
            warm_up: 3 * DAY_MILLIS,
        };
        let mut counts = Counts::default();
        let day = |day: i64, n: i64| day * DAY_MILLIS + n;
        for n in 0..100 {
            assert!(!counts.note(spike, 0, day(0, n), 0), "the first day");
        }
        let mut told = 0;
        for n in 0..30 {
            told += i32::from(counts.note(spike, 0, day(20, n), 0));
        }
        assert_eq!(told, 21, "the tenth and those after it, on a day without any for weeks");
        let mut counts = Counts::default();
        for today in 0..14 {
            for n in 0..5 {
                assert!(!counts.note(spike, 0, day(today, n), 0), "as usual");
            }
        }
        let told: Vec<i64> = (0..20).filter(|n| counts.note(spike, 0, day(14, *n), 0)).collect();
        assert_eq!(told, [15, 16, 17, 18, 19], "more than three times five");
        assert_eq!(Counts::read(&counts.write()), Some(counts));
    }
}
