//! Steps of time as a chart names them: in words, in the reader's zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::base::UnixMillis;
use crate::dashboards::Step;

/// The steps of a chart over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    /// Where each begins.
    pub starts: Vec<UnixMillis>,
    /// Where the last one ends, inclusive.
    pub until: UnixMillis,
    /// How long they are.
    pub step: Step,
    /// Whose days they are.
    pub zone: TimeZone,
    /// From when on there are numbers: the first step may have begun before.
    pub since: UnixMillis,
    /// Whether the last one is not over yet.
    pub is_open: bool,
}

impl Times {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// From when until when a step lasts, both inclusive.
    pub fn span(&self, index: usize) -> Option<(UnixMillis, UnixMillis)> {
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).map_or(self.until, |next| UnixMillis(next.0 - 1));
        Some((start, end))
    }

    /// Whether a step is there only in part.
    pub fn is_part(&self, index: usize) -> bool {
        let begins_before = index == 0 && self.starts.first().is_some_and(|at| *at < self.since);
        begins_before || (self.is_open && index + 1 == self.len())
    }

    /// A step in words: “Tue, Nov 24, 15:00 to 16:00”.
    pub fn title(&self, index: usize) -> String {
        let Some(start) = self.starts.get(index).and_then(|at| self.local(*at)) else {
            return String::new();
        };
        let so_far = match self.is_part(index) {
            true if index == 0 => self
                .local(self.since)
                .map_or_else(String::new, |since| format!(", from {}", since.strftime("%H:%M"))),
            true => ", so far".to_owned(),
            false => String::new(),
        };
        match self.step {
            Step::Day => format!("{}{so_far}", start.strftime("%a, %b %-d, %Y")),
            Step::Hour => {
                let end = UnixMillis(start.timestamp().as_millisecond() + 3_600_000);
                let end = self.local(end).map(|end| end.strftime("%H:%M").to_string());
                let end = end.unwrap_or_default();
                format!("{} to {end}{so_far}", start.strftime("%a, %b %-d, %H:%M"))
            }
        }
    }

    /// Which steps get a label, and which: no more than `most`, evenly spread, at round times.
    pub fn ticks(&self, most: usize) -> Vec<(usize, String)> {
        let local: Vec<Option<Zoned>> = self.starts.iter().map(|at| self.local(*at)).collect();
        let every: &[Every] = match self.step {
            Step::Hour => &Every::HOURS,
            Step::Day => &Every::DAYS,
        };
        let mut best = Vec::new();
        for every in every {
            let at = |(index, at): (usize, &Option<Zoned>)| {
                let at = at.as_ref()?;
                every.is_at(at).then(|| (index, every.label(at)))
            };
            best = local.iter().enumerate().filter_map(at).collect();
            if best.len() <= most {
                break;
            }
        }
        best
    }

    fn local(&self, at: UnixMillis) -> Option<Zoned> {
        Timestamp::from_millisecond(at.0).ok().map(|at| at.to_zoned(self.zone.clone()))
    }
}

/// How often there is a label.
#[derive(Clone, Copy)]
enum Every {
    Hours(i8),
    Day,
    OtherDay,
    Weeks(i8),
    Months(i8),
    Years(i16),
}

impl Every {
    const HOURS: [Self; 6] = [
        Self::Hours(1),
        Self::Hours(2),
        Self::Hours(3),
        Self::Hours(6),
        Self::Hours(12),
        Self::Hours(24),
    ];
    const DAYS: [Self; 10] = [
        Self::Day,
        Self::OtherDay,
        Self::Weeks(1),
        Self::Weeks(2),
        Self::Months(1),
        Self::Months(3),
        Self::Months(6),
        Self::Years(1),
        Self::Years(2),
        Self::Years(10),
    ];

    fn is_at(self, at: &Zoned) -> bool {
        let date = at.date();
        let is_monday = date.weekday() == jiff::civil::Weekday::Monday;
        match self {
            Self::Hours(every) => at.hour() % every == 0,
            Self::Day => true,
            Self::OtherDay => date.day_of_year() % 2 == 0,
            Self::Weeks(every) => is_monday && date.iso_week_date().week() % every == 0,
            Self::Months(every) => date.day() == 1 && (date.month() - 1) % every == 0,
            Self::Years(every) => date.day_of_year() == 1 && date.year() % every == 0,
        }
    }

    fn label(self, at: &Zoned) -> String {
        let is_midnight = at.hour() == 0;
        let is_new_year = at.date().day_of_year() == 1;
        let form = match self {
            Self::Hours(_) if is_midnight => "%a, %b %-d",
            Self::Hours(_) => "%H:%M",
            Self::Months(_) | Self::Years(_) if is_new_year => "%Y",
            Self::Months(_) | Self::Years(_) => "%b",
            _ => "%b %-d",
        };
        at.strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboards::Steps;

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    fn times(since: &str, until: &str) -> Times {
        let zone = TimeZone::UTC;
        let (since, until) = (at(since), at(until));
        let Steps { step, starts } = Steps::covering(since, until, &zone);
        Times { starts, since, until, step, zone, is_open: true }
    }

    fn labels(times: &Times, most: usize) -> Vec<String> {
        times.ticks(most).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn labels_are_round_and_as_many_as_fit() {
        let day = times("2026-11-23T10:00:00Z", "2026-11-24T09:59:59Z");
        assert_eq!(labels(&day, 4), ["12:00", "18:00", "Tue, Nov 24", "06:00"]);
        let week = times("2026-11-16T10:00:00Z", "2026-11-23T09:59:59Z");
        assert_eq!(labels(&week, 8).len(), 8);
        let half_year = times("2026-05-28T10:00:00Z", "2026-11-23T09:59:59Z");
        assert_eq!(labels(&half_year, 7), ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]);
        let years = times("2018-05-28T10:00:00Z", "2026-11-23T09:59:59Z");
        assert_eq!(labels(&years, 8).first().unwrap(), "2019");
        for (times, most) in [(&day, 3), (&week, 2), (&half_year, 2), (&years, 5)] {
            assert!(labels(times, most).len() <= most);
        }
    }

    #[test]
    fn a_step_says_when_it_is_and_whether_it_is_over() {
        let day = times("2026-11-24T14:00:00Z", "2026-11-24T16:29:59Z");
        assert_eq!(day.title(1), "Tue, Nov 24, 15:00 to 16:00");
        assert_eq!(day.title(2), "Tue, Nov 24, 16:00 to 17:00, so far");
        assert_eq!(day.span(2), Some((at("2026-11-24T16:00:00Z"), at("2026-11-24T16:29:59Z"))));
        assert_eq!(day.span(3), None);
        let week = times("2026-11-16T10:00:00Z", "2026-11-23T09:59:59Z");
        assert_eq!(week.title(0), "Mon, Nov 16, 2026, from 10:00");
        assert_eq!(week.title(1), "Tue, Nov 17, 2026");
        assert!(week.is_part(0) && !week.is_part(1) && week.is_part(7));
    }
}
