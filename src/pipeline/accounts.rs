//! What is done with an account as a whole: trying it against Duo, and taking it away again.
//!
//! Promises: trying changes nothing, here or at Duo; removing says what went and what stayed.

use super::sources;
use crate::base::{Home, Problem, Secret};
use crate::duo::ladder::{self, Check, Kind, LadderInput, Report};
use crate::net::HttpClient;
use crate::secrets;
use crate::settings::{self, Account, AccountKind, Settings};
use crate::store::Writer;

/// What a validation needs to know of an account.
pub fn ladder_input(account: &Account, secret_key: Secret) -> LadderInput {
    LadderInput {
        account: account.name.clone(),
        integration_key: account.integration_key.clone(),
        secret_key,
        api_hostname: account.api_hostname.clone(),
        scheme: account.signature,
        log_types: account.log_types.clone(),
        kind: match account.kind {
            AccountKind::Admin => Kind::AdminApi,
            AccountKind::Accounts => Kind::AccountsApi,
        },
    }
}

/// Validates keys against Duo at the pace of the settings; `observe` hears of each check as it is
/// made. Dropping the future stops it.
pub async fn validate(
    home: &Home,
    settings: &Settings,
    http: HttpClient,
    input: &LadderInput,
    observe: impl FnMut(&Check),
) -> Result<Report, Problem> {
    let pace = sources::pace(settings, Some(home.pace_file()))?;
    let report = ladder::validate(input, http, pace.clone(), observe).await;
    pace.save();
    Ok(report)
}

/// What became of a removed account's parts.
#[derive(Debug)]
pub struct Removed {
    /// The account as it was in the settings.
    pub account: Account,
    /// Whether the secret key left the keychain.
    pub secret: Result<(), Problem>,
    /// Stored records that were removed; `None` when they were kept or there were none.
    pub records: Option<u64>,
}

/// Removes an account: its settings, its secret key and, unless they are to be kept, its records.
pub fn remove(home: &Home, name: &str, keep_records: bool) -> Result<Removed, Problem> {
    let account = settings::remove_account(home, name)?;
    let secret = secrets::forget(&account.integration_key);
    let records = if !keep_records && home.store_file().exists() {
        let (mut writer, _) = Writer::open(&home.store_file()).map_err(|error| error.problem)?;
        Some(writer.remove_accounts_of(&account.integration_key).map_err(|error| error.problem)?)
    } else {
        None
    };
    Ok(Removed { account, secret, records })
}
