//! `docs/alerts.md`: below its mark it is written from the knowledge pack.

use std::fs;

use duo_integrator::base::units::format_span;
use duo_integrator::detect::{Lists, Remarks, Rules};
use duo_integrator::knowledge::Knowledge;
use duo_integrator::record::{Level, LogType};

use super::{page, root};

const PAGE: &str = "docs/alerts.md";
const MARK: &str = "<!-- Below this line";

/// An alert as the page tells it.
struct Entry {
    chapter: usize,
    level: Level,
    title: String,
    id: String,
    /// What is good to know in a line: logs, grouping, switches.
    facts: Vec<String>,
    /// What it means, why it matters, what to do.
    reason: String,
    next: Option<String>,
    harmless: Vec<String>,
}

const CHAPTERS: [(&str, &str); 5] = [
    ("Signing in", "Second factors, devices and places of people who sign in."),
    ("Administration", "What administrators, synchronizations and API keys did."),
    ("Telephony", "Calls and text messages, and what they cost."),
    ("Trust Monitor", "What Duo itself found unusual."),
    (
        "The collector itself",
        "Raised without any record, and over by themselves when what they tell has ended. They are switched like rules.",
    ),
];

#[test]
fn the_page_about_alerts_is_what_the_pack_says() {
    let text = page(PAGE).text;
    let at = text.find(MARK).expect("docs/alerts.md has no mark");
    let end = at + text[at..].find('\n').unwrap() + 1;
    let wanted = format!("{}\n{}", &text[..end], written());
    if std::env::var("DOCS").is_ok_and(|wish| wish == "update") {
        fs::write(root().join(PAGE), &wanted).unwrap();
        return;
    }
    let differs = text.lines().zip(wanted.lines()).position(|(is, should)| is != should);
    assert!(
        text == wanted,
        "docs/alerts.md is not what the pack says, from line {} on; \
         write it anew: DOCS=update cargo test --test it docs",
        differs.unwrap_or_else(|| text.lines().count().min(wanted.lines().count())) + 1
    );
}

fn written() -> String {
    let entries = entries();
    let mut text = String::new();
    for (chapter, (title, about)) in CHAPTERS.iter().enumerate() {
        let of_chapter: Vec<&Entry> =
            entries.iter().filter(|entry| entry.chapter == chapter).collect();
        text.push_str(&format!(
            "## {title}\n\n{about}\n\n| Level | Alert | Rule |\n|---|---|---|\n"
        ));
        for entry in &of_chapter {
            let Entry { level, title, id, .. } = entry;
            text.push_str(&format!("| {level} | [{title}](#{id}) | `{id}` |\n"));
        }
        text.push('\n');
        for entry in of_chapter {
            text.push_str(&told(entry));
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn told(entry: &Entry) -> String {
    let Entry { level, title, id, facts, reason, next, harmless, .. } = entry;
    let mut text =
        format!("<a id=\"{id}\"></a>\n\n### {title}\n\n**{}**", capitalized(level.name()));
    text.push_str(&format!(" · `{id}`"));
    for fact in facts {
        text.push_str(&format!(" · {fact}"));
    }
    text.push_str(&format!("\n\n{}\n", wrapped(reason)));
    if let Some(next) = next {
        text.push_str(&format!("\n{}\n", wrapped(&format!("*Next:* {next}."))));
    }
    if !harmless.is_empty() {
        let words = format!("*Harmless:* {}", harmless.join(" "));
        text.push_str(&format!("\n{}\n", wrapped(&words)));
    }
    text.push('\n');
    text
}

/// All of them: by chapter, the gravest first, then by title.
fn entries() -> Vec<Entry> {
    let knowledge = Knowledge::embedded().unwrap();
    let (rules, problems) = Rules::compile(knowledge.rules(), &Lists::default());
    assert_eq!(problems, []);
    let mut entries: Vec<Entry> = Vec::new();
    for item in knowledge.rules() {
        let rule = rules.rules.iter().find(|rule| *rule.id == *item.id).unwrap();
        let remarks = Remarks::of(item);
        let logs: Vec<&str> = rule.log_types.iter().map(|log| log.title()).collect();
        let mut facts = vec![logs.join(", ")];
        facts.push(format!("grouped for {}", format_span(rule.group_for)));
        if let Some(list) = &rule.waits_for {
            facts.push(format!("needs the list `{list}`"));
        }
        if !item.enabled {
            facts.push("off".to_owned());
        }
        let techniques = remarks.tags.iter().filter_map(|tag| tag.strip_prefix("attack.t"));
        let techniques: Vec<String> = techniques.map(|number| format!("T{number}")).collect();
        if !techniques.is_empty() {
            facts.push(format!("ATT&CK {}", techniques.join(", ")));
        }
        entries.push(Entry {
            chapter: chapter(&rule.log_types),
            level: rule.level,
            title: item.title.clone(),
            id: item.id.clone(),
            facts,
            reason: item.reason.clone(),
            next: None,
            harmless: remarks.false_positives,
        });
    }
    entries.extend(knowledge.alarms().iter().map(|item| Entry {
        chapter: CHAPTERS.len() - 1,
        level: item.body.level,
        title: item.title.clone(),
        id: item.id.clone(),
        facts: Vec::new(),
        reason: item.reason.clone(),
        next: Some(item.body.next.clone()),
        harmless: Vec::new(),
    }));
    entries.sort_by(|a, b| (a.chapter, b.level, &a.title).cmp(&(b.chapter, a.level, &b.title)));
    entries
}

fn chapter(logs: &[LogType]) -> usize {
    match logs {
        [LogType::Telephony] => 2,
        [LogType::TrustMonitor] => 3,
        logs if logs.contains(&LogType::Activity) => 1,
        _ => 0,
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Lines of about a hundred letters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.chars().count() + word.chars().count() > 110 {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
