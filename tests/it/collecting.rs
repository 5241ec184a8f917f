//! Collection, case by case: what Duo does, and what is in the store afterwards.

use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::pipeline::FeedProgress;
use duo_integrator::pipeline::audit::{Verdict, audit, recollect};
use duo_integrator::record::LogType;
use duo_integrator::simulator::{
    Availability, Fault, INTEGRATION_KEY, Kind, LastPage, Look, Organisation, PageSizes, Published,
    RateLimit, Rule, SECRET_KEY, World,
};
use duo_integrator::status::FeedState;
use duo_integrator::store::GapKind;

use crate::support::lab::{ACCOUNT, Lab, PARENT, assert_same, this_second};
use crate::support::records::record;

const AUTHENTICATION: &str = "/admin/v2/logs/authentication";
const TRUST_MONITOR: &str = "/admin/v1/trust_monitor/events";
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

#[test]
fn a_millisecond_that_three_pages_share_is_read_whole() {
    let lab = Lab::new(World::single());
    let at = UnixMillis(this_second().0 - HOUR);
    publish(&lab, LogType::Authentication, 3000, |_| at);
    lab.collect();
    assert_eq!(lab.stored(LogType::Authentication).len(), 3000);
    lab.assert_complete();
    assert_nothing_new(&lab);
}

#[test]
fn a_millisecond_cut_by_a_page_is_read_whole() {
    let mut world = World::single();
    world.page_sizes = pages_of(10);
    let lab = Lab::new(world);
    let start = this_second().0 - HOUR;
    // Records 8 to 12 share the millisecond at which the first page of ten ends.
    for log_type in [LogType::Authentication, LogType::Activity, LogType::TrustMonitor] {
        publish(&lab, log_type, 25, |n| {
            UnixMillis(start + if (8..13).contains(&n) { 8 } else { n })
        });
    }
    lab.collect();
    lab.assert_complete();
    assert_nothing_new(&lab);
}

#[test]
fn records_on_both_sides_of_a_window_border_are_stored_once() {
    let lab = Lab::new(World::single());
    lab.collect();
    for _ in 0..4 {
        let border = lab.status(LogType::Authentication).reached.unwrap();
        for log_type in LogType::ALL {
            publish(&lab, log_type, 3, |n| UnixMillis(border.0 + n - 1));
        }
        lab.world(|world| world.clock.advance(Duration::from_secs(300)));
        lab.collect();
        lab.assert_complete();
    }
    assert_nothing_new(&lab);
}

#[test]
fn a_last_page_may_name_a_place_to_go_on_or_not() {
    for last_page in [LastPage::Always, LastPage::Never, LastPage::WhenFull] {
        for records in [0, 1, 9, 10, 11, 20] {
            let mut world = World::single();
            world.page_sizes = pages_of(10);
            world.last_page = last_page;
            let lab = Lab::new(world);
            let start = this_second().0 - HOUR;
            publish(&lab, LogType::Authentication, records, |n| UnixMillis(start + n / 3));
            publish(&lab, LogType::TrustMonitor, records, |n| UnixMillis(start + n / 3));
            lab.change_settings(
                "[network]",
                "log_types = [\"authentication\", \"trust_monitor\"]\n\n[network]",
            );
            lab.collect();
            lab.assert_complete();
            for log_type in [LogType::Authentication, LogType::TrustMonitor] {
                assert_eq!(lab.gaps(log_type), [], "{last_page:?}, {records} records");
            }
        }
    }
}

#[test]
fn an_empty_page_with_an_offset_is_not_the_end() {
    let lab = lab_with_history(30);
    for log in [AUTHENTICATION, TRUST_MONITOR] {
        lab.inject(Rule::new(Fault::EmptyPageWithOffset).on(log).times(1));
    }
    lab.collect();
    lab.assert_complete();
}

