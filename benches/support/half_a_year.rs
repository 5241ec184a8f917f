//! Half a year of a large organization, stored through the same code as in collection, categories
//! included, without the network between: sign-ins of 5,000 people, and what the smaller logs hold
//! beside them.

use std::borrow::Cow;
use std::error::Error;
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::duo::logs::understand;
use duo_integrator::knowledge::{Categorizer, Knowledge};
use duo_integrator::record::{IdSource, LogType, Understood};
use duo_integrator::simulator::bulk_authentication;
use duo_integrator::store::{Batch, Job, Writer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PAGE: usize = 1000;
const DAYS: usize = 180;
const USERS: u64 = 5_000;
const DAY_SECS: u64 = 86_400;

/// Records of the smaller logs a day.
const CALLS: usize = 2_000;
const ACTS: usize = 500;

/// Stores so many sign-ins of the 180 days before an instant, and the smaller logs.
pub fn fill(home: &Home, knowledge: &Knowledge, records: usize, now: UnixMillis) -> Outcome<()> {
    let (mut writer, _) = Writer::open(&home.store_file())?;
    let bits = writer.category_bits(&knowledge.category_ids())?;
    let categorizer = Categorizer::new(knowledge, &bits);
    let mut storing = Duration::ZERO;
    let day = Duration::from_secs(DAY_SECS);
    for number in 0..DAYS {
        let from = now.minus(day * (DAYS - number) as u32);
        let until = from.plus(day);
        let sign_ins = bulk_authentication(7 + number as u64, records / DAYS, from, until);
        let made = [
            (
                LogType::Authentication,
                sign_ins.into_iter().map(|made| String::from(made.body)).collect(),
            ),
            (LogType::Telephony, (0..CALLS).map(|i| call(from, number, i)).collect()),
            (LogType::Administrator, (0..ACTS).map(|i| act(from, i)).collect::<Vec<String>>()),
        ];
        for (log_type, texts) in made {
            let feed = writer.register(&super::filling::account(), log_type)?;
            // As many pages together as collection commits at once.
            for pages in texts.chunks(10 * PAGE) {
                let mut jobs = Vec::new();
                let began = Instant::now();
                for page in pages.chunks(PAGE) {
                    let (body, ranges) = super::filling::joined(page.iter().map(String::as_str));
                    let mut job = Job::new(feed.id);
                    job.batch = Batch::build(
                        body,
                        &ranges,
                        |raw| one_of_many(understand(log_type, raw)),
                        |columns| categorizer.assign(log_type, columns),
                    )?;
                    jobs.push(job);
                }
                writer.commit(&jobs)?;
                storing += began.elapsed();
            }
        }
    }
    println!("filled at {:.0} records/s, one thread", records as f64 / storing.as_secs_f64());
    while !writer
        .recategorize(&knowledge.fingerprint(), |log_type, columns| {
            categorizer.assign(log_type, columns)
        })?
        .done
    {}
    Ok(())
}

/// The invented organization is smaller; its records are dealt to more people.
fn one_of_many(mut record: Understood<'_>) -> Understood<'_> {
    if let IdSource::Duo(id) = &record.id
        && let Some(digits) = id.get(..8)
        && let Ok(number) = u64::from_str_radix(digits, 16)
        && record.columns.user.is_some()
    {
        let user = format!("person{:04}@example.com", number % USERS);
        record.columns.user = Some(Cow::Owned(user));
    }
    record
}

fn at(from: UnixMillis, i: usize, of: usize) -> UnixMillis {
    from.plus(Duration::from_secs(DAY_SECS * i as u64 / of as u64))
}

fn call(from: UnixMillis, day: usize, i: usize) -> String {
    let kind = if i.is_multiple_of(3) { "phone" } else { "sms" };
    let (number, credits) = (fastrand::usize(..USERS as usize), fastrand::usize(..4));
    format!(
        r#"{{"context":"authentication","credits":{credits},"phone":"+1734555{number:04}","telephony_id":"{day:08x}-{i:08x}","ts":"{}","type":"{kind}"}}"#,
        at(from, i, CALLS)
    )
}

fn act(from: UnixMillis, i: usize) -> String {
    const ACTIONS: [&str; 10] = [
        "admin_login",
        "user_update",
        "bypass_create",
        "bypass_view",
        "policy_update",
        "user_create",
        "phone_create",
        "admin_login_error",
        "integration_update",
        "user_delete",
    ];
    let action = fastrand::choice(ACTIONS).unwrap_or_default();
    let (admin, user) = (fastrand::u64(..20), fastrand::u64(..USERS));
    format!(
        r#"{{"action":"{action}","description":null,"object":"person{user:04}","timestamp":{},"username":"Administrator {admin}"}}"#,
        at(from, i, ACTS).floor_secs().0
    )
}
