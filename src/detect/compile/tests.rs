use super::*;

const HEAD: &str = "title: T\nname: x\nlevel: high\n";

fn item(text: &str) -> Item<RuleText> {
    Item {
        id: "x".to_owned(),
        title: "T".to_owned(),
        reason: String::new(),
        sources: Vec::new(),
        date: "2026-11-23".to_owned(),
        enabled: true,
        origin: Origin::Pack,
        file: "rules/x.yml".to_owned(),
        body: RuleText(text.to_owned()),
    }
}

fn compiled(text: &str) -> Result<Rule, Problem> {
    rule(&item(text), &Lists::default(), &mut Fields::default())
}

fn told(text: &str) -> String {
    match compiled(text) {
        Ok(_) => "no mistake".to_owned(),
        Err(problem) => problem.to_string(),
    }
}

fn single(detection: &str, rest: &str) -> String {
    format!(
        "{HEAD}logsource:\n  product: cisco\n  service: duo\n  category: authentication\n\
         detection:\n{detection}{rest}"
    )
}

fn plain() -> String {
    single("  selection:\n    duo.result: fraud\n  condition: selection\n", "")
}

#[test]
fn a_rule_tells_the_logs_it_looks_at_and_what_an_alert_is_about() {
    let rule = compiled(&plain()).unwrap();
    assert_eq!(rule.log_types, [LogType::Authentication]);
    assert_eq!(rule.level, Level::High);
    assert_eq!(rule.group_for, GROUP_FOR);
    assert!(matches!(rule.way, Way::Single));
    let both = compiled(&plain().replace("authentication", "administration")).unwrap();
    assert_eq!(both.log_types, [LogType::Activity, LogType::Administrator]);
}

#[test]
fn mistakes_are_told_with_file_line_and_what_was_meant() {
    let good = plain();
    for (text, line, words) in [
        (
            good.replace("category: authentication", "category: autentication"),
            7,
            "\u{201c}authentication\u{201d}",
        ),
        (good.replace("product: cisco", "product: okta"), 5, "cisco"),
        (good.replace("duo.result", "duo.resutl"), 10, "\u{201c}duo.result\u{201d}"),
        (
            good.replace("condition: selection", "condition: selektion"),
            11,
            "\u{201c}selection\u{201d}",
        ),
        (good.replace("level: high\n", ""), 1, "level"),
        (good.replace("name: x", "name: y"), 2, "same name"),
        (good.replace("duo.result:", "duo.result|expand:"), 10, "list"),
        (single("  selection:\n    a|re: '('\n  condition: selection\n", ""), 10, "regex"),
        (format!("{good}custom:\n  subjekt: duo.user\n"), 13, "\u{201c}subject\u{201d}"),
        (format!("{good}custom:\n  subject: duo.usr\n"), 13, "\u{201c}duo.user\u{201d}"),
    ] {
        let told = told(&text);
        assert!(told.starts_with(&format!("rules/x.yml, line {line}: ")), "line {line}: {told}");
        assert!(told.to_lowercase().contains(words), "{words}: {told}");
    }
}

fn correlation(condition: &str, kind: &str) -> String {
    format!(
        "title: Part\nname: x-part\n{}---\n{HEAD}correlation:\n  type: {kind}\n  rules: [x-part]\n  \
         group-by: [duo.user]\n  timespan: 10m\n{condition}",
        plain().replace(HEAD, "")
    )
}

#[test]
fn correlations_that_cannot_be_told_in_any_order_are_refused() {
    let rule = compiled(&correlation("  condition:\n    gt: 9\n", "event_count")).unwrap();
    let Way::Correlated { plan, .. } = &rule.way else { panic!("no correlation") };
    assert_eq!(plan[0].condition, super::super::correlation::Together::Count(10));
    assert_eq!(plan[0].span, 600_000);
    for (text, words) in [
        (correlation("  condition:\n    lt: 9\n", "event_count"), "has to be reached"),
        (correlation("  condition:\n    eq: 9\n", "event_count"), "has to be reached"),
        (correlation("  condition:\n    gte: 9\n", "value_count"), "names the field"),
        (correlation("  condition:\n    gte: 9\n    field: a\n", "value_avg"), "event_count"),
        (correlation("", "event_count").replace("[x-part]", "[x-prat]"), "requires a condition"),
        (
            correlation("  condition:\n    gte: 9\n", "event_count")
                .replace("[x-part]", "[x-prat]"),
            "did you mean \u{201c}x-part\u{201d}?",
        ),
        (correlation("generate: true\n", "temporal"), "do not alert themselves"),
        (correlation("  condition: not x-part\n", "temporal"), "and"),
    ] {
        let told = told(&text).to_lowercase();
        assert!(told.contains(words), "{words}: {told}");
        assert!(told.starts_with("rules/x.yml, line "), "{told}");
    }
}

#[test]
fn a_rule_waits_for_the_list_it_needs() {
    let text = single(
        "  selection:\n    duo.address|expand: '%watched_addresses%'\n  condition: selection\n",
        "",
    );
    assert_eq!(compiled(&text).unwrap().waits_for.as_deref(), Some("watched_addresses"));
    let mut lists = Lists::default();
    lists.insert("watched_addresses", super::super::List::read("192.0.2.0/24\n198.51.100.7\n"));
    let rule = rule(&item(&text), &lists, &mut Fields::default()).unwrap();
    assert_eq!(rule.waits_for, None);
}

#[test]
fn memory_is_kept_when_only_words_change() {
    let text = correlation("  condition:\n    gt: 9\n", "event_count");
    let print = |text: &str| compiled(text).unwrap().print;
    assert_eq!(print(&text), print(&text.replace("title: T", "title: Another")));
    assert_eq!(print(&text), print(&text.replace("level: high", "level: low")));
    assert_ne!(print(&text), print(&text.replace("gt: 9", "gt: 8")));
    assert_ne!(print(&text), print(&text.replace("fraud", "denied")));
    assert_ne!(print(&text), print(&text.replace("10m", "11m")));
    assert_ne!(print(&text), print(&text.replace("[duo.user]", "[duo.address]")));
}
