use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use jiff::tz::TimeZone;

use super::names::is_among;
use super::*;
use crate::base::UnixMillis;
use crate::duo::logs::understand;
use crate::knowledge::{Categorizer, Dashboard, Files, GroupBy, Item, Knowledge, Measure, Samples};
use crate::record::{LogType, canonical};
use crate::store::{AccountRef, Batch, Event, EventQuery, Job, Reader, Writer};

/// The nine of EventTracker's pack, under their names.
const NINE: [&str; 9] = [
    "Duo Security - Login success",
    "Duo Security - Authentication by mobile",
    "Duo Security - Login failed",
    "Duo Security - Authentication failure",
    "Duo Security - Authentication success",
    "Duo Security - Registered mobile numbers",
    "Duo Security - Bypass key status by user",
    "Duo Security - Policy management",
    "Duo Security - Login activity by geolocation",
];

struct Lab {
    knowledge: Knowledge,
    reader: Reader,
    _folder: tempfile::TempDir,
}

impl Lab {
    /// A store with all the pack's samples in it.
    fn new() -> Self {
        let knowledge = Knowledge::embedded().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.db");
        let (mut writer, _) = Writer::open(&path).unwrap();
        let bits = writer.category_bits(&knowledge.category_ids()).unwrap();
        let categorizer = Categorizer::new(&knowledge, &bits);
        for (i, log_type) in LogType::ALL.into_iter().enumerate() {
            let account = AccountRef {
                name: "Contoso".to_owned(),
                integration_key: "DITEST".to_owned(),
                api_hostname: "api-test.example.com".to_owned(),
                child: None,
            };
            let (mut body, mut ranges) = (Vec::new(), Vec::new());
            for raw in samples(&knowledge, log_type) {
                let start = body.len();
                body.extend_from_slice(raw.as_bytes());
                ranges.push(start..body.len());
            }
            assert!(!ranges.is_empty(), "{log_type} has no samples");
            let mut job = Job::new(writer.register(&account, log_type).unwrap().id);
            job.batch = Batch::build(
                body,
                &ranges,
                |raw| understand(log_type, raw),
                |columns| categorizer.assign(log_type, columns),
            )
            .unwrap();
            // Some of them are late.
            job.late_before = (i % 2 == 0).then_some(UnixMillis(i64::MAX));
            writer.commit(&[job]).unwrap();
        }
        let reader = Reader::open(&path).unwrap().unwrap();
        Self { knowledge, reader, _folder: folder }
    }

    fn answer(&self, item: &Item<Dashboard>) -> Dashlet {
        answer(&self.reader, &self.knowledge, item, &everything()).unwrap()
    }

    /// What a dashlet has to say, counted record by record; without records whose group is empty.
    fn counted(&self, item: &Item<Dashboard>) -> i64 {
        let query = &item.body.query;
        let bits = self.reader.category_bits().unwrap();
        let mut total = 0;
        let each = |event: Event<'_>| {
            let columns = understand(event.log_type, event.raw).columns;
            let text = |text: &Option<std::borrow::Cow<'_, str>>| {
                text.as_deref().unwrap_or_default().to_owned()
            };
            let in_category = query.categories.is_empty()
                || query.categories.iter().any(|id| event.categories >> bits[id] & 1 == 1);
            let in_log = query.log_types.is_empty() || query.log_types.contains(&event.log_type);
            let action = canonical::action(&text(&columns.action)).into_owned();
            let group = match query.group_by {
                // Plain successful sign-ins are not told by user.
                GroupBy::User
                    if event.log_type == LogType::Authentication
                        && text(&columns.result) == "success"
                        && text(&columns.application) != "Admin Panel" =>
                {
                    String::new()
                }
                GroupBy::User => text(&columns.user),
                GroupBy::Reason => text(&columns.reason),
                GroupBy::Factor => text(&columns.factor),
                GroupBy::Application => text(&columns.application),
                GroupBy::Target => text(&columns.target),
                GroupBy::Country => text(&columns.country),
                _ => "counted".to_owned(),
            };
            if in_category && in_log && is_among(&action, &query.action) && !group.is_empty() {
                total += match query.measure {
                    Measure::Records => 1,
                    Measure::Credits => columns.amount.unwrap_or(0),
                    Measure::Late => i64::from(event.late),
                };
            }
            ControlFlow::<()>::Continue(())
        };
        self.reader.events(&EventQuery::default(), each).unwrap();
        total
    }
}

fn everything() -> Ask {
    let (since, until) = (UnixMillis(0), UnixMillis(4_000_000_000_000));
    Ask { account: None, since, until, zone: TimeZone::UTC }
}

/// All records of a log in the samples of categories.
fn samples(knowledge: &Knowledge, log_type: LogType) -> BTreeSet<Box<str>> {
    let mut all = BTreeSet::new();
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/knowledge/duo");
    for item in knowledge.categories() {
        let mut files = Files::default();
        for kind in ["match", "quiet"] {
            let name = format!("categories/{}.{kind}.json", item.id);
            let text = std::fs::read_to_string(pack.join(&name)).unwrap();
            files.insert(name, text);
        }
        let samples = Samples::of(&files, &item.file).unwrap().unwrap();
        for scenario in samples.matching.into_iter().chain(samples.quiet) {
            let of = scenario.records.into_iter().filter(|(of, _)| *of == log_type);
            all.extend(of.map(|(_, raw)| raw));
        }
    }
    all
}

