//! Messages to a webhook: our own JSON, Slack's blocks, Teams' cards.
//!
//! Promises: texts of records stay texts: Slack gets them as `plain_text` and Teams as `TextRun`,
//! which both leave markup alone, and what has to be markup is escaped; the address is never
//! printed; redirects are not followed, because the address may be a secret.
//!
//! Sources: Slack's blocks and their limits, <https://docs.slack.dev/reference/block-kit/blocks>;
//! what must be escaped, <https://docs.slack.dev/messaging/formatting-message-text#escaping>; what
//! a Teams workflow takes, <https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook>;
//! that a `TextRun` knows no Markdown, <https://adaptivecards.io/explorer/TextRun.html>. Our own
//! JSON is told in `docs/notifications.md`.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Value, json};

use super::grouping::LONGEST;
use super::letter::{Item, Kind, Letter};
use super::sending::{Refusal, said};
use crate::base::{Problem, Secret};
use crate::net::{self, HttpClient};
use crate::settings::{Flavor, Webhook};

/// As much of an answer as is worth reading.
const ANSWER_BYTES: usize = 16 * 1024;

/// Characters in Slack's header block.
const SLACK_HEADER: usize = 150;

/// Sends a message; gives what the other side said when it took it. `secret` is the address of a
/// Slack or Teams webhook, or the value of the header of any other.
pub async fn send(
    webhook: &Webhook,
    secret: Option<&Secret>,
    http: &HttpClient,
    letter: &Letter,
) -> Result<String, Refusal> {
    let url = match (&webhook.url, secret) {
        (Some(url), _) => url.as_str(),
        (None, Some(secret)) => secret.expose(),
        (None, None) => return Err(Refusal::for_good(no_address(webhook, "there is none"))),
    };
    // An address from the keychain was checked when it was stored, but not by this program alone.
    let host = crate::settings::check_webhook_url(url)
        .map_err(|what| Refusal::for_good(no_address(webhook, &what)))?;
    let body = body(webhook.flavor, letter).to_string();
    let mut request = http.post(url).header(CONTENT_TYPE, "application/json").body(body);
    if let (Some(name), Some(secret)) = (&webhook.header_name, secret) {
        let wrong = |reason: &str| {
            let problem = Problem::new("The header of the output cannot be used").because(reason);
            Refusal::for_good(problem.next("remove the output and add it again"))
        };
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("its name is none"))?;
        let mut value = HeaderValue::from_str(secret.expose())
            .map_err(|_| wrong("its value holds characters that no header may have"))?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    let answer = request.send().await.map_err(|error| {
        let reason = said(&net::chain(&error), secret);
        let problem = Problem::new(format!("{host} cannot be reached")).because(reason);
        Refusal::for_now(problem)
    })?;
    let status = answer.status();
    let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let words = match net::read_body(answer, ANSWER_BYTES).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    };
    let words = said(&format!("{} {words}", status.as_u16()), secret);
    if status.is_success() {
        return Ok(words);
    }
    let problem = Problem::new(format!("{host} did not take the message"))
        .because(format!("it said {words}"));
    if is_passing(status) {
        return Err(Refusal {
            after: after.map(|after| after.min(LONGEST)),
            ..Refusal::for_now(problem)
        });
    }
    Err(Refusal::for_good(
        problem.next("see whether the address of the output is still right, and what it wants"),
    ))
}

fn no_address(webhook: &Webhook, reason: &str) -> Problem {
    Problem::new(format!("The address of this {} webhook cannot be used", webhook.flavor.name()))
        .because(reason)
        .next("remove the output and add it again")
}

/// Whether an answer may be another one soon.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
}

fn body(flavor: Flavor, letter: &Letter) -> Value {
    match flavor {
        Flavor::Json => plain(letter),
        Flavor::Slack => slack(letter),
        Flavor::Teams => teams(letter),
    }
}

fn plain(letter: &Letter) -> Value {
    let alerts: Vec<Value> = letter
        .items
        .iter()
        .map(|Item { told, .. }| {
            json!({
                "id": told.id,
                "rule": told.rule,
                "title": told.title,
                "level": told.level,
                "account": told.account,
                "subject": told.subject,
                "count": told.count,
                "first": told.first.to_string(),
                "last": told.last.to_string(),
                "over": told.over,
                "words": told.words,
                "next": told.next,
            })
        })
        .collect();
    json!({
        "version": 1,
        "kind": match letter.kind { Kind::Alerts => "alerts", Kind::Test => "test" },
        "title": letter.title,
        "time": letter.time.to_string(),
        "alerts": alerts,
        "more": letter.left_out,
        "text": letter.text(),
    })
}

