use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::super::tests::{Lab, record};
use super::*;

fn listed(lab: &Lab, query: &EventQuery) -> Vec<String> {
    let mut ids = Vec::new();
    let each = |event: Event<'_>| {
        ids.push(event.id().into_owned());
        ControlFlow::<()>::Continue(())
    };
    lab.reader().events(query, each).unwrap();
    ids
}

fn texts(ids: impl IntoIterator<Item = u64>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

#[test]
fn records_of_a_category_are_found_among_many_others() {
    let mut lab = Lab::new();
    // A rare action among 3,000 records, up to 1,000 of them in an hour, and a dense one.
    let of = |id: u64| match id {
        1_000..2_100 => "bypass_create",
        id if id % 700 == 0 => "user_create",
        _ => "policy_update",
    };
    let page: Vec<Value> = (0..3_000)
        .map(|id| record(id, 4_000 * id as i64, json!({"action": of(id), "user": "zoë"})))
        .collect();
    lab.store(LogType::Authentication, &page, |_| ());
    let bit = |action: &str| 1 << (8 + action.bytes().next().unwrap() % 16);
    let with = |categories| EventQuery { categories, ..EventQuery::default() };
    let bypass = bit("bypass_create");
    let user = bit("user_create");
    let rare: Vec<u64> = (0..3_000).filter(|id| of(*id) == "user_create").collect();
    assert_eq!(listed(&lab, &with(bypass)), texts(1_000..2_100));
    assert_eq!(listed(&lab, &with(user)), texts(rare.clone()));
    assert_eq!(listed(&lab, &with(1 << 63)), texts([]));
    let both = with(user | bypass);
    assert_eq!(listed(&lab, &both).len(), 1_100 + rare.len());
    let ranged = EventQuery {
        since: Some(UnixMillis(4_000 * 1_500)),
        until: Some(UnixMillis(4_000 * 2_800)),
        limit: Some(601),
        ..both.clone()
    };
    assert_eq!(listed(&lab, &ranged), texts((1_500..2_100).chain([2_100])));
    let one = EventQuery { user: Some("ZOË".to_owned()), ..with(user) };
    assert_eq!(listed(&lab, &one), texts(rare));
}
