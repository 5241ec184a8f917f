//! What the page has done beside the drawing: alerts acknowledged, rules switched and written.

use crate::base::{Home, Problem, UnixMillis};
use crate::detect::{Lists, review};
use crate::knowledge::{self, Kind, Mistakes};
use crate::store::{StoreError, Writer};
use crate::window::say;
use crate::window::worker::{Act, Did};

/// Notes that a person has seen these alerts; can be undone.
pub(super) fn acknowledge(ids: Vec<i64>) -> Act {
    Act::new("acknowledge alerts", move |home| {
        let done = writer(home)?.acknowledge_these(&ids, UnixMillis::now()).map_err(told)?;
        let words = match done.len() {
            0 => return Ok(Did::said("Acknowledged before")),
            1 => "Acknowledged".to_owned(),
            n => format!("{} acknowledged", say::counted(n as u64, "alert")),
        };
        Ok(Did::said(words).with_undo(open_again(done)))
    })
}

/// Takes back that these alerts were acknowledged.
pub(super) fn open_again(ids: Vec<i64>) -> Act {
    Act::new("open alerts again", move |home| {
        let opened = writer(home)?.open_again(&ids).map_err(told)?;
        Ok(Did::said(match opened {
            0 => "Nothing was acknowledged".to_owned(),
            1 => "The alert is open again".to_owned(),
            n => format!("{} are open again", say::counted(n as u64, "alert")),
        }))
    })
}

/// Switches a rule on or off; can be undone.
pub(super) fn switch(id: &str, title: &str, enabled: bool) -> Act {
    let (id, title) = (id.to_owned(), title.to_owned());
    Act::new("switch a rule", move |home| {
        knowledge::switch(home, Kind::Rules, &id, enabled)?;
        let words = if enabled {
            format!("\u{201c}{title}\u{201d} is active")
        } else {
            format!("\u{201c}{title}\u{201d} is off")
        };
        Ok(Did::said(words).with_undo(switch(&id, &title, !enabled)))
    })
}

/// Keeps a rule's text as one's own; can be undone.
pub(super) fn keep_rule(text: String) -> Act {
    Act::new("keep a rule", move |home| {
        let (item, mistakes) = review(&text, &Lists::load(home).0);
        let mut wrong = Mistakes::default();
        for mistake in &mistakes {
            wrong.add(&mistake.file, mistake.line, mistake.what.clone());
        }
        wrong.or_problem(knowledge::CHANGED_HERE)?;
        let kept = knowledge::keep_rule(home, &text)?;
        let undo = match kept.before {
            Some(before) => keep_rule(before),
            None => forget_rule(&kept.id),
        };
        let words =
            format!("\u{201c}{}\u{201d} is saved; the collector goes by it now", item.title);
        Ok(Did::said(words).with_undo(undo))
    })
}

/// Forgets a rule of one's own; the pack's, if there is one, is in use again. Can be undone.
pub(super) fn forget_rule(id: &str) -> Act {
    let id = id.to_owned();
    Act::new("forget a rule", move |home| {
        let text = knowledge::forget_rule(home, &id)?;
        let words = match knowledge::rule_beneath(home, &id)? {
            Some(item) => format!("\u{201c}{}\u{201d} is again as it comes", item.title),
            None => format!("The rule {id} is deleted"),
        };
        Ok(Did::said(words).with_undo(keep_rule(text)))
    })
}

fn writer(home: &Home) -> Result<Writer, Problem> {
    let nothing = || Problem::new("Nothing is stored yet, so there is no alert");
    Writer::beside(&home.store_file()).map_err(told)?.ok_or_else(nothing)
}

fn told(error: StoreError) -> Problem {
    error.problem
}
