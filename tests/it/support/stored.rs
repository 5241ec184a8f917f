//! A home whose store holds given records, put there without a network.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use duo_integrator::base::Home;
use duo_integrator::duo::logs::understand;
use duo_integrator::record::LogType;
use duo_integrator::store::{AccountRef, Batch, Job, Reader, Writer};

use super::lab::Ran;

/// A home with records.
pub struct Stored {
    folder: tempfile::TempDir,
    pub home: Home,
}

impl Stored {
    /// A home whose one account is Contoso, with these records.
    pub fn with(records: &[(LogType, String)]) -> Self {
        let folder = tempfile::Builder::new().prefix("stored-").tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let stored = Self { folder, home };
        stored.add("Contoso", records);
        stored
    }

    /// Adds records to an account.
    pub fn add(&self, account: &str, records: &[(LogType, String)]) {
        let (mut writer, _) = Writer::open(&self.home.store_file()).unwrap();
        let account = AccountRef {
            name: account.to_owned(),
            integration_key: format!("DI{:0>18}", account.len()),
            api_hostname: "api-example.example.com".to_owned(),
            child: None,
        };
        let mut by_log: BTreeMap<&str, (LogType, Vec<&str>)> = BTreeMap::new();
        for (log_type, raw) in records {
            by_log.entry(log_type.name()).or_insert((*log_type, Vec::new())).1.push(raw);
        }
        for (log_type, raws) in by_log.into_values() {
            let feed = writer.register(&account, log_type).unwrap();
            let (mut body, mut ranges) = (Vec::new(), Vec::new());
            for raw in raws {
                let start = body.len();
                body.extend_from_slice(raw.as_bytes());
                ranges.push(start..body.len());
            }
            let mut job = Job::new(feed.id);
            job.batch =
                Batch::build(body, &ranges, |raw| understand(log_type, raw), |_| 0).unwrap();
            writer.commit(&[job]).unwrap();
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.home.store_file()).unwrap().unwrap()
    }

    /// Runs the program in this home.
    pub fn run(&self, words: &[&str]) -> Ran {
        Ran::of(&self.output(words))
    }

    /// Runs the program in this home; what it wrote may be anything.
    pub fn output(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_duo-integrator"))
            .args(words)
            .arg("--home")
            .arg(self.folder.path())
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}
