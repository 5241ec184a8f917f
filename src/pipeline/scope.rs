//! Which logs a person wants looked at again, ready to be asked for.

use super::feed::FeedTask;
use super::{Progress, sources};
use crate::base::{Home, Problem};
use crate::record::LogType;
use crate::settings::{AccountKind, Settings};

/// Which logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// Only these logs; all when empty.
    pub log_types: Vec<LogType>,
}

/// The logs of a scope. Works beside a running collector: the store keeps writers apart. Gives back
/// what is worth telling beside them.
pub async fn tasks(
    home: &Home,
    settings: &Settings,
    scope: &Scope,
    progress: &Progress,
) -> Result<(Vec<FeedTask>, Vec<Problem>), Problem> {
    let (shared, told) = sources::open(home, settings, progress, true).await?;
    let mut tasks = Vec::new();
    for of in &settings.accounts {
        // Only an account with children can have logs under another name than its own.
        let is_another = |name: &String| *name != of.name && of.kind == AccountKind::Admin;
        if scope.account.as_ref().is_some_and(is_another) {
            continue;
        }
        match sources::feeds_of(of, settings, &shared).await {
            Ok(feeds) => tasks.extend(feeds),
            Err(why) => {
                return Err(
                    Problem::new(format!("{} cannot be read", of.name)).because(why.problem())
                );
            }
        }
    }
    tasks.retain(|task| {
        scope.account.as_ref().is_none_or(|name| task.account.name == *name)
            && (scope.log_types.is_empty() || scope.log_types.contains(&task.log_type))
    });
    if let (true, Some(name)) = (tasks.is_empty(), &scope.account) {
        return Err(Problem::new(format!("There is no account named \u{201c}{name}\u{201d}"))
            .next("duo-integrator account list shows the names"));
    }
    Ok((tasks, told))
}