fn slack(letter: &Letter) -> Value {
    let text = |text: &str| json!({"type": "plain_text", "emoji": false, "text": text});
    let title: String = letter.title.chars().take(SLACK_HEADER).collect();
    let mut blocks = vec![json!({"type": "header", "text": text(&title)})];
    for item in &letter.items {
        let lines: Vec<String> =
            item.facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let whole = format!("{}\n{}", item.told.title, lines.join("\n"));
        blocks.push(json!({"type": "section", "text": text(&whole)}));
    }
    for line in letter.more.iter().chain([&letter.closing]) {
        blocks.push(json!({"type": "context", "elements": [text(line)]}));
    }
    // Shown in previews and read out; its markup is off, and what calls people is escaped.
    let preview = letter.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({"text": preview, "mrkdwn": false, "blocks": blocks})
}

fn teams(letter: &Letter) -> Value {
    let run = |text: &str, weight: &str| json!({"type": "TextRun", "text": text, "weight": weight});
    let line = |runs: Vec<Value>, spacing: &str| json!({"type": "RichTextBlock", "spacing": spacing, "inlines": runs});
    let mut heading = run(&letter.title, "Bolder");
    if let Some(heading) = heading.as_object_mut() {
        heading.insert("size".to_owned(), json!("Large"));
    }
    let mut body = vec![line(vec![heading], "None")];
    for item in &letter.items {
        body.push(line(vec![run(&item.told.title, "Bolder")], "Large"));
        for (name, value) in &item.facts {
            let name = format!("{name}: ");
            body.push(line(vec![run(&name, "Bolder"), run(value, "Default")], "Small"));
        }
    }
    for words in letter.more.iter().chain([&letter.closing]) {
        body.push(line(vec![run(words, "Default")], "Large"));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": {"width": "Full"},
                "body": body,
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMillis;
    use crate::notify::letter::tests::told;
    use crate::record::Level;
    use jiff::tz::TimeZone;

    const HOSTILE: &str =
        "<!channel> *bold* [click](https://example.com) <https://example.com|x> &amp;";

    fn letter(alerts: usize) -> Letter {
        let alert = |i: usize| crate::notify::Told {
            subject: Some(HOSTILE.to_owned()),
            ..told(&i.to_string(), Level::High, "Push reported as fraud")
        };
        Letter::of(&(0..alerts).map(alert).collect::<Vec<_>>(), &TimeZone::UTC, UnixMillis(0))
    }

    /// Every object in it of this type, as JSON's `type` says.
    fn all<'a>(value: &'a Value, kind: &str, found: &mut Vec<&'a Value>) {
        if value.get("type").is_some_and(|known| known == kind) {
            found.push(value);
        }
        match value {
            Value::Array(list) => list.iter().for_each(|value| all(value, kind, found)),
            Value::Object(map) => map.values().for_each(|value| all(value, kind, found)),
            _ => {}
        }
    }

    #[test]
    fn slack_gets_texts_of_records_as_plain_text_only() {
        let message = slack(&letter(1));
        let mut markup = Vec::new();
        all(&message, "mrkdwn", &mut markup);
        assert!(markup.is_empty());
        let preview = message["text"].as_str().unwrap();
        assert!(!preview.contains('<') && preview.contains("&lt;!channel&gt;"), "{preview}");
        assert_eq!(message["mrkdwn"], false);
        let mut texts = Vec::new();
        all(&message, "plain_text", &mut texts);
        assert!(texts.iter().any(|text| text["text"].as_str().unwrap().contains(HOSTILE)));
    }

    #[test]
    fn slacks_limits_are_kept() {
        let message = slack(&letter(5000));
        let blocks = message["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50);
        assert!(blocks[0]["text"]["text"].as_str().unwrap().chars().count() <= SLACK_HEADER);
        let mut texts = Vec::new();
        all(&message, "plain_text", &mut texts);
        assert!(texts.iter().all(|text| text["text"].as_str().unwrap().chars().count() <= 3000));
    }

    #[test]
    fn teams_gets_texts_of_records_without_markdown() {
        let message = teams(&letter(5000));
        let mut blocks = Vec::new();
        all(&message, "TextBlock", &mut blocks);
        assert!(blocks.is_empty(), "a TextBlock reads Markdown");
        let mut runs = Vec::new();
        all(&message, "TextRun", &mut runs);
        assert!(runs.iter().any(|run| run["text"] == HOSTILE));
        assert!(message.to_string().len() < 28 * 1024, "{}", message.to_string().len());
    }

    #[test]
    fn our_own_json_tells_all_there_is() {
        let message = plain(&letter(12));
        assert_eq!(message["version"], 1);
        assert_eq!(message["kind"], "alerts");
        assert_eq!(message["more"], 2);
        assert_eq!(message["alerts"][0]["subject"], HOSTILE);
        assert_eq!(message["alerts"][0]["level"], "high");
        assert_eq!(plain(&Letter::test("x", UnixMillis(0)))["kind"], "test");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (status, passing) in [(429, true), (500, true), (503, true), (408, true)]
            .into_iter()
            .chain([(400, false), (401, false), (404, false), (410, false), (302, false)])
        {
            assert_eq!(is_passing(StatusCode::from_u16(status).unwrap()), passing, "{status}");
        }
    }
}
