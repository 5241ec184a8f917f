//! What to send to somebody who helps: versions, states, sizes, last errors.
//!
//! Promises: pure; there is no secret in it, and nothing that says whose it is: accounts and outputs
//! have numbers instead of names, no hostname, no key and no path is told, and errors only by Duo's
//! code.

use super::storage::Places;
use super::{outputs, rows};
use crate::status::FeedStatus;
use crate::store::OutletStatus;
use crate::window::say;
use crate::window::worker::{CollectorStanding, Standing};

/// What the disk and the store say.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    pub places: Places,
    pub outlets: Vec<OutletStatus>,
}

/// The text.
pub(super) fn text(standing: &Standing, machine: Option<&Machine>) -> String {
    let mut lines = vec![
        format!("Duo Security Integrator {}", env!("CARGO_PKG_VERSION")),
        format!("System: {} {}", std::env::consts::OS, std::env::consts::ARCH),
        format!("Time zone: {}", say::zone_words()),
        format!(
            "Collector: {}",
            match &standing.collector {
                CollectorStanding::Stopped => "does not run".to_owned(),
                CollectorStanding::Running => "runs".to_owned(),
                CollectorStanding::OtherVersion(version) => format!("runs, version {version}"),
            }
        ),
        format!("State: {}", standing.summary.state.title()),
        format!("Start at login: {}", yes(standing.start_at_login)),
    ];
    match &standing.settings {
        Ok(settings) => {
            let collection = &settings.collection;
            lines.push(format!(
                "Settings: {}, every {}, pace {}, late records {} back, kept {}, proxy {}, own \
                 certificate {}",
                say::counted(settings.accounts.len() as u64, "account"),
                rows::span_words(collection.poll_interval(false)),
                collection.pace,
                rows::span_words(collection.late_window),
                rows::span_words(collection.keep),
                yes(settings.network.proxy.is_some()),
                yes(settings.network.ca_file.is_some()),
            ));
        }
        // What exactly is wrong may hold a name.
        Err(problem) => lines.push(format!("Settings: {}", problem.what)),
    }
    if let Some(machine) = machine {
        for (what, _, size) in &machine.places.all {
            let size = size.map_or_else(|| "not there".to_owned(), rows::bytes);
            lines.push(format!("{what}: {size}"));
        }
        if let Some(left) = machine.places.left {
            lines.push(format!("Free: {}", rows::bytes(left)));
        }
    }
    logs(standing, &mut lines);
    for (i, kind) in outputs::for_diagnostics(standing).iter().enumerate() {
        let name = standing.settings.as_ref().ok().and_then(|settings| settings.outputs.get(i));
        let outlet = machine.zip(name).and_then(|(machine, output)| {
            machine.outlets.iter().find(|outlet| outlet.name == output.name)
        });
        let counts = outlet.map_or_else(
            || "nothing sent yet".to_owned(),
            |outlet| {
                format!(
                    "{} delivered, {} waiting, {} refused, last attempt {}",
                    outlet.delivered,
                    outlet.waiting,
                    outlet.refused,
                    if outlet.error.is_some() { "failed" } else { "fine" },
                )
            },
        );
        lines.push(format!("Output {}, {kind}: {counts}", i + 1));
    }
    lines.join("\n")
}

fn logs(standing: &Standing, lines: &mut Vec<String>) {
    let mut accounts: Vec<&str> = Vec::new();
    for log in &standing.statuses {
        let number = match accounts.iter().position(|name| *name == log.account) {
            Some(at) => at + 1,
            None => {
                accounts.push(&log.account);
                accounts.len()
            }
        };
        lines.push(format!("Account {number}, {}: {}", log.log_type.title(), log_words(log)));
    }
}

fn log_words(log: &FeedStatus) -> String {
    let mut words = format!(
        "{}, {} records, {} late, {} not understood, {} gaps",
        log.state.title(),
        log.records,
        log.late,
        log.not_understood,
        log.gaps,
    );
    if let Some(reached) = log.reached {
        words.push_str(&format!(", complete until {reached}"));
    }
    if let Some(error) = &log.error {
        let code = error
            .code
            .map_or_else(|| "no answer of Duo\u{2019}s".to_owned(), |code| code.to_string());
        words.push_str(&format!(", last error {code} at {}", error.at));
    }
    words
}

const fn yes(so: bool) -> &'static str {
    if so { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Home, UnixMillis};
    use crate::record::LogType;
    use crate::settings::Settings;
    use crate::status::{FeedError, FeedState, Summary};

    #[test]
    fn nothing_in_it_says_whose_it_is() {
        let home = Home::under(std::path::Path::new("/home/ada/secret-place"));
        let text = "version = 1\n[[account]]\nname = \"Contoso\"\nintegration_key = \"DIWJ8X6AEYOR5OMC6TQ0\"\n\
                    api_hostname = \"api-contoso.duosecurity.com\"\n[network]\nproxy = \"http://proxy.contoso:1\"\n\
                    [[output]]\nname = \"Boss\"\ntype = \"email\"\nserver = \"mail.contoso\"\n\
                    from = \"duo@contoso.com\"\nto = [\"boss@contoso.com\"]\n";
        let settings = Settings::parse(text, &home).unwrap();
        let message = "api-contoso.duosecurity.com cannot be reached".to_owned();
        let log = FeedStatus {
            account: "Contoso".to_owned(),
            integration_key: "DIWJ8X6AEYOR5OMC6TQ0".to_owned(),
            log_type: LogType::Authentication,
            state: FeedState::Failing,
            since: None,
            records: 12,
            late: 0,
            not_understood: 0,
            begins: None,
            reached: Some(UnixMillis(0)),
            catching_up_until: None,
            newest: None,
            last_poll: None,
            gaps: 0,
            run: None,
            error: Some(FeedError { code: Some(40103), message, at: UnixMillis(0) }),
            first: None,
            rhythm: None,
        };
        let statuses = vec![log];
        let summary = Summary::of(&settings, &statuses, None, true, UnixMillis(0));
        let standing = Standing {
            settings: Ok(settings),
            statuses,
            summary,
            open_alerts: 0,
            new_alerts: 0,
            collector: CollectorStanding::Running,
            start_at_login: true,
        };
        let outlet = OutletStatus {
            name: "Boss".to_owned(),
            refused: 2,
            error: Some(("mail.contoso refused boss@contoso.com".to_owned(), UnixMillis(0))),
            ..OutletStatus::default()
        };
        let machine = Machine { places: Places::of(&home), outlets: vec![outlet] };
        let told = super::text(&standing, Some(&machine));
        let lower = told.to_lowercase();
        for word in ["contoso", "boss", "diwj", "/home", "secret-place", "proxy.", "mail."] {
            assert!(!lower.contains(word), "{word}: {told}");
        }
        for words in
            ["40103", "Account 1, Authentication", "Output 1, email", "2 refused", "proxy yes"]
        {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}
