//! Tells which categories a record falls in, for every record on its way into the store.
//!
//! Promises: switched-off categories are not looked at; old and new spellings of a code are the
//! same (see [`canonical`]); a record that no category takes falls in those that say `otherwise`.
//!
//! Each way into a category is a bit. A field's value is looked up once and gives the bits it
//! agrees with; what is left when all fields have been asked are the ways in. So the cost does not
//! grow with the number of categories.

use std::borrow::Cow;

use foldhash::HashMap;

use super::category::When;
use super::{Category, Item, Knowledge};
use crate::record::{Columns, LogType, canonical};

/// Ways in that are looked at together: the bits of a number.
const TOGETHER: usize = 64;

/// The fields a category asks for, and the place of each.
const FIELDS: [&str; 5] = ["action", "result", "reason", "factor", "application"];

/// Tells which categories a record falls in.
#[derive(Clone, Debug, Default)]
pub struct Categorizer {
    lanes: [Vec<Lane>; LogType::ALL.len()],
    otherwise: u64,
}

/// Up to 64 ways into categories, for records of one log.
#[derive(Clone, Debug, Default)]
struct Lane {
    fields: [Option<Field>; FIELDS.len()],
    /// The ways there are.
    ways: u64,
    /// The category each way leads to, as a bit.
    leads_to: Vec<u64>,
}

/// What one field has to say about the ways in.
#[derive(Clone, Debug, Default)]
struct Field {
    /// Ways that do not ask for a value.
    indifferent: u64,
    exact: HashMap<Box<str>, Says>,
    prefixes: Vec<(Box<str>, Says)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Says {
    yes: u64,
    no: u64,
}

impl Categorizer {
    /// Prepares the categories that are in use. `bits` are theirs, in the order of
    /// [`Knowledge::category_ids`]; a category without one is left out.
    pub fn new(knowledge: &Knowledge, bits: &[u8]) -> Self {
        let mut categorizer = Self::default();
        for (item, bit) in in_use(knowledge.categories()).zip(bits) {
            let bit = 1_u64.checked_shl(u32::from(*bit)).unwrap_or(0);
            if item.body.otherwise {
                categorizer.otherwise |= bit;
            }
            for when in &item.body.when {
                for log_type in LogType::ALL {
                    if when.is_about(log_type)
                        && let Some(lanes) = categorizer.lanes.get_mut(log_type as usize)
                    {
                        add(lanes, log_type, when, bit);
                    }
                }
            }
        }
        categorizer
    }

