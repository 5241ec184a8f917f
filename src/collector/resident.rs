//! What the resident process is made of, side by side.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::{Overview, metrics, updates};
use crate::base::{Home, Problem, UnixMillis};
use crate::control::{self, Answer, Request, Role};
use crate::notify::desktop::Desktop;
use crate::notify::{Message, News, quiet};
use crate::pipeline::delivering::deliver_forever;
use crate::pipeline::engine::collect_forever;
use crate::pipeline::notifying::{Wishes, tell_forever};
use crate::pipeline::reporting::report_forever;
use crate::pipeline::{Progress, Steering};
use crate::platform::start;
use crate::settings::{QuietHours, Settings};
use crate::tray::{LastAlert, View, Wish};

/// How often it is looked whether anything changed that people see.
const LOOK: Duration = Duration::from_secs(2);

/// Time alone changes what people see, too.
const LOOK_ANYWAY: Duration = Duration::from_secs(60);

/// How long the socket may take to give its last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

const HOUR: Duration = Duration::from_secs(3600);

/// The resident process.
pub(super) struct Resident {
    pub home: Home,
    pub progress: Progress,
    pub allow_fast: bool,
    pub steering: Steering,
    pub overview: Overview,
    /// What the tray shows.
    pub views: watch::Sender<View>,
    /// Turns true when the process is to end.
    pub stop: watch::Sender<bool>,
}

impl Resident {
    /// Lives until asked to end.
    pub async fn live(
        self,
        stop_asked: impl Future<Output = ()> + Send + 'static,
        wishes: mpsc::Receiver<Wish>,
        tell: impl Fn(&Problem) + Send + Sync + 'static,
    ) {
        let Self { home, progress, allow_fast, steering, overview, views, stop } = self;
        let stopping = stop.clone();
        let signals = tokio::spawn(async move {
            stop_asked.await;
            stopping.send_replace(true);
        });
        let desktop = Desktop::default();
        let shower = tokio::spawn(show(overview.clone(), steering.clone(), views, desktop.clone()));
        let wishes_of = Collected { overview: overview.clone(), steering: steering.clone() };
        let (telling, told) = (stop.subscribe(), desktop.clone());
        let teller = tokio::spawn(tell_forever(home.clone(), wishes_of, told, allow_fast, telling));
        let wishes_of = Collected { overview: overview.clone(), steering: steering.clone() };
        let deliverer =
            tokio::spawn(deliver_forever(home.clone(), wishes_of, allow_fast, stop.subscribe()));
        let teller_of_figures =
            tokio::spawn(metrics::serve_forever(home.clone(), overview.clone(), stop.subscribe()));
        let asker =
            tokio::spawn(updates::ask_forever(home.clone(), overview.clone(), stop.subscribe()));
        let granter =
            tokio::spawn(grant(wishes, home.clone(), steering.clone(), stop.clone(), desktop));
        let tell = Arc::new(tell);
        let heard = tell.clone();
        let reporter =
            tokio::spawn(report_forever(home.clone(), stop.subscribe(), move |problem| {
                heard(problem);
            }));
        let answerer = tokio::spawn(answer(home.clone(), steering.clone(), overview, stop.clone()));
        let said = |problem: &Problem| tell(problem);
        collect_forever(&home, &progress, allow_fast, &steering, stop.subscribe(), said).await;
        stop.send_replace(true);
        let _ = timeout(LAST_ANSWERS, reporter).await;
        let _ = timeout(LAST_ANSWERS, answerer).await;
        // It ends by itself soon after it was asked to.
        let _ = teller.await;
        let _ = deliverer.await;
        for task in [signals, shower, granter, teller_of_figures, asker] {
            task.abort();
        }
    }
}

/// What a person wants, for whoever tells alerts.
struct Collected {
    overview: Overview,
    steering: Steering,
}

impl Wishes for Collected {
    fn settings(&self) -> Settings {
        self.overview.settings()
    }

