use super::*;
use crate::status::FeedError;

const NOW: UnixMillis = UnixMillis(1_780_000_000_000);
const HOUR: i64 = 3_600_000;

fn settings(text: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let home = crate::base::Home::under(folder.path());
    Settings::parse(text, &home).unwrap()
}

fn one_account(log_types: &str) -> Settings {
    settings(&format!(
        "version = 1\n[[account]]\nname = \"Contoso\"\nintegration_key = \"DIXXXXXXXXXXXXXXXXXX\"\n\
         api_hostname = \"api-1.duosecurity.com\"\nlog_types = [{log_types}]\n"
    ))
}

fn log(log_type: LogType, state: FeedState) -> FeedStatus {
    FeedStatus {
        account: "Contoso".to_owned(),
        integration_key: "DIXXXXXXXXXXXXXXXXXX".to_owned(),
        log_type,
        state,
        records: 10,
        late: 0,
        not_understood: 0,
        begins: Some(UnixMillis(NOW.0 - 100 * HOUR)),
        reached: Some(UnixMillis(NOW.0 - HOUR)),
        catching_up_until: None,
        newest: Some(UnixMillis(NOW.0 - HOUR)),
        last_poll: Some(NOW),
        gaps: 0,
        run: None,
        since: None,
        first: None,
        rhythm: None,
        error: None,
    }
}

fn failed(log_type: LogType, state: FeedState, message: &str) -> FeedStatus {
    let error = FeedError { code: None, message: message.to_owned(), at: UnixMillis(NOW.0 - 5000) };
    FeedStatus { error: Some(error), ..log(log_type, state) }
}

fn of(settings: &Settings, feeds: &[FeedStatus]) -> Summary {
    Summary::of(settings, feeds, None, true, NOW)
}

const TWO: &str = "\"authentication\", \"telephony\"";

#[test]
fn what_matters_most_is_the_state() {
    let settings = one_account(TWO);
    let current = [LogType::Authentication, LogType::Telephony].map(|l| log(l, FeedState::Current));
    let broken = [
        log(LogType::Authentication, FeedState::Current),
        failed(LogType::Telephony, FeedState::Failing, "Duo cannot be reached: no route"),
    ];
    let pause = Some(Pause { until: None });
    for (feeds, pause, running, state, words) in [
        (&current, None, true, Overall::Current, "All 2 logs are current"),
        (&broken, None, true, Overall::Attention, "Contoso, Telephony: Duo cannot be reached"),
        (&broken, pause, true, Overall::Paused, "Paused until resumed"),
        (&broken, pause, false, Overall::Stopped, "The collector is not running"),
    ] {
        let summary = Summary::of(&settings, feeds, pause, running, NOW);
        assert_eq!((summary.state, summary.words.as_str()), (state, words));
    }
    let none = Summary::of(&Settings::default(), &current, pause, false, NOW);
    assert_eq!(none.state, Overall::NoAccount);
}

#[test]
fn a_pause_tells_its_end_and_is_none_afterwards() {
    let settings = one_account(TWO);
    let feeds = [LogType::Authentication, LogType::Telephony].map(|l| log(l, FeedState::Current));
    let until = UnixMillis(NOW.0 + HOUR / 2);
    let pause = Some(Pause { until: Some(until) });
    let paused = Summary::of(&settings, &feeds, pause, true, NOW);
    assert_eq!(paused.words, format!("Paused until {}", local_time(until, NOW)));
    assert_eq!(paused.paused_until, Some(until));
    let later = Summary::of(&settings, &feeds, pause, true, until);
    assert_eq!((later.state, later.paused_until), (Overall::Current, None));
}

#[test]
fn catching_up_tells_the_slowest_log_and_never_all_of_it() {
    let settings = one_account(TWO);
    assert_eq!(of(&settings, &[]).words, "Collecting for the first time");
    let mut slow = log(LogType::Telephony, FeedState::CatchingUp);
    slow.reached = Some(UnixMillis(NOW.0 - 100 * HOUR));
    slow.catching_up_until = Some(NOW);
    slow.newest = Some(UnixMillis(NOW.0 - 59 * HOUR));
    let current = log(LogType::Authentication, FeedState::Current);
    let summary = of(&settings, &[current.clone(), slow.clone()]);
    assert_eq!(summary.state, Overall::Collecting);
    assert_eq!(summary.words, "Catching up: 41 %");
    slow.newest = Some(UnixMillis(NOW.0 - 1));
    assert_eq!(of(&settings, &[current.clone(), slow]).words, "Catching up: 99 %");
    let waiting = log(LogType::Telephony, FeedState::Waiting);
    assert_eq!(of(&settings, &[current, waiting]).words, "Collecting: 1 of 2 logs are current");
}

#[test]
fn a_log_that_nobody_selected_counts_for_nothing() {
    let settings = one_account("\"authentication\"");
    let feeds = [
        log(LogType::Authentication, FeedState::Current),
        failed(LogType::Telephony, FeedState::Denied, "Duo refuses this log: no"),
    ];
    let summary = of(&settings, &feeds);
    assert_eq!((summary.words.as_str(), summary.counts.logs), ("1 log is current", 1));
    assert!(summary.attention.is_empty());
}

