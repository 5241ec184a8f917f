//! A collector's home beside a look-alike of Duo, and the real program to run in it.
//!
//! Promises: nothing outside the loopback is talked to; the person's own keychain, proxy and home
//! are never used; only processes started here are ended.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, Once};
use std::time::Duration;

use duo_integrator::base::{Home, Problem, Secret, UnixMillis};
use duo_integrator::pipeline::engine::collect_once;
use duo_integrator::pipeline::feed::FeedTask;
use duo_integrator::pipeline::{FeedProgress, Progress, sources};
use duo_integrator::record::LogType;
use duo_integrator::secrets::{self, Keychain, KeychainError};
use duo_integrator::settings::Settings;
use duo_integrator::simulator::{INTEGRATION_KEY, Rule, SECRET_KEY, Simulator, World};
use duo_integrator::status::FeedStatus;
use duo_integrator::store::{EventQuery, Gap, Reader};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The one account in the settings of a new lab.
pub const ACCOUNT: &str = "Example";

/// The keys of a managed service provider, for labs with child accounts.
pub const PARENT: (&str, &str) =
    ("DIPARENT0EXAMPLE0001", "parent0secret000000000000000000000000001");

/// A look-alike of Duo, and a home to collect into.
pub struct Lab {
    // Dropped before the runtime it lives on.
    simulator: Simulator,
    runtime: Runtime,
    folder: tempfile::TempDir,
    pub home: Home,
}

/// How a run of the program ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The run, if it ended with this code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}\nerr: {}", self.out, self.err))
    }

    /// The run, if it said this to the person.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "“{words}” is not in: {}", self.err);
        self
    }
}

impl Lab {
    /// A world behind a port, and a home with one account for it, not yet collected.
    pub fn new(world: World) -> Self {
        let lab = Self::without_account(world);
        lab.write_settings(&format!(
            "version = 1\n\n[[account]]\nname = \"{ACCOUNT}\"\nintegration_key = \"{INTEGRATION_KEY}\"\n\
             api_hostname = \"{}\"\n\n[network]\nca_file = \"ca.pem\"\n\n\
             [collection]\npace = \"unlimited\"\npoll_interval = \"1s\"\n",
            lab.simulator.api_hostname()
        ));
        lab
    }

    /// A home without settings.
    pub fn without_account(world: World) -> Self {
        static KEYCHAIN: Once = Once::new();
        KEYCHAIN.call_once(|| secrets::use_keychain(KeysOfTheWorld));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let simulator = runtime.block_on(Simulator::start(world)).unwrap();
        let folder = tempfile::Builder::new().prefix("lab-").tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        fs::write(home.config.join("ca.pem"), simulator.ca_pem()).unwrap();
        Self { simulator, runtime, folder, home }
    }

    /// Where the home is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What stands for Duo's API hostname.
    pub fn api_hostname(&self) -> String {
        self.simulator.api_hostname()
    }