    fn paused(&self) -> bool {
        self.steering.paused().is_some()
    }
}

/// Keeps the tray and the desktop up to date.
async fn show(
    overview: Overview,
    steering: Steering,
    views: watch::Sender<View>,
    desktop: Desktop,
) {
    let mut news = News::default();
    let mut last_alert = None;
    loop {
        let print = overview.print();
        let summary = overview.summary().await;
        let now = UnixMillis::now();
        let notifications = overview.settings().notifications;
        let is_quiet = |hours: &QuietHours| quiet::until(hours, &hours.zone(), now).is_some();
        // What begins in quiet hours is told when they end, if it still is so.
        let quiet = notifications.quiet_hours.as_ref().is_some_and(is_quiet);
        if !quiet && let Some(message) = news.of(&summary, now) {
            if !summary.attention.is_empty() {
                let words = format!("{}: {}", message.title, message.text);
                last_alert = Some(LastAlert { words, at: now });
            }
            if notifications.desktop {
                desktop.show(message);
            }
        }
        let view = View::of(&summary, last_alert.as_ref(), now);
        views.send_if_modified(|shown| {
            let changed = *shown != view;
            *shown = view;
            changed
        });
        // Trouble that gathers is looked at again soon.
        let latest = if news.is_gathering() { 5 * LOOK } else { LOOK_ANYWAY };
        let looked = Instant::now();
        let pause = steering.paused();
        while overview.print() == print && looked.elapsed() < latest {
            tokio::select! {
                () = sleep(LOOK) => {}
                () = steering.turned(pause) => break,
            }
        }
    }
}

/// Does what was pressed in the tray.
async fn grant(
    mut wishes: mpsc::Receiver<Wish>,
    home: Home,
    steering: Steering,
    stop: watch::Sender<bool>,
    desktop: Desktop,
) {
    while let Some(wish) = wishes.recv().await {
        tracing::debug!(wish = wish.name(), "wished in the tray");
        match wish {
            Wish::Open => {
                if let Err(problem) = start::window(&home) {
                    tracing::error!(%problem, "the window was not opened");
                    let text = problem.to_string();
                    desktop.show(Message { title: crate::tray::NAME.to_owned(), text });
                }
            }
            Wish::CollectNow => steering.collect_now(),
            Wish::PauseForAnHour => steering.pause(Some(UnixMillis::now().plus(HOUR))),
            Wish::PauseUntilResumed => steering.pause(None),
            Wish::Resume => steering.resume(),
            Wish::Quit => _ = stop.send_replace(true),
        }
    }
}

/// Answers on the local socket.
async fn answer(home: Home, steering: Steering, overview: Overview, stop: watch::Sender<bool>) {
    let stopping = stop.subscribe();
    let handler = move |request| {
        let (steering, overview, stop) = (steering.clone(), overview.clone(), stop.clone());
        async move { answer_one(request, &steering, &overview, &stop).await }
    };
    if let Err(problem) = control::serve(&home, Role::Collector, handler, stopping).await {
        tracing::warn!(%problem, "no local socket");
    }
}

async fn answer_one(
    request: Request,
    steering: &Steering,
    overview: &Overview,
    stop: &watch::Sender<bool>,
) -> Answer {
    match request {
        Request::Status => {
            return Answer::Status { summary: Box::new(overview.summary().await) };
        }
        Request::CollectNow if steering.paused().is_some() => {
            return Problem::new("Collection is paused").next("resume it").into();
        }
        Request::CollectNow => steering.collect_now(),
        Request::Pause { until: Some(until) } if until <= UnixMillis::now() => {
            return Problem::new("The end of this pause is past already").into();
        }
        Request::Pause { until } => steering.pause(until),
        Request::Resume => steering.resume(),
        Request::Quit => {
            tracing::info!("asked to end over the local socket");
            stop.send_replace(true);
        }
        Request::Show => {
            return Problem::new("The collector has no window")
                .next("ask the window of this home")
                .into();
        }
    }
    Answer::Ok
}