#[test]
fn a_repeated_offset_loses_nothing_without_saying_so() {
    let mut world = World::single();
    world.page_sizes = pages_of(10);
    let lab = Lab::new(world);
    fill(&lab, 55, 3 * DAY);
    lab.inject(Rule::new(Fault::RepeatedCursor).after(1).times(2));
    let numbers = lab.collect();
    assert!(numbers.iter().all(|log| log.state == FeedState::Current));
    for log_type in LogType::ALL {
        let missing: u64 = lab.gaps(log_type).iter().filter_map(|gap| gap.missing).sum();
        assert_eq!(missing, 55 - lab.stored(log_type).len() as u64, "{log_type}");
    }
}

#[test]
fn a_full_page_that_repeats_its_offset_is_read_on_from_its_newest_record() {
    let lab = Lab::new(World::single());
    fill(&lab, 450, 3 * DAY);
    // Trust Monitor's pages hold 200: the second one repeats its offset.
    lab.inject(Rule::new(Fault::RepeatedCursor).on(TRUST_MONITOR).times(1));
    lab.collect();
    lab.assert_complete();
    assert_eq!(lab.gaps(LogType::TrustMonitor), []);
}

#[test]
fn a_refused_offset_starts_the_window_again() {
    let mut world = World::single();
    world.page_sizes = pages_of(10);
    let lab = Lab::new(world);
    fill(&lab, 55, 3 * DAY);
    lab.inject(Rule::new(Fault::CursorRefused).after(2).times(6));
    lab.collect();
    lab.assert_complete();
    for log_type in LogType::ALL {
        assert_eq!(lab.gaps(log_type), [], "{log_type}");
    }
}

#[test]
fn a_second_with_more_records_than_a_page_is_a_known_gap_and_the_rest_is_complete() {
    let lab = Lab::new(World::single());
    let second = this_second().0 - 3 * HOUR;
    let log_type = LogType::Administrator;
    publish(&lab, log_type, 40, |n| UnixMillis(second - 60_000 + n * 1000));
    publish_from(&lab, log_type, 100, 1005, |_| UnixMillis(second));
    publish(&lab, log_type, 40, |n| UnixMillis(second + 1000 + n * 1000));
    lab.collect();
    let [gap] = &lab.gaps(log_type)[..] else { panic!("{:?}", lab.gaps(log_type)) };
    assert_eq!((gap.kind, gap.since.0, gap.until.0), (GapKind::FullSecond, second, second + 999));
    assert_eq!(lab.status(log_type).gaps, 1);
    assert_eq!(lab.stored(log_type).len(), 1080);
    let outside = |lines: Vec<String>| -> Vec<String> {
        let second = format!("\"timestamp\":{}", second / 1000);
        lines.into_iter().filter(|line| !line.contains(&second)).collect()
    };
    assert_same(&outside(lab.stored(log_type)), &outside(lab.served(log_type)), "outside");
    assert_nothing_new(&lab);
}

#[test]
fn a_second_with_exactly_a_page_of_records_loses_nothing() {
    let lab = Lab::new(World::single());
    let second = this_second().0 - 3 * HOUR;
    for log_type in [LogType::Administrator, LogType::OfflineEnrollment] {
        publish(&lab, log_type, 1000, |_| UnixMillis(second));
        publish(&lab, log_type, 20, |n| UnixMillis(second + 1000 + n * 500 / 1000 * 1000));
    }
    lab.collect();
    lab.assert_complete();
    assert_nothing_new(&lab);
}

