//! How collection stands, from the settings, the store and the steering, for all who ask.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::base::{Home, Problem, UnixMillis};
use crate::pipeline::{Progress, Steering, doing};
use crate::settings::Settings;
use crate::status::{Attention, FeedState, FeedStatus, Pause, Summary};
use crate::store::{OutletStatus, Reader};

/// Finds out how collection stands; clones find out the same.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    home: Home,
    progress: Progress,
    steering: Steering,
    /// The last settings that could be read: what collection goes by.
    settings: Arc<Mutex<Settings>>,
}

/// What is cheap to look at and changes when the summary may.
#[derive(Debug, PartialEq)]
pub(super) struct Print {
    pause: Option<Pause>,
    settings_changed: Option<SystemTime>,
    logs: Vec<(FeedState, u64, Option<UnixMillis>)>,
}

impl Overview {
    pub fn new(home: &Home, progress: &Progress, steering: &Steering) -> Self {
        let settings = Settings::load(home).unwrap_or_default();
        Self {
            home: home.clone(),
            progress: progress.clone(),
            steering: steering.clone(),
            settings: Arc::new(Mutex::new(settings)),
        }
    }

    /// The settings collection goes by.
    pub fn settings(&self) -> Settings {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What can be told without reading the store.
    pub fn print(&self) -> Print {
        let settings = fs::metadata(self.home.settings_file());
        let logs = self
            .progress
            .snapshot()
            .into_iter()
            .map(|feed| (feed.state, feed.stored, feed.error.map(|error| error.at)));
        Print {
            pause: self.steering.paused(),
            settings_changed: settings.and_then(|meta| meta.modified()).ok(),
            logs: logs.collect(),
        }
    }

    /// How collection stands now.
    pub async fn summary(&self) -> Summary {
        let overview = self.clone();
        let read = tokio::task::spawn_blocking(move || overview.read());
        match read.await {
            Ok((summary, _)) => summary,
            Err(error) => {
                let problem = Problem::new("How collection stands cannot be told").because(error);
                self.summed_up(&[], &[problem])
            }
        }
    }

    /// Whether a person has paused collecting.
    pub fn is_paused(&self) -> bool {
        self.steering.paused().is_some()
    }

    /// The same, and each log by itself; reads the store on this thread.
    pub fn read(&self) -> (Summary, Vec<FeedStatus>) {
        let mut troubles = Vec::new();
        match Settings::load(&self.home) {
            Ok(settings) => {
                *self.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
            }
            Err(problem) => troubles.push(problem),
        }
        let (feeds, outlets) = match self.stored() {
            Ok(stored) => stored,
            Err(problem) => {
                troubles.push(problem);
                (Vec::new(), Vec::new())
            }
        };
        let mut summary = self.summed_up(&feeds, &troubles);
        summary.add_outputs(doing::failing(&self.settings(), &outlets), UnixMillis::now());
        (summary, feeds)
    }

    /// How the logs and the outputs stand.
    fn stored(&self) -> Result<(Vec<FeedStatus>, Vec<OutletStatus>), Problem> {
        let told = |error: crate::store::StoreError| error.problem;
        match Reader::open(&self.home.store_file()).map_err(told)? {
            Some(reader) => Ok((reader.statuses().map_err(told)?, reader.outlets().map_err(told)?)),
            None => Ok((Vec::new(), Vec::new())),
        }
    }

    fn summed_up(&self, feeds: &[FeedStatus], troubles: &[Problem]) -> Summary {
        let now = UnixMillis::now();
        let pause = self.steering.paused();
        let mut summary = Summary::of(&self.settings(), feeds, pause, true, now);
        for problem in troubles {
            let words = problem.to_string();
            let account = "This computer".to_owned();
            summary.add(Attention { account, log_type: None, words, since: now });
        }
        summary
    }
}
