//! `account`: add, list, check and remove Duo accounts.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use toml_edit::{Item, Table, value};

use super::audit::no_account;
use super::proxy::read_secret;
use super::{Done, Failed, block_on, out};
use crate::base::words::counted;
use crate::base::{Home, Problem, Secret};
use crate::duo::ladder::{Check, Report, State};
use crate::pipeline::{accounts, sources};
use crate::record::LogType;
use crate::secrets;
use crate::settings::{self, AccountKind, RawAccount, Settings};

#[derive(Subcommand)]
pub enum Account {
    /// Check an account's keys, keep its secret key in the keychain, and write it to the settings
    Add(Box<Add>),
    /// List the accounts
    List(List),
    /// Remove an account: its settings, its secret key, and its stored records
    Remove(Remove),
    /// Check accounts against Duo, step by step
    Validate(Validate),
}

#[derive(Args)]
pub struct Add {
    /// A name of your choice, such as the organization's
    #[arg(long, value_name = "N")]
    name: String,
    /// The integration key of the Admin API application in Duo's Admin Panel
    #[arg(long, value_name = "K")]
    integration_key: String,
    /// The API hostname beside it: api-xxxxxxxx.duosecurity.com
    #[arg(long, value_name = "H")]
    api_hostname: String,
    /// Only these logs, separated by commas; all six by default
    #[arg(long, value_name = "a,b", value_delimiter = ',')]
    log_types: Option<Vec<LogType>>,
    /// How far back the first collection goes, at most 179d
    #[arg(long, value_name = "D")]
    history: Option<String>,
    /// A file of certificates to trust beside the system's, as for a proxy that inspects TLS
    #[arg(long, value_name = "F")]
    ca_file: Option<PathBuf>,
    /// The keys are an MSP's Accounts API keys: collect from all child accounts
    #[arg(long)]
    accounts_api: bool,
    /// Read the secret key (typed unseen, or piped in) and keep it in the keychain
    #[arg(long)]
    secret_key_stdin: bool,
    /// Do not ask Duo whether the keys work
    #[arg(long)]
    no_validate: bool,
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Remove {
    /// The account's name
    name: String,
    /// Keep the records that are stored
    #[arg(long)]
    keep_records: bool,
}

#[derive(Args)]
pub struct Validate {
    /// The account's name; all accounts when left out
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One line of `account list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    integration_key: &'a str,
    api_hostname: &'a str,
    kind: &'static str,
    log_types: &'a [LogType],
    history: String,
}

pub fn run(account: Account, home: &Home) -> Done {
    match account {
        Account::Add(add) => run_add(*add, home),
        Account::List(list) => run_list(&list, home),
        Account::Remove(remove) => run_remove(&remove, home),
        Account::Validate(validate) => run_validate(&validate, home),
    }
}

fn run_add(add: Add, home: &Home) -> Done {
    let raw = RawAccount {
        name: add.name.clone(),
        integration_key: add.integration_key.clone(),
        api_hostname: add.api_hostname.clone(),
        log_types: add
            .log_types
            .as_ref()
            .map(|log_types| log_types.iter().map(ToString::to_string).collect()),
        history: add.history.clone(),
        kind: add.accounts_api.then(|| "accounts".to_owned()),
        ..RawAccount::default()
    };
    let mut settings = Settings::load(home)?;
    let given = add.secret_key_stdin.then(|| read_secret("The secret key")).transpose()?;
    let account = match raw.check() {
        Ok(account) => account,
        Err(mistakes) => {
            for mistake in &mistakes {
                out::tell(&format!("error: --{}: {}", mistake.key.replace('_', "-"), mistake.what));
            }
            return Err(Failed::Said);
        }
    };
    refuse_known(&settings, &account)?;
    for note in account.notes() {
        out::tell(&format!("note: {note}"));
    }
    if let Some(file) = &add.ca_file {
        let file = std::path::absolute(file).map_err(|error| {
            Problem::new(format!("{} is not a path", file.display())).because(error)
        })?;
        settings.network.ca_file = Some(file);
    }
    let (secret, from_stdin) = match given {
        Some(secret) => (secret, true),
        None => (secrets::find(&account.integration_key)?.secret, false),
    };
    if !add.no_validate {
        let report = block_on(validate(home, &settings, &account, secret.clone(), |check| {
            out::tell(&check_line(check));
        }))??;
        if !report.ok {
            return Err(Failed::Told(
                Problem::new("The account was not added").because("Duo did not accept it").next(
                    "follow the advice above and try again; --no-validate adds it all the same",
                ),
            ));
        }
    }
    if from_stdin {
        secrets::store(&account.integration_key, &secret)?;
    }
    settings::add_account(home, &account)?;
    if let Some(file) = &settings.network.ca_file
        && add.ca_file.is_some()
    {
        let file = file.display().to_string();
        settings::update(home, |document| {
            let network = document.entry("network").or_insert(Item::Table(Table::new()));
            if let Some(network) = network.as_table_like_mut() {
                network.insert("ca_file", value(file));
            }
        })?;
    }
    out::tell(&format!("Added {}. Start collecting: duo-integrator collect", account.name));
    Ok(())
}

fn refuse_known(settings: &Settings, account: &settings::Account) -> Done {
    let known = settings.accounts.iter().find(|known| {
        known.name.to_lowercase() == account.name.to_lowercase()
            || known.integration_key == account.integration_key
    });
    match known {
        None => Ok(()),
        Some(known) => Err(Failed::Told(
            Problem::new(format!(
                "There is an account \u{201c}{}\u{201d} with the key {} already",
                known.name, known.integration_key
            ))
            .next("choose another name, or remove it first: duo-integrator account remove NAME"),
        )),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let settings = Settings::load(home)?;
    let listed: Vec<Listed<'_>> = settings
        .accounts
        .iter()
        .map(|account| Listed {
            name: &account.name,
            integration_key: &account.integration_key,
            api_hostname: &account.api_hostname,
            kind: match account.kind {
                AccountKind::Admin => "admin",
                AccountKind::Accounts => "accounts",
            },
            log_types: &account.log_types,
            history: crate::base::units::format_span(account.history()),
        })
        .collect();
    if list.json {
        out::json(&listed)?;
        return Ok(());
    }
    if listed.is_empty() {
        out::tell(&no_account().to_string());
    }
    for account in &listed {
        let logs: Vec<&str> = account.log_types.iter().map(|log_type| log_type.name()).collect();
        out::line(&format!(
            "{}  {}  {}  {}",
            account.name,
            account.integration_key,
            account.api_hostname,
            logs.join(",")
        ))?;
    }
    Ok(())
}

fn run_remove(remove: &Remove, home: &Home) -> Done {
    if Settings::load(home)?.account(&remove.name).is_none() {
        return Err(unknown(&remove.name));
    }
    let removed = accounts::remove(home, &remove.name, remove.keep_records)?;
    let mut said = vec!["its settings".to_owned()];
    match removed.secret {
        Ok(()) => said.push("its secret key".to_owned()),
        Err(problem) => out::warn(&problem),
    }
    if let Some(records) = removed.records {
        said.push(counted(records, "stored record"));
    }
    out::tell(&format!("Removed {}: {}.", removed.account.name, said.join(", ")));
    Ok(())
}

fn run_validate(args: &Validate, home: &Home) -> Done {
    let settings = Settings::load(home)?;
    let accounts: Vec<&settings::Account> = match &args.name {
        Some(name) => vec![settings.account(name).ok_or_else(|| unknown(name))?],
        None => settings.accounts.iter().collect(),
    };
    if accounts.is_empty() {
        return Err(no_account().into());
    }
    let mut reports = Vec::new();
    for account in accounts {
        let secret = secrets::find(&account.integration_key)?.secret;
        if !args.json {
            out::line(&account.name)?;
        }
        let report = block_on(validate(home, &settings, account, secret, |check| {
            if !args.json {
                let _ = out::line(&check_line(check));
            }
        }))??;
        if !args.json {
            print_verdict(&report)?;
        }
        reports.push(report);
    }
    if args.json {
        // One account answers with its report; several with a list of them.
        match reports.as_slice() {
            [report] => out::json(report)?,
            reports => out::json(&reports)?,
        }
    }
    if reports.iter().all(|report| report.ok) { Ok(()) } else { Err(Failed::Said) }
}

/// Checks an account against Duo, step by step.
pub async fn validate(
    home: &Home,
    settings: &Settings,
    account: &settings::Account,
    secret_key: Secret,
    observe: impl FnMut(&Check),
) -> Result<Report, Problem> {
    let http = sources::http_client(&settings.network).await?;
    let input = accounts::ladder_input(account, secret_key);
    accounts::validate(home, settings, http, &input, observe).await
}

/// A check as people read it: the state as a sign and in a word, the subject, what was found, and
/// what to do next.
pub fn check_line(check: &Check) -> String {
    let state = state_words(check.state);
    let code = check.untold_code().map_or(String::new(), |code| format!(" (code {code})"));
    let next =
        check.next.as_ref().map_or(String::new(), |next| format!("\n{:14}\u{2192} {next}", ""));
    format!("  {state:<10} {:<18} {}{code}{next}", check.id.title(), check.detail)
}

/// How a check ended: as a sign and in a word.
pub const fn state_words(state: State) -> &'static str {
    match state {
        State::Pass => "\u{2713} pass",
        State::Warn => "! warning",
        State::Fail => "\u{2717} failed",
        State::Skipped => "- skipped",
    }
}

fn print_verdict(report: &Report) -> Result<(), Problem> {
    for log in &report.log_types {
        let verdict = if log.available { "readable" } else { "not readable" };
        out::line(&format!("            {:<19} {verdict}", log.log_type.title()))?;
    }
    out::line(if report.ok { "  Collection can work." } else { "  Collection cannot work yet." })
}

fn unknown(name: &str) -> Failed {
    Failed::Told(
        Problem::new(format!("There is no account named \u{201c}{name}\u{201d}"))
            .next("duo-integrator account list shows the names"),
    )
}