#[test]
fn equal_records_of_one_second_are_as_many_as_duo_has() {
    let mut world = World::single();
    world.page_sizes.v1 = 8;
    let lab = Lab::new(world);
    let start = this_second().0 - HOUR;
    for log_type in [LogType::Administrator, LogType::OfflineEnrollment] {
        // Five equal ones and a different one in each of nine seconds, across many pages.
        let body = |n: i64| record(log_type, second_of(start, n / 6), (n % 6 / 5) as u64);
        let records =
            (0..54).map(|n| Published { at: second_of(start, n / 6), body: body(n).into() });
        lab.world(|world| world.publish_many(INTEGRATION_KEY, log_type, records));
    }
    lab.collect();
    lab.assert_complete();
    // One more equal one, published late.
    for log_type in [LogType::Administrator, LogType::OfflineEnrollment] {
        publish_one(&lab, log_type, second_of(start, 4), 0);
    }
    let numbers = lab.collect();
    lab.assert_complete();
    for log_type in [LogType::Administrator, LogType::OfflineEnrollment] {
        assert_eq!((of(&numbers, log_type).stored, of(&numbers, log_type).late), (1, 1));
    }
    assert_nothing_new(&lab);
}

#[test]
fn a_start_further_back_than_duo_keeps_is_moved() {
    let lab = Lab::new(World::single());
    fill(&lab, 20, 170 * DAY);
    lab.collect();
    // Nobody collected for longer than Duo keeps records.
    lab.world(|world| world.clock.advance(Duration::from_secs(200 * 86_400)));
    let numbers = lab.collect();
    for log in &numbers {
        assert_eq!(log.state, FeedState::Current, "{log:?}");
    }
    for log_type in [LogType::Authentication, LogType::Activity, LogType::Telephony] {
        let gaps = lab.gaps(log_type);
        assert_eq!(gaps.len(), 1, "{log_type}: {gaps:?}");
        assert_eq!(gaps[0].kind, GapKind::TooOld);
    }
}

#[test]
fn a_wrong_or_absent_count_loses_nothing() {
    for fault in [Fault::WrongTotal(0), Fault::WrongTotal(1_000_000), Fault::NoTotal] {
        let mut world = World::single();
        world.page_sizes = pages_of(10);
        let lab = Lab::new(world);
        fill(&lab, 55, 3 * DAY);
        lab.inject(Rule::new(fault.clone()));
        lab.collect();
        lab.assert_complete();
        lab.world(|world| world.faults.clear());
        lab.collect();
        lab.with_tasks(async |task| audit(task, None, None, |_| {}).await.unwrap());
        lab.assert_complete();
    }
}

#[test]
fn records_that_are_not_understood_are_stored_whole_and_counted() {
    let lab = Lab::new(World::single());
    let start = this_second().0 - HOUR;
    let odd = [
        "17",
        "\"a text\"",
        "[1,2,3]",
        "null",
        "{}",
        r#"{"txid":"only-an-id"}"#,
        r#"{"isotimestamp":"2026-01-01T00:00:00+00:00","no":"id"}"#,
        r#"{"txid":17,"timestamp":"soon"}"#,
        r#"{"action":"no time"}"#,
        "{\"a\":\n  \"lines\"}",
    ];
    for log_type in LogType::ALL {
        publish(&lab, log_type, 5, |n| UnixMillis(start + n * 1000));
        for (n, body) in odd.iter().enumerate() {
            let at = UnixMillis(start + 2000 + n as i64 * 200);
            lab.world(|world| world.publish(INTEGRATION_KEY, log_type, at, *body));
        }
    }
    lab.collect();
    lab.assert_complete();
    for log_type in LogType::ALL {
        let status = lab.status(log_type);
        assert!(status.not_understood >= 7, "{log_type}: {}", status.not_understood);
        assert_eq!(status.records, 15, "{log_type}");
    }
    assert_nothing_new(&lab);
}

