//! The table's columns: which are shown, in what order, how wide.
//!
//! Promises: what was kept by another version is read as far as it is understood; each column is
//! there exactly once; at least one is shown.

use serde::{Deserialize, Serialize};

use super::facets::Facet;

/// As narrow as a column can be made.
pub(super) const NARROWEST: f32 = 48.0;

/// As wide as a column can be made.
const WIDEST: f32 = 900.0;

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Column {
    /// When it happened.
    Time,
    /// Which log tells it.
    Log,
    /// Whose account; only where there are several.
    Account,
    /// The categories it falls in.
    Category,
    /// Who.
    User,
    /// What was done.
    Action,
    /// How it ended.
    Result,
    /// Why it ended so.
    Reason,
    /// The second factor.
    Factor,
    /// The protected application.
    Application,
    /// What was acted on.
    Target,
    /// The address it came from.
    Address,
    /// The country of the address.
    Country,
    /// Whether it appeared late.
    Late,
}

impl Column {
    /// All of them, in the order they have at first.
    pub const ALL: [Self; 14] = [
        Self::Time,
        Self::Account,
        Self::User,
        Self::Action,
        Self::Result,
        Self::Reason,
        Self::Log,
        Self::Factor,
        Self::Application,
        Self::Target,
        Self::Address,
        Self::Country,
        Self::Category,
        Self::Late,
    ];

    /// Its heading: what can be filtered by is called the same there.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Time => "Time",
            Self::Log => Facet::Log.title(),
            Self::Account => "Account",
            Self::Category => Facet::Category.title(),
            Self::User => Facet::User.title(),
            Self::Action => Facet::Action.title(),
            Self::Result => Facet::Result.title(),
            Self::Reason => Facet::Reason.title(),
            Self::Factor => Facet::Factor.title(),
            Self::Application => Facet::Application.title(),
            Self::Target => Facet::Target.title(),
            Self::Address => Facet::Address.title(),
            Self::Country => Facet::Country.title(),
            Self::Late => "Late",
        }
    }

    const fn first_width(self) -> f32 {
        match self {
            Self::Time => 180.0,
            Self::Account | Self::User | Self::Factor => 132.0,
            Self::Action => 176.0,
            Self::Reason | Self::Application | Self::Target | Self::Category => 148.0,
            Self::Log | Self::Address | Self::Country => 116.0,
            Self::Result => 100.0,
            Self::Late => 64.0,
        }
    }

    const fn is_shown_first(self) -> bool {
        !matches!(self, Self::Factor | Self::Target | Self::Country | Self::Category | Self::Late)
    }
}

/// A column and how it lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Laid {
    /// What it shows.
    pub column: Column,
    /// How wide it is, in points.
    pub width: f32,
    /// Whether it is shown.
    pub shown: bool,
}

/// All columns, in the order they lie.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Columns(Vec<Laid>);

impl Default for Columns {
    fn default() -> Self {
        Self(Column::ALL.into_iter().map(first).collect())
    }
}

fn first(column: Column) -> Laid {
    Laid { column, width: column.first_width(), shown: column.is_shown_first() }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A column nobody knows any more must not cost the others.
        let kept = Vec::<serde_json::Value>::deserialize(deserializer)?;
        let kept = kept.into_iter().filter_map(|laid| serde_json::from_value(laid).ok());
        Ok(Self::of(kept.collect()))
    }
}

impl Columns {
    /// Puts right what was kept.
    fn of(kept: Vec<Laid>) -> Self {
        let mut all: Vec<Laid> = Vec::with_capacity(Column::ALL.len());
        for laid in kept {
            if all.iter().all(|known| known.column != laid.column) {
                let width =
                    if laid.width.is_finite() { laid.width } else { laid.column.first_width() };
                all.push(Laid { width: width.clamp(NARROWEST, WIDEST), ..laid });
            }
        }
        for column in Column::ALL {
            if all.iter().all(|known| known.column != column) {
                all.push(first(column));
            }
        }
        let mut columns = Self(all);
        columns.keep_one();
        columns
    }

