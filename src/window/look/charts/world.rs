//! The shapes of countries, and which of them a name means.
//!
//! Promises: a name is found in any letter case and in the spellings geolocation services use; a
//! name that is not found is no country here, and never another one.
//!
//! Both files are compiled in, so they are there and readable or a test fails. Their sources stand
//! in `assets/map/countries.tsv` and `scripts/make-map.py`.

use std::collections::HashMap;
use std::sync::LazyLock;

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

/// What the file of shapes begins with.
const MAGIC: &[u8] = b"DUOMAP1\n";

static WORLD: LazyLock<World> = LazyLock::new(|| {
    World::read(include_bytes!("../../../../assets/map/world.bin")).unwrap_or_default()
});

static COUNTRIES: LazyLock<(Vec<Country>, HashMap<String, usize>)> =
    LazyLock::new(|| read_countries(include_str!("../../../../assets/map/countries.tsv")));

/// A country as people know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// The two letters of ISO 3166.
    pub code: [u8; 2],
    /// What people read.
    pub name: &'static str,
}

/// The country of a name, or of two or three letters.
pub fn country(name: &str) -> Option<Country> {
    let (countries, names) = &*COUNTRIES;
    countries.get(*names.get(&folded(name))?).copied()
}

/// The country of two letters.
pub(super) fn country_of(code: [u8; 2]) -> Option<Country> {
    country(std::str::from_utf8(&code).ok()?)
}

/// All shapes, projected, from the left and from the top.
#[derive(Debug, Default)]
pub struct World {
    /// How large it is in its own units.
    pub size: Vec2,
    /// In the order they are drawn in: what lies inside another comes later.
    pub shapes: Vec<Land>,
    /// Countries too small to have a shape.
    pub dots: Vec<([u8; 2], Pos2)>,
}

/// A piece of land.
#[derive(Debug)]
pub struct Land {
    /// Its country.
    pub code: [u8; 2],
    /// Its border.
    pub border: Vec<Pos2>,
    /// The corners of the triangles it consists of, three each.
    pub corners: Vec<u32>,
    /// What it lies within.
    pub bounds: Rect,
}

impl World {
    /// The one there is.
    pub fn get() -> &'static Self {
        &WORLD
    }

    /// The country at a place: a dot no farther than `reach`, or the shape around it.
    pub fn at(&self, place: Pos2, reach: f32) -> Option<[u8; 2]> {
        let near = self
            .dots
            .iter()
            .map(|(code, dot)| (*code, dot.distance(place)))
            .filter(|(_, distance)| *distance <= reach)
            .min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((code, _)) = near {
            return Some(code);
        }
        let around = |land: &&Land| land.bounds.contains(place) && land.contains(place);
        self.shapes.iter().rev().find(around).map(|land| land.code)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take(bytes.strip_prefix(MAGIC)?);
        let size = vec2(take.number()? as f32, take.number()? as f32);
        let mut shapes = Vec::new();
        for _ in 0..take.number()? {
            shapes.push(Land::read(&mut take)?);
        }
        let mut dots = Vec::new();
        for _ in 0..take.number()? {
            dots.push((take.letters()?, pos2(take.number()? as f32, take.number()? as f32)));
        }
        take.0.is_empty().then_some(Self { size, shapes, dots })
    }
}

impl Land {
    fn read(take: &mut Take<'_>) -> Option<Self> {
        let code = take.letters()?;
        let (mut border, mut x, mut y) = (Vec::new(), 0, 0);
        for _ in 0..take.number()? {
            x += take.signed()?;
            y += take.signed()?;
            border.push(pos2(x as f32, y as f32));
        }
        let (mut corners, mut corner) = (Vec::new(), 0);
        for _ in 0..take.number()?.checked_mul(3)? {
            corner += take.signed()?;
            let corner = u32::try_from(corner).ok()?;
            (corner < border.len() as u32).then_some(())?;
            corners.push(corner);
        }
        let bounds = Rect::from_points(&border);
        Some(Self { code, border, corners, bounds })
    }

    /// Whether a place lies inside: a line to the right crosses the border an odd number of times.
    fn contains(&self, place: Pos2) -> bool {
        let after = self.border.iter().skip(1).chain(self.border.first());
        let crosses = |(a, b): &(&Pos2, &Pos2)| {
            (a.y > place.y) != (b.y > place.y)
                && place.x < (b.x - a.x) * (place.y - a.y) / (b.y - a.y) + a.x
        };
        self.border.iter().zip(after).filter(crosses).count() % 2 == 1
    }
}

/// What is left to read.
struct Take<'a>(&'a [u8]);

impl Take<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn letters(&mut self) -> Option<[u8; 2]> {
        Some([self.byte()?, self.byte()?])
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 127).checked_shl(shift)?;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i32> {
        let number = self.number()?;
        let half = (number >> 1).cast_signed();
        Some(if number & 1 == 0 { half } else { -half - 1 })
    }
}

