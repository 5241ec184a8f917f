//! The pages as a person meets them, drawn into memory and fed with fixed data: how they look, and
//! how they are used with the keyboard and a screen reader.

mod alerts;
mod categories;
mod completeness;
mod dashboards;
mod events;
mod frame;
mod keyboard;
mod large;
mod loading;
mod outputs;
mod overview;
mod pictures;
mod reports;
mod settings;
mod stored;

use eframe::egui::{self, Key, Role, accesskit};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};

use super::console::Console;
use super::desk::Desk;
use super::look::{self, theme};
use super::wizard::Wizard;
use super::worker::{CollectorStanding, News, Standing, Wish};
use crate::base::{Home, UnixMillis};
use crate::duo::ladder::{Check, CheckId, LogTypeReport, Report, State};
use crate::record::LogType;
use crate::settings::Settings;
use crate::status::{FeedError, FeedState, FeedStatus, Pause, Summary};

const KEY: &str = "DIWJ8X6AEYOR5OMC6TQ1";
const SECRET: &str = "notasecretonlyaslongasoneisxxxxxxxxxxxxx";
const HOST: &str = "api-xxxxxxxx.duosecurity.com";

const MINUTE: i64 = 60_000;

/// A page on its ground.
pub(super) struct Stage {
    wizard: Option<Wizard>,
    console: Console,
    standing: Option<Standing>,
    wishes: Vec<Wish>,
}

type Screen = Harness<'static, Stage>;

fn home() -> Home {
    Home::under(std::path::Path::new("/home/ada/duo"))
}

fn settings(accounts: &[&str]) -> Settings {
    let mut text = "version = 1\n".to_owned();
    for (i, name) in accounts.iter().enumerate() {
        text.push_str(&format!(
            "[[account]]\nname = {name:?}\nintegration_key = {:?}\napi_hostname = {HOST:?}\n",
            key_of(i)
        ));
    }
    Settings::parse(&text, &home()).unwrap()
}

fn key_of(account: usize) -> String {
    format!("DIWJ8X6AEYOR5OMC6TQ{account}")
}

/// The wizard with nothing typed.
fn wizard() -> Stage {
    Stage { wizard: Some(Wizard::add(&Settings::default(), false)), ..console(None) }
}

fn console(standing: Option<Standing>) -> Stage {
    Stage {
        wizard: None,
        console: Console::new(home(), Desk::new(home(), || {})),
        standing,
        wishes: Vec::new(),
    }
}

/// Everything current, for accounts of these names.
fn standing(accounts: &[&str]) -> Standing {
    let mut statuses = Vec::new();
    for (i, name) in accounts.iter().enumerate() {
        for (j, log_type) in LogType::ALL.into_iter().enumerate() {
            statuses.push(log(name, &key_of(i), log_type, 12_480 / (j as u64 + 1)));
        }
    }
    standing_of(accounts, statuses, None, true)
}

fn standing_of(
    accounts: &[&str],
    statuses: Vec<FeedStatus>,
    pause: Option<Pause>,
    running: bool,
) -> Standing {
    let settings = settings(accounts);
    let now = UnixMillis::now();
    let summary = Summary::of(&settings, &statuses, pause, running, now);
    let collector = if running { CollectorStanding::Running } else { CollectorStanding::Stopped };
    Standing {
        settings: Ok(settings),
        statuses,
        summary,
        open_alerts: 0,
        new_alerts: 0,
        collector,
        start_at_login: true,
    }
}

fn log(account: &str, key: &str, log_type: LogType, records: u64) -> FeedStatus {
    // Minutes are rounded, so the words stay for as long as a test takes.
    let ago = |minutes: i64| Some(UnixMillis(UnixMillis::now().0 - minutes * MINUTE));
    FeedStatus {
        account: account.to_owned(),
        integration_key: key.to_owned(),
        log_type,
        state: FeedState::Current,
        records,
        late: 0,
        not_understood: 0,
        begins: ago(100_000),
        reached: ago(2),
        catching_up_until: None,
        newest: ago(3),
        last_poll: ago(1),
        gaps: 0,
        run: None,
        since: None,
        first: None,
        rhythm: None,
        error: None,
    }
}

fn failing(log: FeedStatus, state: FeedState, message: &str) -> FeedStatus {
    let error = FeedError { code: None, message: message.to_owned(), at: UnixMillis::now() };
    FeedStatus { state, error: Some(error), ..log }
}

fn screen(stage: Stage, look: egui::Theme, size: [f32; 2], scale: f32) -> Screen {
    let mut harness = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_theme(look)
        // Areas that scroll settle in a few frames more than the usual four.
        .with_max_steps(16)
        // What no bundled font has comes from the system's, which a test must not depend on.
        .allow_missing_glyphs()
        .with_context_setup(move |ctx| {
            look::install(ctx, true);
            ctx.set_theme(look);
        })
        .build_ui_state(draw, stage);
    harness.run();
    harness
}

fn light(stage: Stage) -> Screen {
    screen(stage, egui::Theme::Light, super::WIZARD_SIZE, 1.0)
}

