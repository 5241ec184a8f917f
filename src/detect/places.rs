//! Where on Earth the places are that Duo names: countries, and the states of the largest.
//!
//! A place is a point and how far its land reaches from there, so that a distance between two
//! places is never larger than between any two people in them. Duo names cities too; they are no
//! help, because addresses are seldom known that well.

use foldhash::HashMap;
use std::sync::OnceLock;

use crate::base::Problem;

/// A place as the table has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Degrees north.
    pub north: f32,
    /// Degrees east.
    pub east: f32,
    /// How far its land reaches, in kilometers.
    pub reach_km: f32,
}

/// The table of places.
#[derive(Clone, Debug, Default)]
pub struct Places {
    by_name: HashMap<String, Place>,
}

const TABLE: &str = include_str!("../../assets/knowledge/duo/mappings/places.csv");

impl Places {
    /// The table that comes with the program.
    pub fn embedded() -> &'static Self {
        static PLACES: OnceLock<Places> = OnceLock::new();
        // A test reads the same table; a program with a broken one has no places.
        PLACES.get_or_init(|| Self::read(TABLE).unwrap_or_default())
    }

    /// Reads a table: country, state, degrees north, degrees east, reach in kilometers.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let mut places = Self::default();
        for (i, line) in text.lines().enumerate() {
            if i == 0 || line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = || {
                Problem::new(format!("mappings/places.csv, line {}: no place", i + 1))
                    .next("write country,state,north,east,reach_km")
            };
            let mut cells = line.rsplitn(4, ',');
            let mut number = || cells.next().and_then(|cell| cell.parse::<f32>().ok());
            let (reach_km, east, north) = (number(), number(), number());
            let (Some(reach_km), Some(east), Some(north)) = (reach_km, east, north) else {
                return Err(wrong());
            };
            let name = cells.next().ok_or_else(wrong)?;
            // A country's name may hold a comma, and stands in quotes then.
            let (country, state) = match name.strip_prefix('"') {
                Some(quoted) => quoted.split_once("\",").ok_or_else(wrong)?,
                None => name.split_once(',').ok_or_else(wrong)?,
            };
            places.by_name.insert(key(country, state), Place { north, east, reach_km });
        }
        Ok(places)
    }

    /// The place of a state, else of its country.
    pub fn find(&self, country: &str, state: Option<&str>) -> Option<Place> {
        let of_state = state
            .filter(|state| !state.is_empty())
            .and_then(|state| self.by_name.get(&key(country, state)));
        of_state.or_else(|| self.by_name.get(&key(country, ""))).copied()
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

fn key(country: &str, state: &str) -> String {
    format!("{}\u{1f}{}", country.trim().to_lowercase(), state.trim().to_lowercase())
}

impl Place {
    /// The least distance in kilometers between somebody here and somebody there.
    pub fn distance_km(&self, other: &Self) -> f64 {
        /// The Earth's mean radius.
        const EARTH_KM: f64 = 6371.0;
        let radians = |degrees: f32| f64::from(degrees).to_radians();
        let (north, other_north) = (radians(self.north), radians(other.north));
        let half_north = (other_north - north) / 2.0;
        let half_east = (radians(other.east) - radians(self.east)) / 2.0;
        let share =
            half_north.sin().powi(2) + north.cos() * other_north.cos() * half_east.sin().powi(2);
        let distance = 2.0 * EARTH_KM * share.sqrt().min(1.0).asin();
        (distance - f64::from(self.reach_km) - f64::from(other.reach_km)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_that_comes_along_is_whole() {
        let places = Places::read(TABLE).unwrap();
        assert!(places.len() > 280, "{}", places.len());
        for place in places.by_name.values() {
            assert!((-90.0..=90.0).contains(&place.north), "{place:?}");
            assert!((-180.0..=180.0).contains(&place.east), "{place:?}");
            assert!((1.0..=4000.0).contains(&place.reach_km), "{place:?}");
        }
    }

    #[test]
    fn states_are_nearer_than_their_country_and_unknown_ones_fall_back_to_it() {
        let places = Places::embedded();
        let find = |country, state| places.find(country, state).unwrap();
        let ohio = find("United States", Some("ohio"));
        assert!(ohio.reach_km < find("United States", None).reach_km);
        assert_eq!(find("United States", Some("nowhere")), find("UNITED STATES", Some("")));
        assert_eq!(places.find("Atlantis", None), None);
    }

    #[test]
    fn distances_are_never_larger_than_between_people() {
        let places = Places::embedded();
        let find = |country| places.find(country, None).unwrap();
        let between = |a, b| find(a).distance_km(&find(b));
        assert_eq!(between("Germany", "Austria"), 0.0);
        assert_eq!(between("United States", "Canada"), 0.0);
        let far = between("Germany", "Japan");
        assert!((6_000.0..9_100.0).contains(&far), "{far}");
        assert!(between("New Zealand", "Spain") > 15_000.0, "the far side of the Earth");
    }
}