#[test]
fn logs_that_are_refused_or_retired_leave_the_others_alone() {
    let mut world = World::single();
    world.organisations[0].set_availability(LogType::TrustMonitor, Availability::Forbidden);
    world.organisations[0].set_availability(LogType::Administrator, Availability::Retired);
    let lab = Lab::new(world);
    fill(&lab, 12, 3 * DAY);
    let ran = lab.run(&["collect", "--once", "--json"]).exits(0).json();
    for log in ran["log_types"].as_array().unwrap() {
        let (state, code) = match log["log_type"].as_str().unwrap() {
            "trust_monitor" => ("denied", Some(40301)),
            "administrator" => ("not_available", Some(40401)),
            _ => ("current", None),
        };
        assert_eq!((log["state"].as_str(), log["code"].as_u64()), (Some(state), code), "{log}");
    }
    for log_type in [LogType::Authentication, LogType::Activity, LogType::Telephony] {
        lab.assert_log_complete(log_type);
    }
    // The plan changes: what was refused is read from the beginning.
    lab.world(|world| {
        world.organisations[0].set_availability(LogType::TrustMonitor, Availability::Available);
    });
    lab.collect();
    lab.assert_log_complete(LogType::TrustMonitor);
}

#[test]
fn refused_credentials_are_told_with_their_code() {
    let lab = lab_with_history(5);
    lab.world(|world| world.organisations[0].secret_key = "0".repeat(40));
    let ran = lab.run(&["collect", "--once", "--json"]).exits(1).json();
    for log in ran["log_types"].as_array().unwrap() {
        assert_eq!((log["state"].as_str(), log["code"].as_u64()), (Some("denied"), Some(40103)));
        assert!(log["error"].as_str().unwrap().contains("40103"), "{log}");
    }
    // The key is put right at Duo, and everything comes.
    lab.world(|world| world.organisations[0].secret_key = SECRET_KEY.to_owned());
    lab.collect();
    lab.assert_complete();
}

#[test]
fn limits_on_calls_slow_collection_down_and_lose_nothing() {
    for retry_after in [false, true] {
        let mut world = World::single();
        world.page_sizes = pages_of(10);
        let window = Duration::from_millis(300);
        world.rate_limits.set_others(RateLimit { calls: 3, window, retry_after });
        let lab = Lab::new(world);
        fill(&lab, 95, 3 * DAY);
        for log in lab.collect() {
            assert_eq!(log.state, FeedState::Current, "{log:?}");
        }
        lab.assert_complete();
        let refused = lab.world(|world| world.requests().filter(|seen| seen.status == 429).count());
        assert!(refused > 0);
    }
}

#[test]
fn all_that_can_go_wrong_once_loses_nothing() {
    for fault in [
        Fault::Status(500, Look::Json),
        Fault::Status(502, Look::Html),
        Fault::ResetBefore,
        Fault::ResetMidBody,
        Fault::TruncatedBody,
        Fault::HtmlInstead,
        Fault::EmptyBody,
        Fault::InvalidJson,
        Fault::SlowBody(Duration::from_millis(100)),
        Fault::Hang(Duration::from_millis(100)),
        Fault::TlsRefused,
        Fault::OversizedBody(2_000_000),
    ] {
        let mut world = World::single();
        world.page_sizes = pages_of(10);
        let lab = Lab::new(world);
        fill(&lab, 25, 3 * DAY);
        lab.inject(Rule::new(fault.clone()).after(3).times(4));
        for log in lab.collect() {
            assert_eq!((log.state, log.error), (FeedState::Current, None), "{fault:?}");
        }
        lab.assert_complete();
    }
}

#[test]
fn an_answer_that_is_too_large_is_asked_for_in_smaller_pages() {
    let lab = lab_with_history(40);
    let rule = Rule::new(Fault::OversizedBody(70 * 1024 * 1024)).on(AUTHENTICATION).times(2);
    lab.inject(rule);
    lab.collect();
    lab.assert_complete();
    let limits: Vec<String> = lab.world(|world| {
        let asked = world.requests().filter(|seen| seen.path == AUTHENTICATION);
        asked.filter_map(|seen| seen.param("limit").map(str::to_owned)).collect()
    });
    assert_eq!(limits[..3], ["1000", "500", "250"]);
}