fn read_countries(text: &'static str) -> (Vec<Country>, HashMap<String, usize>) {
    let (mut countries, mut names) = (Vec::new(), HashMap::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(code), Some(name)) = (fields.next(), fields.next()) else { continue };
        let Ok(letters) = <[u8; 2]>::try_from(code.as_bytes()) else { continue };
        let others = fields.next().unwrap_or_default().split('|').filter(|name| !name.is_empty());
        for spelling in [code, name].into_iter().chain(others) {
            names.insert(folded(spelling), countries.len());
        }
        countries.push(Country { code: letters, name });
    }
    (countries, names)
}

/// What two spellings of a name have in common.
fn folded(name: &str) -> String {
    let name = name.replace('&', "and");
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).take(64).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Where a place lies on the map: as the script that makes it has it.
    fn place(lon: f64, lat: f64) -> Pos2 {
        let project = |lon: f64, lat: f64| {
            let (l, p) = (lon.to_radians(), lat.to_radians());
            let (p2, p4) = (p * p, p * p * p * p);
            let x =
                0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4));
            let y = 1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4));
            (l * x, p * y)
        };
        let (right, top) = (project(180.0, 0.0).0, project(0.0, 83.7).1);
        let (x, y) = project(lon, lat);
        let scale = f64::from(World::get().size.x - 1.0) / (2.0 * right);
        pos2(((x + right) * scale) as f32, ((top - y) * scale) as f32)
    }

    #[test]
    fn cities_lie_in_their_countries() {
        for (lon, lat, code) in [
            (-83.0, 39.96, "US"),
            (-152.0, 65.0, "US"),
            (2.35, 48.85, "FR"),
            (13.4, 52.5, "DE"),
            (-0.9, 52.0, "GB"),
            (135.0, -24.0, "AU"),
            (103.82, 1.35, "SG"),
            (28.0, -29.5, "LS"),
            (28.2, -26.0, "ZA"),
            (37.6, 55.7, "RU"),
            (178.0, 67.0, "RU"),
            (-175.0, 66.5, "RU"),
            (139.5, 36.2, "JP"),
            (14.5, 35.9, "MT"),
            (21.0, 42.6, "XK"),
        ] {
            let found = World::get().at(place(lon, lat), 20.0);
            assert_eq!(found, Some(code.as_bytes().try_into().unwrap()), "{code}");
        }
        assert_eq!(World::get().at(place(-40.0, 30.0), 20.0), None, "the Atlantic");
    }

    #[test]
    fn every_country_on_the_map_has_a_name_and_is_covered_by_its_triangles() {
        let world = World::get();
        let shapes: BTreeSet<_> = world.shapes.iter().map(|land| land.code).collect();
        assert!(shapes.len() > 170 && world.dots.len() > 60);
        for code in shapes.iter().chain(world.dots.iter().map(|(code, _)| code)) {
            assert!(country_of(*code).is_some(), "{code:?}");
        }
        let cross = |a: Pos2, b: Pos2, c: Pos2| (b - a).x * (c - a).y - (b - a).y * (c - a).x;
        for land in &world.shapes {
            let origin = land.bounds.min;
            let after = land.border.iter().skip(1).chain(land.border.first());
            let area: f32 = land.border.iter().zip(after).map(|(a, b)| cross(origin, *a, *b)).sum();
            let point = |corner: &u32| land.border[*corner as usize];
            let covered: f32 = land
                .corners
                .chunks(3)
                .map(|c| cross(point(&c[0]), point(&c[1]), point(&c[2])).abs())
                .sum();
            let off = (covered - area.abs()).abs();
            assert!(off <= area.abs() * 0.01 + 8.0, "{:?}: {covered} of {area}", land.code);
        }
    }

    #[test]
    fn names_are_found_in_the_spellings_that_occur() {
        for (name, code) in [
            ("United States", "US"),
            ("UNITED STATES OF AMERICA", "US"),
            ("us", "US"),
            ("USA", "US"),
            ("Russian Federation", "RU"),
            ("Korea, Republic of", "KR"),
            ("Türkiye", "TR"),
            ("Turkey", "TR"),
            ("Czech Republic", "CZ"),
            ("Viet Nam", "VN"),
            ("Bosnia & Herzegovina", "BA"),
            ("Côte d'Ivoire", "CI"),
            ("Iran, Islamic Republic of", "IR"),
            ("Hong Kong", "HK"),
        ] {
            let found = country(name).map(|country| country.code);
            assert_eq!(found, Some(code.as_bytes().try_into().unwrap()), "{name}");
        }
        for name in ["", "-", "(none)", "Atlantis", "Unknown", "日本語テスト 🦀"] {
            assert_eq!(country(name), None, "{name}");
        }
    }

    #[test]
    fn no_spelling_means_two_countries() {
        let text = include_str!("../../../../assets/map/countries.tsv");
        let mut seen: HashMap<String, &str> = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 3, "{line}");
            let mut names: BTreeSet<String> = [fields[0], fields[1]].map(folded).into();
            names.extend(fields[2].split('|').map(folded));
            for name in names {
                assert_eq!(seen.insert(name.clone(), fields[0]), None, "{name}");
            }
        }
    }

    #[test]
    fn a_damaged_file_is_told_from_a_good_one() {
        let bytes = include_bytes!("../../../../assets/map/world.bin");
        assert!(World::read(bytes).is_some());
        assert!(World::read(&bytes[..bytes.len() - 1]).is_none());
        assert!(World::read(b"").is_none());
    }
}
