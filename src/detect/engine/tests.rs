use serde_json::json;

use super::*;
use crate::detect::{Lists, NoPast};
use crate::knowledge::Knowledge;

/// What was written down, as a store would have it.
#[derive(Default)]
struct Written(std::collections::HashMap<(String, String), Vec<u8>>);

impl Past for Written {
    fn recall(&mut self, rule: &str, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        Ok(self.0.get(&(rule.to_owned(), key.to_owned())).cloned())
    }
}

fn engine(ids: &[&str]) -> Engine {
    let knowledge = Knowledge::embedded().unwrap();
    let (rules, _) = Rules::compile(knowledge.rules(), &Lists::default());
    let rules = rules.only(|rule| ids.contains(&&*rule.id));
    assert_eq!(rules.rules.len(), ids.len());
    Engine::new(Arc::new(rules), WorkingHours::default())
}

/// An act of an administrator, in the activity log and in the administrator log.
fn act(at: i64, action: &str, target: &str, country: &str) -> [(LogType, String); 2] {
    let time = UnixMillis(1_794_816_000_000 + at * 1000);
    let activity = json!({
        "activity_id": format!("a{at}{target}"), "ts": time.to_string(), "action": {"name": action},
        "actor": {"name": "Ada", "type": "admin"}, "target": {"name": target, "type": "user"},
        "access_device": {"ip": {"address": "192.0.2.1"}, "location": {"country": country}},
    });
    let administrator = json!({
        "timestamp": time.0 / 1000, "action": action, "username": "Ada", "object": target,
        "description": "{}",
    });
    [(LogType::Activity, activity.to_string()), (LogType::Administrator, administrator.to_string())]
}

fn judge(engine: &mut Engine, records: &[(LogType, String)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, (log_type, raw)) in (1..).zip(records) {
        let found = engine.evaluate_raw(*log_type, raw.as_bytes(), number, &mut NoPast).unwrap();
        findings.extend(found);
    }
    findings
}

#[test]
fn one_act_in_two_logs_counts_once_whichever_comes_first() {
    for reversed in [false, true] {
        let mut records = act(0, "user_delete", "o.idowu", "France").to_vec();
        if reversed {
            records.reverse();
        }
        let findings = judge(&mut engine(&["user-deleted"]), &records);
        let counted: usize = findings.iter().map(|finding| finding.records.len()).sum();
        let twins: usize = findings.iter().map(|finding| finding.twins.len()).sum();
        assert_eq!((counted, twins), (1, 1), "{findings:?}");
        assert!(findings.iter().all(|finding| finding.subject == findings[0].subject));
    }
}

#[test]
fn a_log_without_countries_hides_none_from_what_is_usual() {
    let mut records = Vec::new();
    for day in 0..20 {
        let [activity, administrator] = act(day * 86_400, "admin_login", "Ada", "France");
        // The log that tells no country comes first.
        records.extend([administrator, activity]);
    }
    let [activity, administrator] = act(20 * 86_400, "admin_login", "Ada", "Brazil");
    records.extend([administrator, activity]);
    let findings = judge(&mut engine(&["admin-country-new"]), &records);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].records[0].name, Name::new(&format!("a{}Ada", 20 * 86_400)));
}

#[test]
fn what_was_written_down_is_all_that_is_needed_to_go_on() {
    let ids = ["failures-many", "country-new", "travel-impossible", "failures-then-success"];
    let knowledge = Knowledge::embedded().unwrap();
    let ids: Vec<&str> =
        ids.into_iter().filter(|id| knowledge.rules().iter().any(|rule| rule.id == *id)).collect();
    assert!(ids.len() >= 2, "{ids:?}");
    let records: Vec<String> = (0..200_i64)
        .map(|n| {
            // Bursts with two weeks between them; the last two from elsewhere.
            let at = UnixMillis(1_794_816_000_000 + n % 50 * 20_000 + n / 50 * 15 * 86_400_000);
            let (result, reason) =
                if n % 3 == 0 { ("success", "user_approved") } else { ("denied", "user_mistake") };
            let country = ["France", "France", "Japan", "Japan"][usize::try_from(n / 50).unwrap()];
            json!({
                "txid": format!("t{n}"), "isotimestamp": at.to_string(), "result": result,
                "reason": reason, "factor": "duo_push", "event_type": "authentication",
                "user": {"name": "ada"}, "access_device": {"ip": "192.0.2.1",
                "location": {"country": country}},
            })
            .to_string()
        })
        .collect();
    let mut whole = engine(&ids);
    let mut written = Written::default();
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for (number, raw) in (1..).zip(&records) {
        let log_type = LogType::Authentication;
        expected.extend(whole.evaluate_raw(log_type, raw.as_bytes(), number, &mut NoPast).unwrap());
        // A new engine for each record.
        let mut fresh = Engine::new(Arc::clone(whole.rules()), WorkingHours::default());
        found.extend(fresh.evaluate_raw(log_type, raw.as_bytes(), number, &mut written).unwrap());
        for change in fresh.take_changes() {
            written.0.insert((change.rule.to_string(), change.key.into()), change.data);
        }
        assert_eq!(fresh.take_changes(), [], "each change once");
    }
    assert!(expected.len() > 3, "{expected:?}");
    assert_eq!(found, expected);
}