    /// All, shown or not.
    pub fn all(&self) -> &[Laid] {
        &self.0
    }

    /// Those that are shown; the account's only when there are several.
    pub fn shown(&self, has_accounts: bool) -> impl Iterator<Item = Laid> + '_ {
        let wanted =
            move |laid: &Laid| laid.shown && (has_accounts || laid.column != Column::Account);
        self.0.iter().copied().filter(wanted)
    }

    /// Shows or hides a column; the last one stays.
    pub fn show(&mut self, column: Column, shown: bool) {
        if let Some(laid) = self.find(column) {
            laid.shown = shown;
        }
        self.keep_one();
    }

    /// Makes a column wider or narrower.
    pub fn widen(&mut self, column: Column, by: f32) {
        if let Some(laid) = self.find(column) {
            laid.width = (laid.width + by).clamp(NARROWEST, WIDEST);
        }
    }

    /// Moves a column by so many places, to the left when negative.
    pub fn shift(&mut self, column: Column, by: isize) {
        let Some(from) = self.0.iter().position(|laid| laid.column == column) else { return };
        let to = from.saturating_add_signed(by).min(self.0.len().saturating_sub(1));
        let laid = self.0.remove(from);
        self.0.insert(to, laid);
    }

    /// Puts a column where another one lies.
    pub fn put_at(&mut self, column: Column, place: Column) {
        let find = |wanted| self.0.iter().position(|laid| laid.column == wanted);
        if let (Some(from), Some(to)) = (find(column), find(place)) {
            let laid = self.0.remove(from);
            self.0.insert(to, laid);
        }
    }

    fn find(&mut self, column: Column) -> Option<&mut Laid> {
        self.0.iter_mut().find(|laid| laid.column == column)
    }

    fn keep_one(&mut self) {
        // The account's alone would not show where there is one account.
        if !self.0.iter().any(|laid| laid.shown && laid.column != Column::Account)
            && let Some(time) = self.find(Column::Time)
        {
            time.shown = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(columns: &Columns) -> Vec<&'static str> {
        columns.all().iter().map(|laid| laid.column.title()).collect()
    }

    #[test]
    fn what_was_kept_is_read_as_far_as_it_is_understood() {
        let kept = r#"[{"column":"result","width":1e9,"shown":true},{"column":"moon","width":1,"shown":true},
                       {"column":"result","width":50,"shown":false},{"column":"late","width":-3,"shown":true}, 7]"#;
        let columns: Columns = serde_json::from_str(kept).unwrap();
        assert_eq!(titles(&columns)[..3], ["Result", "Late", "Time"]);
        assert_eq!(columns.all().len(), Column::ALL.len());
        let widths: Vec<f32> = columns.all()[..2].iter().map(|laid| laid.width).collect();
        assert_eq!(widths, [WIDEST, NARROWEST]);
        let again = serde_json::to_string(&columns).unwrap();
        assert_eq!(serde_json::from_str::<Columns>(&again).unwrap(), columns);
    }

    #[test]
    fn one_column_always_stays() {
        let mut columns = Columns::default();
        for column in Column::ALL {
            columns.show(column, false);
        }
        assert_eq!(columns.shown(true).map(|laid| laid.column).collect::<Vec<_>>(), [Column::Time]);
    }

    #[test]
    fn columns_are_moved_and_none_is_lost() {
        let mut columns = Columns::default();
        columns.put_at(Column::Result, Column::Time);
        columns.shift(Column::Log, -9);
        columns.shift(Column::User, 99);
        let after = titles(&columns);
        assert_eq!(after[..3], ["Log", "Result", "Time"]);
        assert_eq!(after.last(), Some(&"User"));
        assert_eq!(after.len(), Column::ALL.len());
        assert_eq!(
            Columns::default().shown(false).filter(|c| c.column == Column::Account).count(),
            0
        );
    }
}
