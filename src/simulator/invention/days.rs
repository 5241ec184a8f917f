//! Ordinary days: people sign in when they work.

use std::time::Duration;

use super::super::records::Published;
use super::Invented;
use super::administration::telephone;
use super::people::{Person, pick, staff};
use super::sign_ins::{SignIn, ordinary, write};
use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;
use crate::record::LogType;

/// How busy each hour of a working day is, from midnight on.
const HOURS: [u16; 24] =
    [1, 1, 1, 1, 1, 2, 8, 40, 90, 70, 45, 40, 35, 60, 45, 40, 35, 25, 12, 8, 6, 4, 3, 2];

/// How many of a hundred sign-ins a weekend day keeps.
const WEEKEND_PERCENT: usize = 6;

/// 0 is Sunday: 1970 began on a Thursday.
pub fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

/// An instant by the clock of a place: `minute` of `day` there.
pub fn local(day: i64, minute: i64, offset_minutes: i64) -> UnixMillis {
    UnixMillis(day * DAY_MILLIS + (minute - offset_minutes) * 60_000)
}

/// One day of everybody's sign-ins, and the calls and messages that go with them.
pub fn ordinary_day(
    invented: &mut Invented,
    staff: &[Person],
    day: i64,
    sign_ins_per_day: usize,
    chance: &mut fastrand::Rng,
) {
    let count = match weekday(day) {
        0 | 6 => sign_ins_per_day * WEEKEND_PERCENT / 100,
        _ => sign_ins_per_day,
    };
    let busy: u16 = HOURS.iter().sum();
    let mut buffer = String::with_capacity(2048);
    for _ in 0..count {
        let person = pick(staff, chance.usize(..));
        let mut drawn = chance.u16(..busy);
        let mut hour = 0;
        for weight in HOURS {
            if drawn < weight {
                break;
            }
            drawn -= weight;
            hour += 1;
        }
        let start = local(day, hour * 60, person.office.offset_minutes);
        let at = UnixMillis(start.0 + chance.i64(0..3_600_000));
        let mut sign_in = ordinary(at, person, chance);
        if chance.u16(..400) == 0 {
            sign_in = enrollment(sign_in);
        }
        buffer.clear();
        let id = write(&mut buffer, &sign_in, chance);
        invented.add(LogType::Authentication, at, buffer.as_str());
        telephone(invented, &sign_in, &id, chance);
    }
}

/// Sign-ins at a steady pace, whatever the hour. The same seed gives the same ones, however the
/// time is cut.
pub fn steady(
    seed: u64,
    from: UnixMillis,
    until: UnixMillis,
    people: usize,
    every: Duration,
) -> Vec<Published> {
    let staff = staff(seed, people);
    let every_millis = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    let slots = from.0.div_euclid(every_millis)..=until.0.div_euclid(every_millis);
    slots
        .map(|slot| {
            let mut chance =
                fastrand::Rng::with_seed(seed ^ (slot as u64).wrapping_mul(0xc2b2_ae35));
            let at = UnixMillis(slot * every_millis + chance.i64(0..every_millis));
            let sign_in = ordinary(at, pick(&staff, chance.usize(..)), &mut chance);
            let mut body = String::with_capacity(2048);
            write(&mut body, &sign_in, &mut chance);
            Published { at, body: body.into() }
        })
        .filter(|record| from <= record.at && record.at < until)
        .collect()
}

fn enrollment(sign_in: SignIn<'_>) -> SignIn<'_> {
    SignIn {
        factor: "duo_push",
        result: "success",
        reason: None,
        auth: &sign_in.person.auth.phone_at_home,
        ..sign_in
    }
}