#[test]
fn a_log_that_never_answers_is_failing_and_the_others_are_complete() {
    let lab = lab_with_history(10);
    lab.inject(Rule::new(Fault::Status(503, Look::Html)).on(AUTHENTICATION));
    let numbers = lab.collect();
    assert_eq!(of(&numbers, LogType::Authentication).state, FeedState::Failing);
    assert_eq!(lab.status(LogType::Authentication).state, FeedState::Failing);
    assert!(lab.status(LogType::Authentication).error.is_some());
    for log_type in LogType::ALL.into_iter().filter(|log| *log != LogType::Authentication) {
        lab.assert_log_complete(log_type);
    }
    lab.world(|world| world.faults.clear());
    lab.collect();
    lab.assert_complete();
    assert_eq!(lab.status(LogType::Authentication).error, None);
}

#[test]
fn child_accounts_are_collected_as_the_settings_wish_and_as_they_come() {
    let lab = lab_of_parent(&["North", "South", "West"]);
    lab.change_settings("[network]", "exclude = [\"South\"]\n\n[network]");
    for child in ["North", "South", "West"] {
        fill_org(&lab, &account_of(child), 12);
    }
    lab.collect();
    let assert_child = |child: &str| {
        let (log_type, org) = (LogType::Authentication, account_of(child));
        assert_same(&lab.stored_of(child, log_type), &lab.served_of(&org, log_type), child);
    };
    assert_child("North");
    assert_child("West");
    assert_eq!(lab.stored_of("South", LogType::Authentication), [""; 0]);

    add_child(&lab, "East");
    fill_org(&lab, &account_of("East"), 12);
    lab.collect();
    for child in ["North", "West", "East"] {
        assert_child(child);
    }
    lab.change_settings("exclude = [\"South\"]", "include = [\"south\", \"DAEAST00000000000000\"]");
    lab.collect();
    assert_child("South");
}

#[test]
fn a_new_child_with_the_name_of_an_old_one_is_read_from_its_beginning() {
    let lab = lab_of_parent(&["North"]);
    fill_org(&lab, &account_of("North"), 5);
    lab.collect();
    // The old child is gone; another organization comes under the same name.
    lab.world(|world| {
        let parent = world.organisations.len() - 1;
        let mut child =
            Organisation::new("North", "DINORTH2000000000000", SECRET_KEY, "DANORTH2000000000000");
        child.users = Vec::new();
        world.organisations[parent].kind = Kind::Accounts(vec!["DANORTH2000000000000".to_owned()]);
        world.organisations.push(child);
    });
    let start = this_second().0 - 5 * DAY;
    for n in 0..8 {
        let at = UnixMillis(start + n);
        let body = record(LogType::Authentication, at, 9000 + n as u64);
        lab.world(|world| {
            world.publish("DANORTH2000000000000", LogType::Authentication, at, body);
        });
    }
    lab.collect();
    let served = lab.served_of("DANORTH2000000000000", LogType::Authentication);
    let all: Vec<String> = lab
        .statuses()
        .iter()
        .filter(|status| status.log_type == LogType::Authentication)
        .flat_map(|status| lab.stored_of(&status.account, LogType::Authentication))
        .collect();
    for line in served {
        assert!(all.contains(&line), "missing: {line}");
    }
}

#[test]
fn late_records_are_found_and_flagged() {
    let lab = lab_with_history(10);
    lab.collect();
    for log_type in LogType::ALL {
        publish_one(&lab, log_type, UnixMillis(this_second().0 - 20 * HOUR), 501);
    }
    let numbers = lab.collect();
    lab.assert_complete();
    let status = lab.run(&["status", "--json"]).exits(0).json();
    for (log, json) in numbers.iter().zip(status["accounts"][0]["log_types"].as_array().unwrap()) {
        assert_eq!((log.stored, log.late), (1, 1), "{log:?}");
        assert_eq!(lab.status(log.log_type).late, 1, "{}", log.log_type);
        assert_eq!(json["late"], 1);
    }
}

