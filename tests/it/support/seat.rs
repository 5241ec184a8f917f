//! Somebody's computer, with the program in a real window, beside a look-alike of Duo.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use duo_integrator::base::Home;
use duo_integrator::simulator::{INTEGRATION_KEY, SECRET_KEY, World};
use duo_integrator::window::labels;
use serde_json::Value;

use super::desktop::{App, Desktop, Plan};
use super::lab::{Lab, Ran};

/// Somebody's computer beside a look-alike of Duo.
pub struct Seat {
    /// The look-alike.
    pub lab: Lab,
    /// The computer's desktop.
    pub desktop: Desktop,
}

impl Seat {
    /// A computer that trusts the look-alike's certificate already.
    pub fn new(world: World, plan: Plan) -> Self {
        let seat = Self { lab: Lab::without_account(world), desktop: plan.start() };
        let home = seat.home();
        fs::create_dir_all(&home.config).unwrap();
        let settings =
            format!("version = 1\n\n[network]\nca_file = \"{}\"\n", seat.ca_file().display());
        fs::write(home.settings_file(), settings).unwrap();
        seat
    }

    /// As if the wizard had been used already.
    pub fn add_account(&self) {
        let mut command = self.desktop.program();
        command.args(["account", "add", "--name", "Duo", "--secret-key-stdin"]);
        command.args(["--integration-key", INTEGRATION_KEY]);
        command.args(["--api-hostname", &self.lab.api_hostname()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(SECRET_KEY.as_bytes()).unwrap();
        Ran::of(&child.wait_with_output().unwrap()).exits(0);
    }

    /// The authority the look-alike is trusted by.
    pub fn ca_file(&self) -> PathBuf {
        self.lab.home.config.join("ca.pem")
    }

    /// Where the program keeps its things for whoever sits here.
    pub fn home(&self) -> Home {
        let below = |folder: &str| self.desktop.home().join(folder).join("duo-integrator");
        Home { config: below(".config"), data: below(".local/share"), state: below(".local/state") }
    }

    /// Runs a command of the program.
    pub fn run(&self, words: &[&str]) -> Ran {
        let mut command = self.desktop.program();
        Ran::of(&command.args(words).output().unwrap())
    }

    /// What `status` tells.
    pub fn status(&self) -> Value {
        self.run(&["status", "--json"]).exits(0).json()
    }

    /// How many records are stored.
    pub fn records(&self) -> u64 {
        let status = self.status();
        let logs = status["accounts"][0]["log_types"].as_array().cloned().unwrap_or_default();
        logs.iter().map(|log| log["records"].as_u64().unwrap()).sum()
    }

    /// Types the three values into the wizard.
    pub fn fill_in(&self, app: &App<'_>) {
        app.type_into(labels::INTEGRATION_KEY, INTEGRATION_KEY);
        app.type_into(labels::SECRET_KEY, SECRET_KEY);
        app.type_into(labels::API_HOSTNAME, &self.lab.api_hostname());
    }

    /// The process that collects for this home.
    pub fn collector(&self) -> u32 {
        let mine = crate::support::processes::marked(self.desktop.session().folder());
        let collects = |id: &u32| {
            let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            words.split(|byte| *byte == 0).any(|word| word == b"collect")
        };
        mine.into_iter().find(collects).expect("a collector runs")
    }

    /// What starts the collector at login.
    pub fn desktop_entry(&self) -> PathBuf {
        self.desktop.home().join(".config/autostart/duo-integrator.desktop")
    }
}
