use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::super::tests::{Lab, categories, record};
use super::super::{Event, EventQuery, Writer};
use super::*;

fn filled() -> Lab {
    let mut lab = Lab::new();
    for (log_type, count) in [(LogType::Authentication, 9_000), (LogType::Telephony, 500)] {
        let actions = ["authentication", "enrollment", ""];
        let page: Vec<Value> = (0..count)
            .map(|id| record(id, 500 * id as i64, json!({"action": actions[id as usize % 3]})))
            .collect();
        lab.store(log_type, &page, |_| ());
    }
    lab
}

fn turned(log_type: LogType, columns: &Columns<'_>) -> u64 {
    categories(log_type, columns).reverse_bits()
}

fn counts(lab: &Lab) -> Vec<(u64, u64)> {
    let counts = lab.reader().category_counts().unwrap();
    (0..).zip(counts).filter(|(_, records)| *records > 0).collect()
}

#[test]
fn a_pass_that_is_cut_off_goes_on_where_it_was() {
    let mut lab = filled();
    let before = counts(&lab);
    let (mut looked, mut changed, mut steps) = (0, 0, 0);
    loop {
        let step = lab.writer.recategorize("new", turned).unwrap();
        (looked, changed, steps) = (looked + step.looked, changed + step.changed, steps + 1);
        if step.done {
            break;
        }
        assert_eq!(lab.reader().categories_fingerprint().unwrap(), None);
        lab.writer = Writer::open(&lab.path()).unwrap().0;
    }
    assert_eq!((looked, changed, steps), (9_500, 9_500, 3));
    assert_eq!(lab.reader().categories_fingerprint().unwrap().as_deref(), Some("new"));
    let mut after: Vec<(u64, u64)> = before.iter().map(|(bit, n)| (63 - bit, *n)).collect();
    after.sort_unstable();
    assert_eq!(counts(&lab), after);
    let mut checked = 0;
    let each = |event: Event<'_>| {
        let value: Value = serde_json::from_slice(event.raw).unwrap();
        let action = value["action"].as_str().filter(|text| !text.is_empty());
        let columns = Columns { action: action.map(Cow::Borrowed), ..Columns::default() };
        assert_eq!(event.categories, turned(event.log_type, &columns));
        checked += 1;
        ControlFlow::<()>::Continue(())
    };
    lab.reader().events(&EventQuery::default(), each).unwrap();
    assert_eq!(checked, 9_500);
}

#[test]
fn a_finished_pass_is_not_done_again_and_a_new_pack_begins_anew() {
    let mut lab = filled();
    while !lab.writer.recategorize("new", turned).unwrap().done {}
    let nothing = Recategorized { done: true, ..Recategorized::default() };
    assert_eq!(lab.writer.recategorize("new", |_, _| 1).unwrap(), nothing);
    assert!(!lab.writer.recategorize("newer", |_, _| 2).unwrap().done);
    while !lab.writer.recategorize("newest", |_, _| 1).unwrap().done {}
    assert_eq!(counts(&lab), [(0, 9_500)]);
}

#[test]
fn a_category_keeps_its_bit_until_no_pack_has_it() {
    let mut lab = Lab::new();
    assert_eq!(lab.writer.category_bits(&["a", "b"]).unwrap(), [0, 1]);
    assert_eq!(lab.writer.category_bits(&["c", "b"]).unwrap(), [2, 1]);
    lab.writer.forget_categories_but(&["c", "b"]).unwrap();
    assert_eq!(lab.writer.category_bits(&["d", "c"]).unwrap(), [0, 2]);
    let many: Vec<String> = (0..62).map(|number| number.to_string()).collect();
    let mut ids: Vec<&str> = many.iter().map(String::as_str).collect();
    ids.extend(["b", "c"]);
    assert!(lab.writer.category_bits(&ids).is_err());
    ids.retain(|id| *id != "0");
    assert_eq!(lab.writer.category_bits(&ids).unwrap().len(), 63);
}