#[test]
fn an_audit_finds_the_days_that_miss_something_and_fetches_it() {
    let lab = lab_with_history(30);
    lab.collect();
    // Too late for the look for late records: only Duo's counts show it.
    let day = this_second().floor_day().0 - 5 * DAY;
    for log_type in LogType::ALL {
        for n in 0..3 {
            publish_one(&lab, log_type, UnixMillis(day + 7 * HOUR + n * 60_000), 700 + n as u64);
        }
    }
    lab.collect();
    let findings = lab.with_tasks(async |task| audit(task, None, None, |_| {}).await.unwrap());
    for (of_log, log_type) in findings.iter().zip(LogType::ALL) {
        let missing: Vec<_> =
            of_log.iter().filter(|found| found.state == Verdict::Missing).collect();
        assert_eq!(missing.len(), 1, "{log_type}: {missing:?}");
        assert!(missing[0].since.starts_with(&UnixMillis(day).to_string()[..10]));
        assert_eq!(missing[0].fetched, 3);
        assert!(
            of_log.iter().all(|found| matches!(found.state, Verdict::Missing | Verdict::Complete))
        );
    }
    lab.assert_complete();
    let again = lab.with_tasks(async |task| audit(task, None, None, |_| {}).await.unwrap());
    assert!(again.iter().flatten().all(|found| found.state == Verdict::Complete));
}

#[test]
fn records_that_are_kept_no_longer_are_not_missing() {
    let lab = lab_with_history(40);
    lab.change_settings("[collection]", "[collection]\nkeep = \"2d\"");
    lab.collect();
    let kept: Vec<usize> = LogType::ALL.map(|log_type| lab.stored(log_type).len()).into();
    assert!(kept.iter().all(|records| (5..30).contains(records)), "{kept:?}");
    for found in lab.with_tasks(async |task| audit(task, None, None, |_| {}).await.unwrap()) {
        assert!(found.iter().all(|found| found.state != Verdict::Missing), "{found:#?}");
    }
    assert_nothing_new(&lab);
}

#[test]
fn recollecting_a_range_finds_what_was_removed_there() {
    let lab = lab_with_history(40);
    lab.collect();
    let before = lab.stored(LogType::Activity);
    let store = rusqlite::Connection::open(lab.home.store_file()).unwrap();
    let removed = store.execute("DELETE FROM event WHERE id % 3 = 0", []).unwrap();
    assert!(removed > 10);
    drop(store);
    let (since, until) = (UnixMillis(this_second().0 - 6 * DAY), this_second());
    let found: u64 =
        lab.with_tasks(async |task| recollect(task, since, until).await.unwrap()).iter().sum();
    assert_eq!(found, removed as u64);
    assert_eq!(lab.stored(LogType::Activity), before);
    lab.assert_complete();
}

#[test]
fn a_trust_monitor_event_that_changes_replaces_the_stored_one() {
    let lab = lab_with_history(10);
    let at = UnixMillis(this_second().0 - 2 * HOUR);
    publish_one(&lab, LogType::TrustMonitor, at, 33);
    lab.collect();
    let before = record(LogType::TrustMonitor, at, 33);
    let after = before.replace("\"state\":\"new\"", "\"state\":\"processed\"");
    lab.world(|world| {
        let old = world.published(INTEGRATION_KEY, LogType::TrustMonitor);
        let account = world.organisations[0].account_id.clone();
        world.organisations[0] =
            Organisation::new("Example Industries", INTEGRATION_KEY, SECRET_KEY, &account);
        let changed = old.into_iter().map(|mut published| {
            if *published.body == *before {
                published.body = after.clone().into();
            }
            published
        });
        world.publish_many(INTEGRATION_KEY, LogType::TrustMonitor, changed);
    });
    let numbers = lab.collect();
    lab.assert_log_complete(LogType::TrustMonitor);
    assert!(lab.stored(LogType::TrustMonitor).contains(&after));
    assert_eq!(of(&numbers, LogType::TrustMonitor).stored, 0);
    assert_eq!(lab.status(LogType::TrustMonitor).records, 11);
}

