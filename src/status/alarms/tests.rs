//! What stands, case by case.

use super::*;
use crate::base::Home;
use crate::record::LogType;
use crate::status::FeedError;

const NOW: UnixMillis = UnixMillis(1_780_000_000_000);
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn ago(millis: i64) -> UnixMillis {
    UnixMillis(NOW.0 - millis)
}

fn settings(log_types: &str) -> Settings {
    let text = format!(
        "version = 1\n[[account]]\nname = \"Contoso\"\nintegration_key = \"DIXXXXXXXXXXXXXXXXXX\"\n\
         api_hostname = \"api-1.duosecurity.com\"\nlog_types = [{log_types}]\n"
    );
    Settings::parse(&text, &Home::under(std::path::Path::new("/nowhere"))).unwrap()
}

/// A log in a state since so long, asked a minute ago, with a record an hour.
fn log(log_type: LogType, state: FeedState, since: i64) -> FeedStatus {
    FeedStatus {
        account: "Contoso".to_owned(),
        integration_key: "DIXXXXXXXXXXXXXXXXXX".to_owned(),
        log_type,
        state,
        since: Some(ago(since)),
        records: 100,
        late: 0,
        not_understood: 0,
        begins: Some(ago(100 * HOUR)),
        reached: Some(ago(MINUTE)),
        catching_up_until: None,
        newest: Some(ago(HOUR)),
        last_poll: Some(ago(MINUTE)),
        gaps: 0,
        run: None,
        error: Some(FeedError { code: None, message: "Because: why".to_owned(), at: NOW }),
        first: None,
        rhythm: None,
    }
}

fn found(settings: &Settings, feeds: &[FeedStatus]) -> Vec<(AlarmKind, String)> {
    let alarms = alarms(settings, feeds, ago(100 * HOUR), None, NOW);
    alarms.into_iter().map(|alarm| (alarm.kind, alarm.subject)).collect()
}

const ONE: &str = "\"authentication\"";
const TWO: &str = "\"authentication\", \"telephony\"";

use AlarmKind::{CollectorStalled, CredentialRefused, GapFound, NoData};

#[test]
fn each_trouble_has_its_own_name() {
    let quiet = FeedStatus {
        newest: Some(ago(30 * HOUR)),
        ..log(LogType::Authentication, FeedState::Current, HOUR)
    };
    let forgotten = FeedStatus {
        last_poll: Some(ago(2 * HOUR)),
        ..log(LogType::Authentication, FeedState::Current, 2 * HOUR)
    };
    let never_asked = FeedStatus {
        last_poll: None,
        newest: None,
        records: 0,
        ..log(LogType::Authentication, FeedState::Waiting, 0)
    };
    let with_gap = FeedStatus { gaps: 2, ..log(LogType::Authentication, FeedState::Current, HOUR) };
    let quiet_and_failing = FeedStatus { state: FeedState::Failing, ..quiet.clone() };
    let of = |state, since| log(LogType::Authentication, state, since);
    for (what, status, expected) in [
        ("all is well", of(FeedState::Current, HOUR), None),
        ("Duo answers, nothing new", quiet, Some(NoData)),
        ("nothing new because Duo cannot be reached", quiet_and_failing, Some(CollectorStalled)),
        ("refused for two minutes", of(FeedState::Denied, 2 * MINUTE), None),
        ("refused for three minutes", of(FeedState::Denied, 3 * MINUTE), Some(CredentialRefused)),
        ("failing for ten minutes", of(FeedState::Failing, 10 * MINUTE), None),
        ("failing for an hour", of(FeedState::Failing, HOUR), Some(CollectorStalled)),
        ("not asked for two hours", forgotten, Some(CollectorStalled)),
        ("never asked", never_asked, Some(CollectorStalled)),
        ("not at Duo at all", of(FeedState::NotAvailable, 100 * HOUR), None),
        ("a gap", with_gap, Some(GapFound)),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|kind| (kind, "Authentication".to_owned())).collect();
        assert_eq!(found(&settings(ONE), &[status]), expected, "{what}");
    }
}

#[test]
fn what_all_logs_have_in_common_is_one_alarm() {
    let denied = |log_type| log(log_type, FeedState::Denied, HOUR);
    let both = [denied(LogType::Authentication), denied(LogType::Telephony)];
    assert_eq!(found(&settings(TWO), &both), [(CredentialRefused, "All logs".to_owned())]);
    let one = [denied(LogType::Telephony), log(LogType::Authentication, FeedState::Current, HOUR)];
    assert_eq!(found(&settings(TWO), &one), [(CredentialRefused, "Telephony".to_owned())]);
}

#[test]
fn trust_monitor_is_refused_to_most_and_alarms_nobody() {
    let feeds = [
        log(LogType::Authentication, FeedState::Current, HOUR),
        log(LogType::TrustMonitor, FeedState::Denied, HOUR),
    ];
    assert_eq!(found(&settings("\"authentication\", \"trust_monitor\""), &feeds), []);
}

#[test]
fn a_computer_that_slept_is_given_time_before_it_is_called_stalled() {
    let slept = FeedStatus {
        last_poll: Some(ago(10 * HOUR)),
        ..log(LogType::Authentication, FeedState::Current, 20 * HOUR)
    };
    let since = |awake| alarms(&settings(ONE), std::slice::from_ref(&slept), awake, None, NOW);
    assert_eq!(since(ago(5 * MINUTE)), []);
    assert_eq!(since(ago(2 * HOUR)).len(), 1);
}

#[test]
fn a_day_without_a_collector_is_told_when_it_is_back() {
    let settings = settings(ONE);
    let before = FeedStatus {
        last_poll: Some(ago(30 * HOUR)),
        ..log(LogType::Authentication, FeedState::Current, 31 * HOUR)
    };
    let hole = hole(&settings, std::slice::from_ref(&before), NOW).unwrap();
    assert_eq!(hole, Hole { from: ago(30 * HOUR), until: NOW });
    let short = FeedStatus { last_poll: Some(ago(23 * HOUR)), ..before };
    assert_eq!(super::hole(&settings, &[short], NOW), None);

    let well = [log(LogType::Authentication, FeedState::Current, HOUR)];
    let told = |now| {
        let all = alarms(&settings, &well, NOW, Some(hole), now);
        all.into_iter().filter(|alarm| alarm.account.is_none()).collect::<Vec<_>>()
    };
    let alarm = told(NOW).remove(0);
    assert_eq!((alarm.kind, alarm.account.as_deref()), (CollectorStalled, None));
    assert!(alarm.words.contains("30 h"), "{}", alarm.words);
    assert_eq!(told(UnixMillis(NOW.0 + 30 * MINUTE)).len(), 1);
    assert_eq!(told(UnixMillis(NOW.0 + 61 * MINUTE)).len(), 0);
}