    /// The bits of the categories a record falls in.
    pub fn assign(&self, log_type: LogType, columns: &Columns<'_>) -> u64 {
        let lanes = self.lanes.get(log_type as usize).map_or(&[][..], Vec::as_slice);
        let bits = lanes.iter().fold(0, |bits, lane| bits | lane.assign(log_type, columns));
        if bits == 0 { self.otherwise } else { bits }
    }
}

/// The categories that are in use, in their order.
pub(super) fn in_use(categories: &[Item<Category>]) -> impl Iterator<Item = &Item<Category>> {
    categories.iter().filter(|item| item.enabled)
}

fn add(lanes: &mut Vec<Lane>, log_type: LogType, when: &When, bit: u64) {
    if lanes.last().is_none_or(|lane| lane.leads_to.len() >= TOGETHER) {
        lanes.push(Lane::default());
    }
    let Some(lane) = lanes.last_mut() else { return };
    let way = 1_u64 << lane.leads_to.len();
    lane.leads_to.push(bit);
    for (place, (wanted, unwanted)) in when.lists().into_iter().enumerate() {
        let Some(slot) = lane.fields.get_mut(place) else { continue };
        if slot.is_none() && wanted.is_empty() && unwanted.is_empty() {
            continue;
        }
        // Ways that were there before this field was first asked for do not mind it.
        let before = lane.ways;
        let field = slot.get_or_insert_with(|| Field { indifferent: before, ..Field::default() });
        if wanted.is_empty() {
            field.indifferent |= way;
        }
        for value in wanted {
            field.says(log_type, place, value).yes |= way;
        }
        for value in unwanted {
            field.says(log_type, place, value).no |= way;
        }
    }
    lane.ways |= way;
}

impl Lane {
    fn assign(&self, log_type: LogType, columns: &Columns<'_>) -> u64 {
        let mut ways = self.ways;
        let values = [
            &columns.action,
            &columns.result,
            &columns.reason,
            &columns.factor,
            &columns.application,
        ];
        for (place, (field, value)) in self.fields.iter().zip(values).enumerate() {
            let Some(field) = field else { continue };
            ways &= field.agrees(log_type, place, value.as_deref());
            if ways == 0 {
                return 0;
            }
        }
        let mut bits = 0;
        while ways != 0 {
            let way = ways.trailing_zeros() as usize;
            bits |= self.leads_to.get(way).copied().unwrap_or(0);
            ways &= ways - 1;
        }
        bits
    }
}

impl Field {
    fn says(&mut self, log_type: LogType, place: usize, value: &str) -> &mut Says {
        if let Some(start) = value.strip_suffix('*') {
            let start = canonical::code(start).into_owned().into_boxed_str();
            let known = self.prefixes.iter().position(|(known, _)| *known == start);
            let at = known.unwrap_or(self.prefixes.len());
            if known.is_none() {
                self.prefixes.push((start, Says::default()));
            }
            if let Some((_, says)) = self.prefixes.get_mut(at) {
                return says;
            }
        }
        self.exact.entry(spelled(log_type, place, value).as_ref().into()).or_default()
    }

