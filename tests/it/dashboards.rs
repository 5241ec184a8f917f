//! Dashboards from the outside: what was collected shows in their numbers, at once.

use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, World, bulk_authentication};
use serde_json::Value;

use crate::support::lab::{ACCOUNT, Lab};

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn every_dashlet_is_listed_and_shown() {
    let lab = collected(300);
    let listed = lab.run(&["dashboard", "list", "--json"]).exits(0).json();
    let listed = listed.as_array().unwrap();
    assert!(listed.len() >= 17, "{listed:?}");
    for item in listed {
        let id = item["id"].as_str().unwrap();
        let shown = lab.run(&["dashboard", "show", id, "--json"]).exits(0).json();
        assert_eq!((&shown["id"], &shown["title"]), (&item["id"], &item["title"]));
        assert_eq!(shown["chart"], item["chart"]);
        for field in ["since", "until"] {
            assert!(UnixMillis::parse_rfc3339(shown[field].as_str().unwrap()).is_some());
        }
        assert!(shown["series"].is_array() && shown["total"].is_i64(), "{shown}");
        let text = lab.run(&["dashboard", "show", id]).exits(0);
        assert!(text.out.starts_with(item["title"].as_str().unwrap()), "{}", text.out);
    }
}

#[test]
fn what_was_collected_shows_in_the_numbers() {
    let lab = collected(300);
    let show = |words: &[&str]| lab.run(&[&["dashboard", "show"][..], words].concat());
    let attempts = show(&["overview-attempts", "--json"]).exits(0).json();
    assert_eq!(attempts["total"], 300);
    assert_eq!(sum(&attempts), 300);
    // Denials are what failures are: categories are assigned as records are stored.
    let denied = show(&["Duo Security - Authentication failure", "--json"]).exits(0).json();
    let lines = attempts["series"].as_array().unwrap();
    let failed: i64 = lines.iter().filter(|line| line["code"] != "success").map(points).sum();
    assert!(failed > 0);
    assert_eq!(denied["total"], failed);
    let of = show(&["overview-attempts", "--account", ACCOUNT, "--json"]).exits(0).json();
    assert_eq!(of["total"], 300);
    let before = show(&["overview-attempts", "--until", "-20d", "--json"]).exits(0).json();
    assert_eq!(before["total"], 0);
}

#[test]
fn what_cannot_be_shown_is_told() {
    let lab = Lab::new(World::single());
    let nothing = lab.run(&["dashboard", "show", "overview-places"]).exits(0);
    assert!(nothing.says("Nothing is stored yet").out.is_empty());
    lab.run(&["dashboard", "show", "overview-place"]).exits(2).says("overview-places");
    lab.run(&["dashboard", "show", "overview-places", "--since", "soon"]).exits(2);
    let backwards = ["dashboard", "show", "overview-places", "--since", "now", "--until", "-1d"];
    lab.run(&backwards).exits(2);
}

/// A home with so many authentication records of the last ten days.
fn collected(records: usize) -> Lab {
    let lab = Lab::new(World::single());
    let now = UnixMillis::now();
    let made = bulk_authentication(3, records, now.minus(10 * DAY), now.minus(DAY));
    lab.world(|world| world.publish_many(INTEGRATION_KEY, LogType::Authentication, made));
    lab.collect();
    lab
}

fn points(line: &Value) -> i64 {
    line["points"].as_array().unwrap().iter().map(|point| point[1].as_i64().unwrap()).sum()
}

fn sum(dashlet: &Value) -> i64 {
    dashlet["series"].as_array().unwrap().iter().map(points).sum()
}