#[test]
fn every_dashlet_tells_what_counting_the_samples_gives() {
    let lab = Lab::new();
    for item in lab.knowledge.dashboards() {
        let dashlet = lab.answer(item);
        assert_eq!(dashlet.total, lab.counted(item), "{}", item.id);
        let told: i64 =
            dashlet.series.iter().flat_map(|line| &line.points).map(|point| point.value).sum();
        if item.body.query.group_by == GroupBy::Time {
            assert_eq!(told, dashlet.total, "{}", item.id);
        } else {
            assert!(told <= dashlet.total, "{}", item.id);
        }
        assert!(dashlet.total > 0, "{} has nothing to tell", item.id);
        assert!(item.body.contradictions().is_empty());
    }
}

#[test]
fn the_nine_dashlets_are_there_under_their_names() {
    let knowledge = Knowledge::embedded().unwrap();
    let titles: Vec<&str> = knowledge.dashboards().iter().map(|item| item.title.as_str()).collect();
    for title in NINE {
        assert!(titles.contains(&title), "{title}");
    }
    let overview = knowledge.dashboards().iter().filter(|item| item.id.starts_with("overview-"));
    assert_eq!(overview.count(), 8);
}

#[test]
fn old_and_new_spellings_are_one_and_stand_in_words() {
    let lab = Lab::new();
    let find = |id: &str| lab.knowledge.dashboards().iter().find(|item| item.id == id).unwrap();
    let factors = lab.answer(find("overview-factors"));
    let line = &factors.series[0];
    let mut codes = line.codes.clone();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), line.codes.len());
    let push = line.codes.iter().position(|code| code == "duo_push").unwrap();
    assert_eq!(line.points[push].label, "Duo Push");
    let attempts = lab.answer(find("overview-attempts"));
    let results: Vec<_> =
        attempts.series.iter().map(|line| (line.name.as_str(), line.code.as_deref())).collect();
    assert!(results.contains(&("Denied", Some("denied"))), "{results:?}");
    assert!(!results.iter().any(|(_, code)| *code == Some("failure")), "{results:?}");
}

#[test]
fn json_is_what_scripts_expect() {
    let lab = Lab::new();
    let item = lab.knowledge.dashboards().iter().find(|item| item.id == "login-failed").unwrap();
    let json = serde_json::to_value(lab.answer(item)).unwrap();
    assert_eq!(json["title"], "Duo Security - Login failed");
    assert_eq!(json["chart"], "line");
    assert_eq!(json["since"], "1970-01-01T00:00:00Z");
    let point = &json["series"][0]["points"][0];
    assert!(point[0].is_string() && point[1].is_i64() && point.as_array().unwrap().len() == 2);
    assert!(json["series"][0]["name"].is_string() && json["total"].is_i64());
}

#[test]
fn an_account_that_is_not_there_has_nothing() {
    let lab = Lab::new();
    for item in lab.knowledge.dashboards() {
        let ask = Ask { account: Some("Nobody".to_owned()), ..everything() };
        let dashlet = answer(&lab.reader, &lab.knowledge, item, &ask).unwrap();
        assert_eq!(dashlet.total, 0);
        let points = dashlet.series.iter().flat_map(|line| &line.points);
        assert!(points.map(|point| point.value).all(|value| value == 0));
    }
}

#[test]
fn the_tree_counts_each_record_once_under_each_heading() {
    let lab = Lab::new();
    let bits = lab.reader.category_bits().unwrap();
    let mut records = Vec::new();
    let each = |event: Event<'_>| {
        records.push(event.categories);
        ControlFlow::<()>::Continue(())
    };
    lab.reader.events(&EventQuery::default(), each).unwrap();
    let nothing = Ask { since: UnixMillis(-2), until: UnixMillis(-1), ..everything() };
    let told = tree(Some(&lab.reader), &lab.knowledge, &everything(), &nothing).unwrap();
    assert_eq!(told.count, Count { now: records.len() as i64, before: 0 });
    let counted = |mask: u64| records.iter().filter(|bits| **bits & mask != 0).count() as i64;
    let mut shared = 0;
    for group in &told.groups {
        let mut all = 0;
        for leaf in &group.leaves {
            let mask = 1_u64 << bits[&leaf.id];
            all |= mask;
            assert_eq!(leaf.count.now, counted(mask), "{}", leaf.id);
            assert!(leaf.count.now > 0 && !leaf.ways.is_empty(), "{}", leaf.id);
        }
        assert_eq!(group.count.now, counted(all), "{}", group.title);
        shared += group.leaves.iter().map(|leaf| leaf.count.now).sum::<i64>() - group.count.now;
    }
    assert!(shared > 0, "no record is in two categories of a heading");
    let leaves: usize = told.groups.iter().map(|group| group.leaves.len()).sum();
    assert_eq!(leaves, lab.knowledge.categories().len());
    assert_eq!(told.groups.last().unwrap().title, "Other");
}

#[test]
fn without_a_store_the_tree_is_there_and_empty() {
    let knowledge = Knowledge::embedded().unwrap();
    let told = tree(None, &knowledge, &everything(), &everything()).unwrap();
    assert_eq!(told.count, Count::default());
    assert!(told.groups.len() > 3 && told.is_sorted);
}

#[test]
fn changes_are_rounded_and_told_only_where_there_was_something() {
    for (now, before, percent) in [
        (112, 100, Some(12)),
        (50, 200, Some(-75)),
        (0, 3, Some(-100)),
        (5, 0, None),
        (2, 3, Some(-33)),
        (3, 3, Some(0)),
    ] {
        assert_eq!(Count { now, before }.change_percent(), percent, "{now} after {before}");
    }
}
