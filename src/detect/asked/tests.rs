use super::*;

fn answers(paths: &[&str], raw: &str, action_is_object: bool) -> Option<Vec<Answer>> {
    let mut asked = Asked::default();
    for path in paths {
        asked.number(path);
    }
    asked.read(raw.as_bytes(), action_is_object)
}

#[test]
fn what_is_asked_for_is_found_and_the_rest_passed_over() {
    let raw = r#"{"x":[{"y":{"z":1}}],"a":{"b":{"c":"deep"},"d":[1,2]},"l":[{"k":"one"},{"k":"two"},3],"n":null}"#;
    let found = answers(&["a.b.c", "a.d", "l.k", "n", "missing.path"], raw, false).unwrap();
    assert_eq!(found[0], Answer::One("deep".into()));
    assert_eq!(found[1], Answer::One(serde_json::json!([1, 2])));
    assert_eq!(found[2], Answer::Several(vec!["one".into(), "two".into()]));
    assert_eq!(found[3], Answer::One(Value::Null));
    assert_eq!(found[4], Answer::Nothing);
}

#[test]
fn texts_that_hold_json_are_opened_where_duo_puts_such() {
    let raw = r#"{"description":"{\"error\": \"no\"}","other":"{\"error\": \"no\"}","target":{"details":"plain"}}"#;
    let paths =
        ["description.error", "description", "other.error", "target.details", "target.details.x"];
    let found = answers(&paths, raw, false).unwrap();
    assert_eq!(found[0], Answer::One("no".into()));
    assert_eq!(found[1], Answer::One(serde_json::json!({"error": "no"})));
    assert_eq!(found[2], Answer::Nothing);
    assert_eq!(found[3], Answer::One("plain".into()));
    assert_eq!(found[4], Answer::Nothing);
}

#[test]
fn odd_records_are_left_to_the_tree() {
    for raw in [
        "",
        "7",
        "[1]",
        r#"{"a":{"b":1},"a":{"b":2}}"#,
        r#"{"a.b":1}"#,
        r#"{"a":{"b":1}} x"#,
        r#"{"action":"text"}"#,
    ] {
        assert_eq!(answers(&["a.b", "action.name"], raw, true), None, "{raw}");
    }
    assert_eq!(answers(&["action", "a"], "{}", false), None, "opened inside");
}
