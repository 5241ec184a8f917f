//! Which alerts are shown, and in what order: those of one rule together, open ones first, the
//! gravest first, the newest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use crate::base::UnixMillis;
use crate::record::Level;
use crate::store::Alert;

/// What of the alerts of a time a person wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// In title, subject, account, words or rule, in any letter case.
    pub text: String,
    /// At least as grave; all when `None`.
    pub least: Option<Level>,
    /// Only of this rule.
    pub rule: Option<String>,
}

impl Wanted {
    fn lets_through(&self, alert: &Alert) -> bool {
        let wanted = self.text.trim().to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        self.least.is_none_or(|least| alert.level >= least)
            && self.rule.as_ref().is_none_or(|rule| alert.rule == *rule)
            && (wanted.is_empty()
                || has(&alert.title)
                || has(&alert.subject)
                || has(&alert.rule)
                || alert.account.as_deref().is_some_and(has)
                || alert.words.as_deref().is_some_and(has))
    }
}

/// The alerts of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The rule's id.
    pub rule: String,
    /// The title of the newest.
    pub title: String,
    /// The gravest.
    pub level: Level,
    /// Which alerts: their places among all.
    pub alerts: Vec<usize>,
    /// Those that are open, by number.
    pub open: Vec<i64>,
    /// The records of all.
    pub records: u64,
    /// When the newest of the records happened.
    pub last: UnixMillis,
}

/// Whether nobody has seen it and what it tells is not over.
pub(super) fn is_open(alert: &Alert) -> bool {
    alert.acknowledged.is_none() && alert.cleared.is_none()
}

/// The wanted ones of these alerts, in groups.
pub(super) fn grouped(alerts: &[Alert], wanted: &Wanted) -> Vec<Group> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for (place, alert) in alerts.iter().enumerate().filter(|(_, alert)| wanted.lets_through(alert))
    {
        let group = groups.entry(&alert.rule).or_insert_with(|| Group {
            rule: alert.rule.clone(),
            title: alert.title.clone(),
            level: alert.level,
            alerts: Vec::new(),
            open: Vec::new(),
            records: 0,
            last: alert.last,
        });
        if alert.last > group.last {
            group.title.clone_from(&alert.title);
            group.last = alert.last;
        }
        group.level = group.level.max(alert.level);
        group.records += alert.records;
        group.alerts.push(place);
        if is_open(alert) {
            group.open.push(alert.id);
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    for group in &mut groups {
        group.alerts.sort_by_key(|place| {
            alerts.get(*place).map(|alert| (!is_open(alert), Reverse((alert.last, alert.id))))
        });
    }
    groups.sort_by_key(|group| (group.open.is_empty(), Reverse((group.level, group.last))));
    groups
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The head of a group with several alerts: its place among the groups.
    Head(usize),
    /// An alert below a head: its place among the alerts.
    Below(usize),
    /// The only alert of a group.
    Alone(usize),
}

/// Groups of more alerts than this are closed unless somebody opens them.
const CLOSED_FROM: usize = 6;

/// The lines of the list. `turned`: the rules whose group somebody opened or closed by hand.
pub(super) fn lines(groups: &[Group], turned: &HashSet<String>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        match group.alerts.as_slice() {
            [only] => lines.push(Line::Alone(*only)),
            several => {
                lines.push(Line::Head(place));
                if is_unfolded(group, turned) {
                    lines.extend(several.iter().map(|alert| Line::Below(*alert)));
                }
            }
        }
    }
    lines
}

/// Whether a group shows its alerts.
pub(super) fn is_unfolded(group: &Group, turned: &HashSet<String>) -> bool {
    (group.alerts.len() < CLOSED_FROM) != turned.contains(&group.rule)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn alert(id: i64, rule: &str, level: Level, last: i64) -> Alert {
        Alert {
            id,
            rule: rule.to_owned(),
            title: format!("Title of {rule}"),
            level,
            account: Some("Contoso".to_owned()),
            subject: format!("subject {id}"),
            first: UnixMillis(last - 10),
            last: UnixMillis(last),
            raised: UnixMillis(last),
            records: 2,
            historic: false,
            acknowledged: None,
            cleared: None,
            words: None,
        }
    }

    fn rules(groups: &[Group]) -> Vec<&str> {
        groups.iter().map(|group| group.rule.as_str()).collect()
    }

    #[test]
    fn open_ones_come_first_then_the_gravest_then_the_newest() {
        let seen = |alert: Alert| Alert { acknowledged: Some(UnixMillis(1)), ..alert };
        let alerts = [
            seen(alert(1, "seen-critical", Level::Critical, 900)),
            alert(2, "low-new", Level::Low, 800),
            alert(3, "high-old", Level::High, 100),
            alert(4, "high-new", Level::High, 700),
            seen(alert(5, "high-old", Level::High, 950)),
            alert(6, "high-old", Level::High, 50),
        ];
        let groups = grouped(&alerts, &Wanted::default());
        // The newest record of high-old is that of an acknowledged one.
        assert_eq!(rules(&groups), ["high-old", "high-new", "low-new", "seen-critical"]);
        assert_eq!(groups[0].alerts, [2, 5, 4], "open ones first within a group, too");
        assert_eq!((groups[0].open.as_slice(), groups[0].records), ([3, 6].as_slice(), 6));
    }

    #[test]
    fn text_level_and_rule_leave_out_the_others() {
        let alerts = [
            alert(1, "push-fraud", Level::High, 3),
            Alert { subject: "ÉLODIE".to_owned(), ..alert(2, "travel", Level::Low, 2) },
            Alert {
                account: None,
                words: Some("No route".to_owned()),
                ..alert(3, "x", Level::Low, 1)
            },
        ];
        let found = |wanted: &Wanted| -> Vec<String> {
            let groups = grouped(&alerts, wanted);
            groups.into_iter().map(|group| group.rule).collect()
        };
        let text = |text: &str| Wanted { text: text.to_owned(), ..Wanted::default() };
        assert_eq!(found(&text(" élodie ")), ["travel"]);
        assert_eq!(found(&text("NO ROUTE")), ["x"]);
        assert_eq!(found(&text("contoso")), ["push-fraud", "travel"]);
        assert_eq!(found(&text("zebra")), [""; 0]);
        assert_eq!(
            found(&Wanted { least: Some(Level::Medium), ..Wanted::default() }),
            ["push-fraud"]
        );
        assert_eq!(found(&Wanted { rule: Some("x".to_owned()), ..Wanted::default() }), ["x"]);
    }

    #[test]
    fn a_single_alert_needs_no_head_and_a_large_group_is_closed_until_opened() {
        let mut alerts = vec![alert(1, "one", Level::Critical, 999)];
        alerts.extend((2..4).map(|id| alert(id, "few", Level::High, id)));
        alerts.extend((4..20).map(|id| alert(id, "many", Level::Low, id)));
        let groups = grouped(&alerts, &Wanted::default());
        let mut turned = HashSet::new();
        let shown = lines(&groups, &turned);
        assert_eq!(
            shown,
            [Line::Alone(0), Line::Head(1), Line::Below(2), Line::Below(1), Line::Head(2)]
        );
        turned.insert("many".to_owned());
        turned.insert("few".to_owned());
        let shown = lines(&groups, &turned);
        assert_eq!(shown.len(), 1 + 1 + 17);
    }
}