    fn agrees(&self, log_type: LogType, place: usize, value: Option<&str>) -> u64 {
        let Some(value) = value else { return self.indifferent };
        let value = spelled(log_type, place, value);
        let mut says = self.exact.get(value.as_ref()).copied().unwrap_or_default();
        for (start, more) in &self.prefixes {
            if value.starts_with(start.as_ref()) {
                says.yes |= more.yes;
                says.no |= more.no;
            }
        }
        (self.indifferent | says.yes) & !says.no
    }
}

/// The one spelling of a value in the field at this place.
fn spelled(log_type: LogType, place: usize, value: &str) -> Cow<'_, str> {
    match place {
        0 => canonical::action(value),
        1 => canonical::result(log_type, value),
        2 => canonical::reason(value),
        3 => canonical::factor(value),
        _ => canonical::code(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{Files, Origin};

    /// Knowledge of these categories: id and what stands below the head.
    fn knowledge(categories: &[(&str, &str)]) -> Knowledge {
        let mut files = Files::default();
        for (id, body) in categories {
            let head = format!(
                "id = \"{id}\"\ntitle = \"{id}\"\nreason = \"r\"\nsources = [\"s\"]\ndate = \"2026-11-23\"\n"
            );
            files.insert(format!("categories/{id}.toml"), format!("{head}{body}"));
        }
        Knowledge::read(files, &Origin::Pack).unwrap()
    }

    /// The ids of the categories a record falls in.
    fn ids(knowledge: &Knowledge, log_type: LogType, columns: &Columns<'_>) -> Vec<String> {
        let ids = knowledge.category_ids();
        let bits: Vec<u8> = (0..u8::try_from(ids.len()).unwrap()).collect();
        let assigned = Categorizer::new(knowledge, &bits).assign(log_type, columns);
        bits.iter()
            .filter(|bit| assigned >> **bit & 1 == 1)
            .map(|bit| ids[usize::from(*bit)].to_owned())
            .collect()
    }

    fn action(text: &str) -> Columns<'_> {
        Columns { action: Some(text.into()), ..Columns::default() }
    }

    #[test]
    fn any_way_suffices_and_in_one_way_everything_must_fit() {
        let knowledge = knowledge(&[
            (
                "both",
                "[[when]]\nlog_type = [\"activity\"]\naction = [\"a\", \"b\"]\nresult = [\"success\"]\n\
                 [[when]]\nlog_type = [\"telephony\"]\n",
            ),
            ("other", "otherwise = true\n"),
        ]);
        let with_result = Columns { result: Some("success".into()), ..action("b") };
        assert_eq!(ids(&knowledge, LogType::Activity, &with_result), ["both"]);
        assert_eq!(ids(&knowledge, LogType::Activity, &action("a")), ["other"]);
        assert_eq!(ids(&knowledge, LogType::Telephony, &action("a")), ["both"]);
        assert_eq!(ids(&knowledge, LogType::Administrator, &with_result), ["other"]);
    }

    #[test]
    fn endings_are_left_open_by_a_star_and_exceptions_win() {
        let knowledge = knowledge(&[(
            "sync",
            "[[when]]\naction = [\"ad_sync_*\"]\nnot_action = [\"ad_sync_config*\", \"ad_sync_x\"]\n",
        )]);
        for (name, falls) in [
            ("ad_sync_begin", true),
            ("AD_SYNC_begin", true),
            ("ad_sync_config_download", false),
            ("ad_sync_x", false),
            ("ad_syn", false),
        ] {
            let found = ids(&knowledge, LogType::Activity, &action(name));
            assert_eq!(!found.is_empty(), falls, "{name}");
        }
        assert!(ids(&knowledge, LogType::Activity, &Columns::default()).is_empty());
    }

    #[test]
    fn an_exception_alone_takes_what_has_no_value() {
        let knowledge = knowledge(&[("not-a", "[[when]]\nnot_action = [\"a\"]\n")]);
        assert_eq!(ids(&knowledge, LogType::Activity, &Columns::default()), ["not-a"]);
        assert_eq!(ids(&knowledge, LogType::Activity, &action("b")), ["not-a"]);
        assert!(ids(&knowledge, LogType::Activity, &action("a")).is_empty());
    }

    #[test]
    fn old_and_new_spellings_are_the_same_on_both_sides() {
        let knowledge = knowledge(&[(
            "x",
            "[[when]]\nresult = [\"FAILURE\"]\nfactor = [\"Duo Push\"]\napplication = [\"Admin Panel\"]\n",
        )]);
        for (result, factor, application) in
            [("denied", "duo_push", "ADMIN PANEL"), ("failure", "Duo Push", "admin panel")]
        {
            let columns = Columns {
                result: Some(result.into()),
                factor: Some(factor.into()),
                application: Some(application.into()),
                ..Columns::default()
            };
            assert_eq!(ids(&knowledge, LogType::Authentication, &columns), ["x"]);
        }
    }

    #[test]
    fn more_ways_than_bits_are_all_looked_at() {
        let mut body = String::new();
        for n in 0..150 {
            body.push_str(&format!("[[when]]\naction = [\"a{n}\"]\n"));
        }
        // The field is first asked for after 64 ways that do not mind it.
        let knowledge = knowledge(&[("many", &body)]);
        for n in [0, 63, 64, 127, 128, 149] {
            let name = format!("a{n}");
            assert_eq!(ids(&knowledge, LogType::Activity, &action(&name)), ["many"], "{n}");
        }
        assert!(ids(&knowledge, LogType::Activity, &action("a150")).is_empty());
    }

    #[test]
    fn what_is_switched_off_takes_nothing() {
        let knowledge = knowledge(&[
            ("off", "enabled = false\n[[when]]\naction = [\"a\"]\n"),
            ("on", "[[when]]\naction = [\"a\"]\n"),
        ]);
        assert_eq!(knowledge.category_ids(), ["on"]);
        assert_eq!(ids(&knowledge, LogType::Activity, &action("a")), ["on"]);
    }
}