    /// Looks at the world, or changes it.
    pub fn world<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        self.simulator.world().with(act)
    }

    /// Lets something go wrong.
    pub fn inject(&self, rule: Rule) {
        self.world(|world| world.inject(rule));
    }

    pub fn write_settings(&self, text: &str) {
        fs::write(self.home.settings_file(), text).unwrap();
    }

    /// Replaces one text in the settings by another.
    pub fn change_settings(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.home.settings_file()).unwrap();
        assert!(text.contains(from), "{text}");
        self.write_settings(&text.replace(from, to));
    }

    /// One whole round of collection in this process.
    pub fn collect(&self) -> Vec<FeedProgress> {
        self.runtime.block_on(self.round(&Progress::default())).unwrap()
    }

    /// A round that is dropped after this time, wherever it is; whether it came to its end.
    pub fn collect_for(&self, span: Duration) -> bool {
        self.runtime.block_on(async {
            tokio::time::timeout(span, self.round(&Progress::default())).await.is_ok()
        })
    }

    async fn round(&self, progress: &Progress) -> Result<Vec<FeedProgress>, Problem> {
        let settings = Settings::load(&self.home)?;
        collect_once(&self.home, &settings, progress, true, |_| {}).await
    }

    /// Acts on each log's task, as `audit` and `recollect` do.
    pub fn with_tasks<R>(&self, mut act: impl AsyncFnMut(&FeedTask) -> R) -> Vec<R> {
        self.runtime.block_on(async {
            let settings = Settings::load(&self.home).unwrap();
            let (shared, _) =
                sources::open(&self.home, &settings, &Progress::default(), true).await.unwrap();
            let mut results = Vec::new();
            for account in &settings.accounts {
                for task in sources::feeds_of(account, &settings, &shared).await.unwrap() {
                    results.push(act(&task).await);
                }
            }
            results
        })
    }

    /// The program with these words, in this home, with the secret key in its environment.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.command_without_secret(words);
        command.env(secrets::SECRET_VARIABLE, SECRET_KEY);
        command
    }

    /// The program with these words, in this home; nothing tells it a secret key.
    pub fn command_without_secret(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duo-integrator"));
        self.settle(&mut command);
        command.arg("--home").arg(self.folder.path()).args(words);
        command
    }

    /// Keeps a program away from the person's own keychain, proxy and home.
    pub fn settle(&self, command: &mut Command) {
        command.stdin(Stdio::null());
        command.env("HOME", self.folder.path());
        command.env("XDG_RUNTIME_DIR", self.folder.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        for name in [
            "CREDENTIALS_DIRECTORY",
            "DISPLAY",
            "DUO_INTEGRATOR_HOME",
            "DUO_INTEGRATOR_SECRET_KEY",
            "WAYLAND_DISPLAY",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
        ] {
            command.env_remove(name);
        }
    }

    /// Runs the program to its end.
    pub fn run(&self, words: &[&str]) -> Ran {
        Ran::of(&self.command(words).output().unwrap())
    }

    /// `collect --once`, which has to go well.
    #[track_caller]
    pub fn run_collect(&self) -> Ran {
        self.run(&["collect", "--once"]).exits(0)
    }

    /// `event list` for one log, sorted.
    #[track_caller]
    pub fn listed(&self, log_type: LogType) -> Vec<String> {
        let ran = self.run(&["event", "list", "--log-type", log_type.name()]).exits(0);
        let mut lines: Vec<String> = ran.out.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The stored records of a log, sorted.
    pub fn stored(&self, log_type: LogType) -> Vec<String> {
        self.stored_of(ACCOUNT, log_type)
    }

    /// The stored records of an account's log, sorted.
    pub fn stored_of(&self, account: &str, log_type: LogType) -> Vec<String> {
        let query = EventQuery {
            account: Some(account.to_owned()),
            log_types: vec![log_type],
            ..EventQuery::default()
        };
        let mut stored = Vec::new();
        if let Some(reader) = Reader::open(&self.home.store_file()).unwrap() {
            let each = |event: duo_integrator::store::Event<'_>| {
                stored.push(String::from_utf8(event.raw.to_vec()).unwrap());
                ControlFlow::<()>::Continue(())
            };
            reader.events(&query, each).unwrap();
        }
        stored.sort();
        stored
    }

    /// What Duo shows of a log by now, sorted.
    pub fn served(&self, log_type: LogType) -> Vec<String> {
        self.served_of(INTEGRATION_KEY, log_type)
    }

    /// What Duo shows of an organization's log by now, sorted.
    pub fn served_of(&self, org: &str, log_type: LogType) -> Vec<String> {
        let mut served = self.world(|world| world.records(org, log_type));
        served.sort();
        served
    }

    /// Fails unless the store holds exactly what Duo shows, byte for byte.
    #[track_caller]
    pub fn assert_complete(&self) {
        for log_type in LogType::ALL {
            self.assert_log_complete(log_type);
        }
    }

    /// Fails unless the store holds exactly what Duo shows of a log, byte for byte.
    #[track_caller]
    pub fn assert_log_complete(&self, log_type: LogType) {
        assert_same(&self.stored(log_type), &self.served(log_type), log_type.name());
    }

    /// How the account's logs stand.
    pub fn statuses(&self) -> Vec<FeedStatus> {
        match Reader::open(&self.home.store_file()).unwrap() {
            Some(reader) => reader.statuses().unwrap(),
            None => Vec::new(),
        }
    }

    /// How a log of the account stands.
    #[track_caller]
    pub fn status(&self, log_type: LogType) -> FeedStatus {
        let statuses = self.statuses();
        let found = statuses
            .into_iter()
            .find(|status| status.account == ACCOUNT && status.log_type == log_type);
        found.unwrap()
    }

    /// The known gaps of a log.
    pub fn gaps(&self, log_type: LogType) -> Vec<Gap> {
        let Some(reader) = Reader::open(&self.home.store_file()).unwrap() else {
            return Vec::new();
        };
        let gaps = reader.gaps().unwrap();
        gaps.into_iter().filter(|(_, of, _)| *of == log_type).map(|(_, _, gap)| gap).collect()
    }
}

/// Fails unless two sorted lists hold the same lines as often; tells the first few that differ.
#[track_caller]
pub fn assert_same(stored: &[String], served: &[String], what: &str) {
    let (missing, extra) = differences(stored, served);
    let few = |lines: &[String]| lines.iter().take(3).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{what}: {} stored, {} served; {} missing\n  {}\n{} extra\n  {}",
        stored.len(),
        served.len(),
        missing.len(),
        few(&missing),
        extra.len(),
        few(&extra)
    );
}

/// What is served and not stored, and what is stored and not served.
pub fn differences(stored: &[String], served: &[String]) -> (Vec<String>, Vec<String>) {
    let mut counts: BTreeMap<&String, i64> = BTreeMap::new();
    for line in served {
        *counts.entry(line).or_default() += 1;
    }
    for line in stored {
        *counts.entry(line).or_default() -= 1;
    }
    let with = |sign: i64| {
        let counts = counts.iter().filter(move |(_, count)| count.signum() == sign);
        counts.map(|(line, _)| (*line).clone()).collect()
    };
    (with(1), with(-1))
}

/// Now, cut to the second, so that times are easy to read.
pub fn this_second() -> UnixMillis {
    UnixMillis::now().floor_secs().to_millis()
}

/// A keychain with the keys of the look-alike's organizations and what was stored since, for rounds
/// and windows in this process.
struct KeysOfTheWorld;

static STORED: Mutex<BTreeMap<String, Secret>> = Mutex::new(BTreeMap::new());

impl Keychain for KeysOfTheWorld {
    fn get(&self, user: &str) -> Result<Option<Secret>, KeychainError> {
        let keys = [(INTEGRATION_KEY, SECRET_KEY), PARENT];
        let known = keys.into_iter().find(|(key, _)| *key == user);
        let known = known.map(|(_, secret)| Secret::new(secret.to_owned()));
        Ok(STORED.lock().unwrap().get(user).cloned().or(known))
    }

    fn set(&self, user: &str, secret: &Secret) -> Result<(), KeychainError> {
        STORED.lock().unwrap().insert(user.to_owned(), secret.clone());
        Ok(())
    }

    fn delete(&self, user: &str) -> Result<(), KeychainError> {
        STORED.lock().unwrap().remove(user);
        Ok(())
    }
}
