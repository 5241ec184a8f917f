//! Which font has which letter: the program's own for Latin, Greek and Cyrillic, the system's for
//! the rest.
//!
//! Promises: a letter that no font has is shown as a replacement and told at the end, never as an
//! empty box. The system's fonts are looked through only when a text first needs them.

use std::collections::{BTreeSet, HashMap};

use fontique::{
    Collection, CollectionOptions, FallbackKey, GenericFamily, Language, QueryFamily, QueryStatus,
    Script, SourceCache, SourceCacheOptions,
};
use unicode_script::UnicodeScript;

use super::face::{Face, Source};
use crate::base::fonts::{INTER, INTER_SEMIBOLD};

/// Which font, by the order in which they were needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FontId(pub usize);

/// For most of the text.
pub const REGULAR: FontId = FontId(0);

/// For titles.
pub const SEMIBOLD: FontId = FontId(1);

/// What stands for a letter that no font has.
const REPLACEMENT: char = '\u{fffd}';

/// The fonts of a document.
pub struct Fonts {
    faces: Vec<Face>,
    /// Fonts of the system by family and index, so that none is opened twice.
    known: HashMap<String, Option<FontId>>,
    by_letter: HashMap<char, Option<FontId>>,
    system: Option<(Collection, SourceCache)>,
    /// Letters that no font has.
    pub missing: BTreeSet<char>,
}

impl Fonts {
    /// The program's own fonts.
    pub fn new() -> Option<Self> {
        let regular = Face::open(Source::Bundled(INTER), "Inter-Regular".to_owned())?;
        let semibold = Face::open(Source::Bundled(INTER_SEMIBOLD), "Inter-SemiBold".to_owned())?;
        Some(Self {
            faces: vec![regular, semibold],
            known: HashMap::new(),
            by_letter: HashMap::new(),
            system: None,
            missing: BTreeSet::new(),
        })
    }

    /// The font of a number.
    pub fn face(&mut self, id: FontId) -> Option<&mut Face> {
        self.faces.get_mut(id.0)
    }

    /// All fonts, in order.
    pub fn faces(&self) -> impl Iterator<Item = &Face> {
        self.faces.iter()
    }

    /// The letter that is shown for a letter, and the font that has it. Prefers `font`.
    pub fn find(&mut self, letter: char, font: FontId) -> (char, FontId) {
        if letter.is_control() && letter != '\t' {
            self.missing.insert(letter);
        }
        let letter = visible(letter);
        if self.faces.get(font.0).is_some_and(|face| face.has(letter)) {
            return (letter, font);
        }
        match self.elsewhere(letter) {
            Some(other) => (letter, other),
            None => {
                self.missing.insert(letter);
                let has = self.faces.get(font.0).is_some_and(|face| face.has(REPLACEMENT));
                (if has { REPLACEMENT } else { '?' }, font)
            }
        }
    }

    fn elsewhere(&mut self, letter: char) -> Option<FontId> {
        if let Some(known) = self.by_letter.get(&letter) {
            return *known;
        }
        let found = self.faces.iter().position(|face| face.has(letter)).map(FontId);
        let found = found.or_else(|| self.of_the_system(letter));
        self.by_letter.insert(letter, found);
        found
    }

    fn of_the_system(&mut self, letter: char) -> Option<FontId> {
        let (mut collection, mut cache) = self.system.take().unwrap_or_else(|| {
            let options = CollectionOptions { shared: false, system_fonts: true };
            (Collection::new(options), SourceCache::new(SourceCacheOptions::default()))
        });
        let mut found = None;
        for key in keys(letter) {
            let mut query = collection.query(&mut cache);
            query.set_families(
                [GenericFamily::SansSerif, GenericFamily::SystemUi, GenericFamily::Math]
                    .map(QueryFamily::Generic),
            );
            if let Some(key) = key {
                query.set_fallbacks(key);
            }
            query.matches_with(|font| {
                let name = format!("{:?}:{}:{}", font.family.0, font.family.1, font.index);
                let faces = &mut self.faces;
                let id = *self.known.entry(name).or_insert_with(|| {
                    let number = faces.len();
                    let source = Source::System(font.blob.clone(), font.index);
                    faces.push(Face::open(source, format!("System{number}"))?);
                    Some(FontId(number))
                });
                match id {
                    Some(id) if self.faces.get(id.0).is_some_and(|face| face.has(letter)) => {
                        found = Some(id);
                        QueryStatus::Stop
                    }
                    _ => QueryStatus::Continue,
                }
            });
            if found.is_some() {
                break;
            }
        }
        self.system = Some((collection, cache));
        found
    }
}

/// What is shown for letters that show nothing.
fn visible(letter: char) -> char {
    match letter {
        '\t' | '\u{a0}' => ' ',
        letter if letter.is_control() => REPLACEMENT,
        letter => letter,
    }
}

/// What the system is asked for: fonts for the letter's script, and for Han in each of the
/// languages that write it, since each has fonts of its own.
fn keys(letter: char) -> Vec<Option<FallbackKey>> {
    let script = match letter.script() {
        unicode_script::Script::Common
        | unicode_script::Script::Inherited
        | unicode_script::Script::Unknown => return vec![None],
        script => Script::parse(script.short_name()).ok(),
    };
    let Some(script) = script else { return vec![None] };
    let languages: &[&str] =
        if script == Script::from_bytes(*b"Hani") { &["zh-SG", "zh-TW", "ja", "ko"] } else { &[] };
    let of = |language: &&str| {
        Language::parse(language).ok().map(|language| FallbackKey::new(script, Some(&language)))
    };
    let mut keys: Vec<_> = languages.iter().map(of).collect();
    keys.push(Some(FallbackKey::new(script, None)));
    keys
}