#[test]
fn a_clock_that_is_hours_wrong_and_then_set_loses_nothing() {
    // Duo's clock jumping ahead of ours is the same as ours being put back.
    for (first, then) in [(-3, 3), (-3, 0), (0, 3), (3, 6)] {
        let mut world = World::single();
        world.clock.run_ahead(first * HOUR);
        let lab = Lab::new(world);
        for difference in [first, then] {
            lab.world(|world| world.clock.run_ahead(difference * HOUR));
            let duo_now = lab.world(|world| world.clock.now()).0;
            for log_type in LogType::ALL {
                publish(&lab, log_type, 30, |n| UnixMillis(duo_now - 600_000 + n * 15_000));
            }
            lab.collect();
            lab.assert_complete();
            // What was read lies in Duo's past, whatever this computer thinks.
            let reached = lab.status(LogType::Authentication).reached.unwrap();
            let settled = lab.world(|world| world.clock.now()).0 - 120_000;
            assert!((settled - 10_000..=settled).contains(&reached.0), "{reached}");
        }
        lab.world(|world| world.clock.advance(Duration::from_secs(600)));
        lab.collect();
        lab.assert_complete();
    }
}

#[test]
fn an_empty_page_between_others_loses_nothing_even_where_duo_does_not_count() {
    let mut world = World::single();
    world.page_sizes = pages_of(10);
    let lab = Lab::new(world);
    fill(&lab, 55, 10 * DAY);
    lab.inject(Rule::new(Fault::EmptyPageWithOffset).on(TRUST_MONITOR).after(1).times(1));
    lab.collect();
    lab.assert_log_complete(LogType::TrustMonitor);
}

#[test]
fn the_older_signatures_collect_as_well() {
    for signature in ["v2-sha512", "v2-sha1"] {
        let lab = lab_with_history(20);
        lab.change_settings("[network]", &format!("signature = \"{signature}\"\n\n[network]"));
        lab.run_collect();
        lab.assert_complete();
    }
}

#[test]
fn another_organization_under_an_old_name_is_read_from_its_beginning() {
    let other = lab_with_history(30);
    let lab = lab_with_history(20);
    lab.collect();
    let (own_host, other_host) = (lab.api_hostname(), other.api_hostname());
    // By hand: the same name, another hostname and key.
    lab.change_settings(&own_host, &other_host);
    lab.change_settings(INTEGRATION_KEY, OTHER_KEY);
    other.world(|world| {
        let organisation = world.organisation_mut(INTEGRATION_KEY);
        organisation.integration_key = OTHER_KEY.into();
    });
    std::fs::copy(other.home.config.join("ca.pem"), lab.home.config.join("ca.pem")).unwrap();
    lab.run_collect();
    let log_type = LogType::Authentication;
    assert_same(
        &lab.stored_of(ACCOUNT, log_type),
        &other.served_of(OTHER_KEY, log_type),
        "the other organization",
    );
}

/// A key of another organization.
const OTHER_KEY: &str = "DIOTHER0EXAMPLE00001";

/// What a log's collection has done.
#[track_caller]
fn of(numbers: &[FeedProgress], log_type: LogType) -> &FeedProgress {
    numbers.iter().find(|log| log.log_type == log_type).unwrap()
}

/// Another round stores nothing and changes nothing.
#[track_caller]
fn assert_nothing_new(lab: &Lab) {
    let before: Vec<Vec<String>> = LogType::ALL.map(|log_type| lab.stored(log_type)).into();
    for log in lab.collect() {
        assert_eq!((log.stored, log.state), (0, FeedState::Current), "{log:?}");
    }
    let after: Vec<Vec<String>> = LogType::ALL.map(|log_type| lab.stored(log_type)).into();
    assert_eq!(before, after);
}