fn draw(ui: &mut egui::Ui, stage: &mut Stage) {
    let full = ui.ctx().content_rect();
    ui.painter().rect_filled(full, 0.0, theme::of(ui).ground);
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(full));
    let ui = &mut inside;
    match &mut stage.wizard {
        Some(wizard) => {
            wizard.ui(ui, stage.standing.as_ref(), &mut stage.wishes);
        }
        None => {
            stage.console.ui(ui, stage.standing.as_ref(), &mut stage.wishes);
        }
    }
}

fn fill(harness: &mut Screen, label: &str, text: &str) {
    field(harness, label).focus();
    harness.run();
    field(harness, label).type_text(text);
    harness.run();
}

fn field<'a>(harness: &'a Screen, label: &'a str) -> Node<'a> {
    let mut found = harness.query_all_by_label(label).filter(|node| {
        matches!(node.accesskit_node().role(), Role::TextInput | Role::PasswordInput)
    });
    found.next().unwrap_or_else(|| panic!("no field “{label}”"))
}

fn press(harness: &mut Screen, label: &str) {
    harness.get_all_by_label(label).last().unwrap().click();
    harness.run();
}

fn fill_in(harness: &mut Screen) {
    fill(harness, super::labels::INTEGRATION_KEY, KEY);
    fill(harness, super::labels::SECRET_KEY, SECRET);
    fill(harness, super::labels::API_HOSTNAME, HOST);
}

fn check(id: CheckId, state: State, detail: &str) -> Check {
    Check { id, state, code: None, detail: detail.to_owned(), next: None }
}

/// What a key finds that may read everything, except for these logs.
fn report(denied: &[LogType]) -> Report {
    let details = [
        (CheckId::Format, "The two keys and the hostname have the right form"),
        (CheckId::Reach, "api-xxxxxxxx.duosecurity.com answers"),
        (CheckId::Tls, "The certificate is trusted"),
        (CheckId::Clock, "This computer\u{2019}s clock agrees with Duo\u{2019}s"),
        (CheckId::Credentials, "Duo accepts the keys"),
        (CheckId::ReadInformation, "Granted"),
        (CheckId::ReadLog, "Granted"),
        (CheckId::Excess, "The keys can do nothing but read"),
    ];
    let checks = details.into_iter().map(|(id, detail)| check(id, State::Pass, detail)).collect();
    let log_types = LogType::ALL
        .into_iter()
        .map(|log_type| LogTypeReport {
            log_type,
            available: !denied.contains(&log_type),
            code: None,
            detail: if denied.contains(&log_type) {
                "Duo refuses this log to these keys".to_owned()
            } else {
                String::new()
            },
            denied: denied.contains(&log_type),
        })
        .collect();
    Report { account: "Duo".to_owned(), ok: true, checks, log_types }
}

fn refused() -> Report {
    let mut report = report(&[]);
    for check in &mut report.checks {
        match check.id {
            CheckId::Credentials => {
                check.state = State::Fail;
                check.code = Some(40103);
                check.detail = "Duo refuses the signature: the secret key does not match this \
                                integration key"
                    .to_owned();
                check.next = Some(
                    "copy the secret key again from the application in the Duo Admin Panel, with \
                     its button Copy"
                        .to_owned(),
                );
            }
            CheckId::ReadInformation | CheckId::ReadLog | CheckId::Excess => {
                check.state = State::Skipped;
                check.detail = "Not tried, because Duo refuses the keys".to_owned();
            }
            _ => {}
        }
    }
    report.ok = false;
    report
}

/// Fills in the first page and lets Duo answer like this.
fn validate(harness: &mut Screen, report: Report) {
    fill_in(harness);
    press(harness, "Validate Credential");
    let run = harness
        .state()
        .wishes
        .iter()
        .rev()
        .find_map(|wish| match wish {
            Wish::Validate(run, _) => Some(*run),
            _ => None,
        })
        .expect("a validation is wished for");
    tell(harness, &News::Validated(run, Ok(report)));
}

fn tell(harness: &mut Screen, news: &News) {
    harness.state_mut().wizard.as_mut().unwrap().take(news);
    harness.run();
}

/// The name of what has the focus.
fn focused(harness: &Screen) -> Option<String> {
    nodes(harness).into_iter().find(|node| node.1).map(|node| node.0)
}

/// Name, focus and live region of everything on the screen, in reading order.
fn nodes(harness: &Screen) -> Vec<(String, bool, accesskit::Live)> {
    let mut found = Vec::new();
    let mut open = vec![harness.root().accesskit_node()];
    while let Some(node) = open.pop() {
        let name = node.label().or_else(|| node.value()).unwrap_or_default();
        found.push((name, node.is_focused(), node.live()));
        let mut children: Vec<_> = node.children().collect();
        children.reverse();
        open.extend(children);
    }
    found
}

/// What is announced by itself.
fn announced(harness: &Screen) -> Vec<String> {
    let all = nodes(harness).into_iter();
    all.filter(|(_, _, live)| *live != accesskit::Live::Off).map(|(name, ..)| name).collect()
}

fn key(harness: &mut Screen, key: Key) {
    harness.key_press(key);
    harness.run();
}
