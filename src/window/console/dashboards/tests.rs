use jiff::tz::TimeZone;

use super::answers::{Answered, Drawn};
use super::{drill, words};
use crate::base::UnixMillis;
use crate::dashboards::{Dashlet, Line, Point, Step};
use crate::knowledge::{Dashboard, Item, Knowledge};
use crate::record::LogType;
use crate::window::look::charts::{Pick, Series, Times, Tone};

fn item(knowledge: &Knowledge, id: &str) -> Item<Dashboard> {
    knowledge.dashboards().iter().find(|item| item.id == id).unwrap().clone()
}

const HOUR: i64 = 3_600_000;

/// An answer over three hours, or of three groups.
fn answered(item: &Item<Dashboard>, groups: Option<[&str; 3]>) -> Answered {
    let starts: Vec<UnixMillis> = (0..3).map(|hour| UnixMillis(hour * HOUR)).collect();
    let (since, until) = (UnixMillis(HOUR / 2), UnixMillis(3 * HOUR - HOUR / 2));
    let line = |name: &str, code: &str, values: [i64; 3]| Line {
        name: name.to_owned(),
        code: Some(code.to_owned()),
        points: (0..3)
            .map(|at| Point {
                label: groups
                    .map_or_else(|| starts[at].to_string(), |groups| groups[at].to_owned()),
                value: values[at],
                start: groups.is_none().then(|| starts[at]),
            })
            .collect(),
        codes: groups.map(|groups| groups.map(str::to_owned).to_vec()).unwrap_or_default(),
    };
    let series = vec![line("Denied", "denied", [3, 4, 5]), line("Fraud", "fraud", [0, 1, 0])];
    let drawn = Drawn {
        times: groups.is_none().then(|| Times {
            starts: starts.clone(),
            until,
            since,
            step: Step::Hour,
            zone: TimeZone::UTC,
            is_open: false,
        }),
        names: groups.map(|groups| groups.map(str::to_owned).to_vec()).unwrap_or_default(),
        series: series
            .iter()
            .enumerate()
            .map(|(index, line)| Series {
                index,
                name: line.name.clone(),
                tone: Tone::Nth(index),
                values: line.points.iter().map(|point| Some(point.value)).collect(),
            })
            .collect(),
    };
    let dashlet = Dashlet {
        id: item.id.clone(),
        title: item.title.clone(),
        chart: item.body.chart,
        since,
        until,
        step: groups.is_none().then_some(Step::Hour),
        measure: "records",
        series,
        total: 13,
        drill_down: item.body.drill_down(),
    };
    Answered { dashlet, drawn, before: None, is_anything_stored: true }
}

#[test]
fn a_click_leads_to_the_records_that_were_counted() {
    let knowledge = Knowledge::embedded().unwrap();
    let attempts = item(&knowledge, "overview-attempts");
    let over_time = answered(&attempts, None);
    let all = drill::filter(&attempts, &over_time, Pick::default());
    assert_eq!(all.log_types, [LogType::Authentication]);
    let range = (UnixMillis(HOUR / 2), UnixMillis(3 * HOUR - HOUR / 2));
    assert_eq!((all.since, all.until), (Some(range.0), Some(range.1)));
    // Never outside the range: its first and its last step are cut.
    for (at, since, until) in
        [(0, HOUR / 2, HOUR - 1), (1, HOUR, 2 * HOUR - 1), (2, 2 * HOUR, range.1.0)]
    {
        let pick = Pick { at: Some(at), series: Some(1) };
        let step = drill::filter(&attempts, &over_time, pick);
        assert_eq!((step.since, step.until), (Some(UnixMillis(since)), Some(UnixMillis(until))));
        assert_eq!(step.result, ["fraud"]);
    }

    let users = item(&knowledge, "overview-denied-users");
    let of_users = answered(&users, Some(["ada", "*", ""]));
    let ada = drill::filter(&users, &of_users, Pick { at: Some(0), series: None });
    assert_eq!(
        (ada.user, ada.categories),
        (vec!["ada".to_owned()], vec!["authentication-failure".to_owned()])
    );
    let nobody = drill::filter(&users, &of_users, Pick { at: Some(2), series: None });
    assert!(nobody.user.is_empty());

    let places = item(&knowledge, "login-activity-by-geolocation");
    let of_places = answered(&places, Some(["France", "-", "Atlantis"]));
    let denied = drill::filter(&places, &of_places, Pick { at: Some(0), series: Some(0) });
    assert_eq!(
        (denied.country, denied.result),
        (vec!["France".to_owned()], vec!["denied".to_owned()])
    );
    let late = item(&knowledge, "overview-late-records");
    assert!(drill::filter(&late, &answered(&late, None), Pick::default()).late);
}

#[test]
fn a_chart_is_told_in_one_sentence() {
    let knowledge = Knowledge::embedded().unwrap();
    let failure = item(&knowledge, "authentication-failure");
    assert_eq!(
        words::summary(&failure, &answered(&failure, None), "last 24 hours"),
        "Authentication failure, last 24 hours: 13 records; most: Thu, Jan 1, 01:00 to 02:00 with \
         5; Denied 12, Fraud 1."
    );
    let users = item(&knowledge, "overview-denied-users");
    let told = words::summary(&users, &answered(&users, Some(["a", "b", "c"])), "last hour");
    assert!(told.contains("most: b with 5"), "{told}");
}