fn pages_of(size: usize) -> PageSizes {
    PageSizes {
        default: size,
        max: size,
        trust_monitor_default: size,
        trust_monitor_max: size,
        v1: size,
    }
}

/// A lab with some records of the last five days in every log.
fn lab_with_history(records: i64) -> Lab {
    let lab = Lab::new(World::single());
    fill(&lab, records, 5 * DAY);
    lab
}

/// Publishes records in every log, spread evenly over a span that ended ten minutes ago.
fn fill(lab: &Lab, records: i64, span: i64) {
    let until = this_second().0 - 600_000;
    for log_type in LogType::ALL {
        publish(lab, log_type, records, |n| UnixMillis(until - span + n * (span / records)));
    }
}

fn fill_org(lab: &Lab, org: &str, records: i64) {
    let start = this_second().0 - DAY;
    for log_type in LogType::ALL {
        let at = |n: i64| UnixMillis(start + n * 1000);
        let records = (0..records).map(|n| {
            let number = (org.bytes().map(u64::from).sum::<u64>() << 20) + n as u64;
            Published { at: at(n), body: record(log_type, at(n), number).into() }
        });
        lab.world(|world| world.publish_many(org, log_type, records));
    }
}

fn publish(lab: &Lab, log_type: LogType, records: i64, at: impl Fn(i64) -> UnixMillis) {
    publish_from(lab, log_type, 0, records, at);
}

fn publish_from(
    lab: &Lab,
    log_type: LogType,
    first: i64,
    records: i64,
    at: impl Fn(i64) -> UnixMillis,
) {
    let known = lab.world(|world| world.published(INTEGRATION_KEY, log_type).len()) as i64;
    let records = (0..records).map(|n| {
        let number = (known + first + n) as u64;
        Published { at: at(n), body: record(log_type, at(n), number).into() }
    });
    lab.world(|world| world.publish_many(INTEGRATION_KEY, log_type, records));
}

fn publish_one(lab: &Lab, log_type: LogType, at: UnixMillis, number: u64) {
    let body = record(log_type, at, number);
    lab.world(|world| world.publish(INTEGRATION_KEY, log_type, at, body));
}

fn second_of(start: i64, n: i64) -> UnixMillis {
    UnixMillis(start + n * 1000)
}

/// The account of a child, made from its name.
fn account_of(child: &str) -> String {
    format!("{:0<20}", format!("DA{}", child.to_uppercase()))
}

/// A lab with an Accounts API key and children of these names.
fn lab_of_parent(children: &[&str]) -> Lab {
    let mut world = World::default();
    let mut parent = Organisation::new("Parent", PARENT.0, PARENT.1, "DAPARENT0EXAMPLE0001");
    parent.kind = Kind::Accounts(Vec::new());
    world.organisations.push(parent);
    let lab = Lab::without_account(world);
    lab.write_settings(&format!(
        "version = 1\n\n[[account]]\nname = \"{ACCOUNT}\"\nkind = \"accounts\"\n\
         integration_key = \"{}\"\napi_hostname = \"{}\"\n\n[network]\nca_file = \"ca.pem\"\n\n\
         [collection]\npace = \"unlimited\"\n",
        PARENT.0,
        lab.api_hostname()
    ));
    for child in children {
        add_child(&lab, child);
    }
    lab
}

fn add_child(lab: &Lab, name: &str) {
    let account = account_of(name);
    let key = format!("{:0<20}", format!("DI{}", name.to_uppercase()));
    lab.world(|world| {
        let child = Organisation::new(name, &key, SECRET_KEY, &account);
        // The parent stays the last one.
        let parent = world.organisations.len() - 1;
        world.organisations.insert(parent, child);
        if let Kind::Accounts(children) = &mut world.organisations[parent + 1].kind {
            children.push(account);
        }
    });
}
