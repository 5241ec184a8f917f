//! Turns the accounts of the settings into logs to collect: secrets, networks, child accounts.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::feed::FeedTask;
use super::known::Known;
use super::progress::Progress;
use super::steering::Bell;
use super::storing::Storing;
use crate::base::{Home, Problem, Secret};
use crate::duo::client::{Access, Child, Duo};
use crate::duo::failure::Failure;
use crate::duo::pace::{Pace, PaceSetting};
use crate::net::{self, HttpClient, NetSettings, ProxySettings};
use crate::secrets::{self, ProxyLogin};
use crate::settings::{Account, AccountKind, Collection, Network, Settings};
use crate::store::AccountRef;

/// What all accounts share while they are collected.
#[derive(Clone)]
pub struct Shared {
    /// The HTTPS client.
    pub http: HttpClient,
    /// The pace, one for each account and endpoint.
    pub pace: Pace,
    /// The store's thread.
    pub storing: Storing,
    /// What is known about records.
    pub known: Arc<Known>,
    /// Where the numbers go.
    pub progress: Progress,
    /// How records are collected.
    pub collection: Collection,
    /// The time between polls.
    pub poll_interval: Duration,
    /// Ends waits early.
    pub bell: Bell,
}

/// Why an account cannot be collected at all.
#[derive(Debug)]
pub enum NoSource {
    /// Its secret key cannot be had, or a setting is unusable.
    Problem(Problem),
    /// Duo does not list the child accounts.
    Duo(Failure),
}

impl NoSource {
    /// The words for it.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Problem(problem) => problem.clone(),
            Self::Duo(failure) => failure.problem(),
        }
    }
}

/// The HTTPS client for the network settings, with the proxy's login from the keychain.
pub async fn http_client(network: &Network) -> Result<HttpClient, Problem> {
    http_client_with(network, None).await
}

/// The same with a login that is not in the keychain yet.
pub async fn http_client_with(
    network: &Network,
    typed: Option<ProxyLogin>,
) -> Result<HttpClient, Problem> {
    net::build(&net_settings(network, typed).await?)
}

/// How this computer reaches the outside, with the proxy's login from the keychain.
pub async fn net_settings(
    network: &Network,
    typed: Option<ProxyLogin>,
) -> Result<NetSettings, Problem> {
    let proxy = match network.proxy.clone() {
        None => None,
        Some(url) => {
            let asked = url.clone();
            let login = match typed {
                Some(login) => Some(login),
                None => unblock(move || secrets::find_proxy_login(&asked)).await??,
            };
            Some(ProxySettings { url, login: login.map(|login| (login.user, login.password)) })
        }
    };
    Ok(NetSettings { ca_file: network.ca_file.clone(), proxy })
}

/// The pace the settings ask for, remembered in the home.
pub fn pace(settings: &Settings, memory: Option<PathBuf>) -> Result<Pace, Problem> {
    let setting: PaceSetting = settings.collection.pace.parse()?;
    Ok(Pace::open(setting, memory))
}

/// The secret key of an account, from wherever it is kept.
pub async fn secret_of(integration_key: &str) -> Result<Secret, Problem> {
    let key = integration_key.to_owned();
    Ok(unblock(move || secrets::find(&key)).await??.secret)
}

/// Everything to collect for an account: its logs, or those of each of its child accounts.
pub async fn feeds_of(
    account: &Account,
    settings: &Settings,
    shared: &Shared,
) -> Result<Vec<FeedTask>, NoSource> {
    let access = Access {
        integration_key: account.integration_key.clone(),
        secret_key: secret_of(&account.integration_key).await.map_err(NoSource::Problem)?,
        api_hostname: account.api_hostname.clone(),
        scheme: account.signature,
        child: None,
    };
    let duo = Duo::new(shared.http.clone(), access.clone(), shared.pace.clone());
    if account.kind == AccountKind::Admin {
        return Ok(feeds(account, &duo, &account_ref(account), shared));
    }
    let children = duo.children().await.map_err(NoSource::Duo)?;
    let mut taken: BTreeSet<String> =
        settings.accounts.iter().map(|account| account.name.clone()).collect();
    let mut tasks = Vec::new();
    for child in children.iter().filter(|child| is_wanted(account, child)) {
        let access = Access {
            api_hostname: child.api_hostname.clone(),
            child: Some(child.account_id.clone()),
            ..access.clone()
        };
        let whose = AccountRef {
            name: child_name(child, &mut taken),
            integration_key: account.integration_key.clone(),
            api_hostname: child.api_hostname.clone(),
            child: Some(child.account_id.clone()),
        };
        let duo = Duo::new(shared.http.clone(), access, shared.pace.clone());
        tasks.extend(feeds(account, &duo, &whose, shared));
    }
    Ok(tasks)
}

/// How the store knows an account of the settings.
pub fn account_ref(account: &Account) -> AccountRef {
    AccountRef {
        name: account.name.clone(),
        integration_key: account.integration_key.clone(),
        api_hostname: account.api_hostname.clone(),
        child: None,
    }
}

fn feeds(account: &Account, duo: &Duo, whose: &AccountRef, shared: &Shared) -> Vec<FeedTask> {
    account
        .log_types
        .iter()
        .map(|log_type| FeedTask {
            duo: duo.clone(),
            storing: shared.storing.clone(),
            known: Arc::clone(&shared.known),
            account: whose.clone(),
            log_type: *log_type,
            history: account.history(),
            late_window: shared.collection.late_window,
            poll_interval: shared.poll_interval,
            fast: shared.pace.is_unlimited(),
            bell: shared.bell.clone(),
            tracker: shared.progress.track(&whose.name, *log_type),
        })
        .collect()
}

/// A child is collected when it is included (or nothing is) and not excluded; by name or id.
fn is_wanted(account: &Account, child: &Child) -> bool {
    let names = |list: &[String]| {
        list.iter().any(|entry| {
            entry.eq_ignore_ascii_case(&child.account_id)
                || entry.to_lowercase() == child.name.to_lowercase()
        })
    };
    (account.include.is_empty() || names(&account.include)) && !names(&account.exclude)
}

/// A child's own name; with its id when the name is taken or empty.
fn child_name(child: &Child, taken: &mut BTreeSet<String>) -> String {
    let name = child.name.trim();
    let name = if name.is_empty() {
        child.account_id.clone()
    } else if taken.contains(name) {
        format!("{name} ({})", child.account_id)
    } else {
        name.to_owned()
    };
    taken.insert(name.clone());
    name
}

/// Everything shared, opened for a home and its settings. Tells when a damaged store was set aside,
/// and what of the knowledge packs cannot be used.
pub async fn open(
    home: &Home,
    settings: &Settings,
    progress: &Progress,
    allow_fast: bool,
) -> Result<(Shared, Vec<Problem>), Problem> {
    let http = http_client(&settings.network).await?;
    let pace = pace(settings, Some(home.pace_file()))?;
    let (storing, told) = Storing::open(&home.store_file()).map_err(|error| error.problem)?;
    let (known, unusable) = Known::of(home, &storing).await;
    let told = told.into_iter().chain(unusable).collect();
    let shared = Shared {
        http,
        pace,
        storing,
        known,
        progress: progress.clone(),
        collection: settings.collection.clone(),
        poll_interval: settings.collection.poll_interval(allow_fast),
        bell: Bell::default(),
    };
    Ok((shared, told))
}

/// Runs something that may block (a keychain waiting for its service) off the async threads.
pub(super) async fn unblock<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::new("A keychain call was cut off").because(error))
}