#[test]
fn the_same_trouble_with_every_log_is_one_trouble() {
    let settings = one_account("\"authentication\", \"telephony\", \"trust_monitor\"");
    let refused = "Duo does not know this key: code 40102. Copy it again";
    let mut feeds = vec![
        failed(LogType::Authentication, FeedState::Denied, refused),
        failed(LogType::Telephony, FeedState::Denied, refused),
        failed(LogType::TrustMonitor, FeedState::Denied, "Duo does not allow Trust Monitor: no"),
    ];
    let summary = of(&settings, &feeds);
    assert_eq!(summary.words, "Contoso: Duo does not know this key");
    let [one] = summary.attention.as_slice() else { panic!("{summary:?}") };
    assert_eq!((one.log_type, one.words.as_str()), (None, refused));

    feeds[1] = failed(LogType::Telephony, FeedState::Failing, "Something else: why");
    let summary = of(&settings, &feeds);
    assert_eq!(summary.words, "Contoso, Authentication: Duo does not know this key (and 1 more)");
}

#[test]
fn trust_monitor_is_refused_to_most_and_alarms_nobody() {
    let refused = "Duo does not allow Trust Monitor to this account: code 40301";
    let feeds = [
        log(LogType::Authentication, FeedState::Current),
        failed(LogType::TrustMonitor, FeedState::Denied, refused),
    ];
    let both = of(&one_account("\"authentication\", \"trust_monitor\""), &feeds);
    assert_eq!((both.state, both.words.as_str()), (Overall::Current, "1 log is current"));
    let alone = of(&one_account("\"trust_monitor\""), &feeds);
    assert_eq!(alone.state, Overall::Attention);
}

#[test]
fn silence_is_told_when_a_person_wants_to_hear_of_it() {
    let mut settings = one_account("\"authentication\"");
    let mut silent = log(LogType::Authentication, FeedState::Current);
    silent.records = 74;
    silent.newest = Some(UnixMillis(NOW.0 - 26 * HOUR));
    let summary = of(&settings, std::slice::from_ref(&silent));
    assert_eq!(summary.state, Overall::Attention);
    assert_eq!(summary.words, "Contoso, Authentication: No new record for 26 h");
    assert_eq!(summary.attention[0].since, UnixMillis(NOW.0 - 2 * HOUR));

    settings.no_data_alarm.after = Duration::from_secs(30 * 3600);
    assert_eq!(of(&settings, std::slice::from_ref(&silent)).state, Overall::Current);
    settings.no_data_alarm.after = Duration::from_secs(3600);
    settings.no_data_alarm.enabled = false;
    assert_eq!(of(&settings, std::slice::from_ref(&silent)).state, Overall::Current);

    settings.no_data_alarm.enabled = true;
    // Ten records in three days: six hours between them are nothing unusual.
    let rare = FeedStatus { records: 10, ..silent.clone() };
    assert_eq!(of(&settings, &[rare]).state, Overall::Current);
    let never_had_one = FeedStatus { records: 0, newest: None, ..silent };
    assert_eq!(of(&settings, &[never_had_one]).state, Overall::Current);
}

#[test]
fn child_accounts_are_told_by_their_own_names() {
    let settings = settings(
        "version = 1\n[[account]]\nname = \"Managed\"\nintegration_key = \"DIXXXXXXXXXXXXXXXXXX\"\n\
         api_hostname = \"api-1.duosecurity.com\"\nkind = \"accounts\"\nlog_types = [\"telephony\"]\n",
    );
    let child = |name: &str, state| FeedStatus {
        account: name.to_owned(),
        ..failed(LogType::Telephony, state, "Duo refuses: no")
    };
    let feeds = [child("Adatum", FeedState::Current), child("Fabrikam", FeedState::Denied)];
    let summary = of(&settings, &feeds);
    assert_eq!((summary.counts.logs, summary.counts.records), (2, 20));
    assert_eq!(summary.words, "Fabrikam, Telephony: Duo refuses");
}

#[test]
fn a_summary_survives_the_journey_as_json() {
    let settings = one_account(TWO);
    let feeds = [failed(LogType::Telephony, FeedState::Failing, "Duo cannot be reached: why")];
    let summary = of(&settings, &feeds);
    let text = serde_json::to_string(&summary).unwrap();
    assert!(text.contains("\"state\":\"attention\""), "{text}");
    assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary);
}

#[test]
fn an_output_needs_a_person_once_it_has_failed_for_a_while() {
    let settings = one_account(TWO);
    let current = [LogType::Authentication, LogType::Telephony].map(|l| log(l, FeedState::Current));
    let mut summary = of(&settings, &current);
    let minutes_ago = |minutes: i64| UnixMillis(NOW.0 - minutes * 60_000);
    summary.add_outputs([("SIEM", "It cannot be reached: no route", minutes_ago(9))], NOW);
    assert_eq!((summary.state, summary.attention.len()), (Overall::Current, 0));
    let failing = ("SIEM", "It cannot be reached: no route", minutes_ago(11));
    summary.add_outputs([failing], NOW);
    assert_eq!(summary.state, Overall::Attention);
    assert_eq!(summary.words, "Output SIEM: It cannot be reached");
    let mut stopped = Summary::of(&settings, &current, None, false, NOW);
    stopped.add_outputs([failing], NOW);
    assert_eq!((stopped.state, stopped.attention.len()), (Overall::Stopped, 1));
}
