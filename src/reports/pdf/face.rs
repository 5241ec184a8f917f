//! One font: which letters it has, how wide they are, and the part of it that a document needs.
//!
//! Promises: only glyphs that occur are put into the file, numbered in the order they first occur,
//! so pages can be written before the font is.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use fontique::Blob;
use harfrust::{Direction, ShapeOptions, ShaperData, UnicodeBuffer};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Rect, Ref, Str};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider, Tag};
use subsetter::GlyphRemapper;

use super::file::{File, packed};

const SYSTEM_INFO: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// A glyph as a page shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Its number in this document.
    pub id: u16,
    /// How far the next one stands, in thousandths of the font's size.
    pub advance: f32,
    /// How far it is shifted, likewise.
    pub shift: (f32, f32),
}

/// Where a font's bytes are.
pub enum Source {
    /// In the program.
    Bundled(&'static [u8]),
    /// In a file of the system, and which of the fonts in it.
    System(Blob<u8>, u32),
}

/// A font.
pub struct Face {
    source: Source,
    name: String,
    per_em: f32,
    letters: HashMap<char, Option<Glyph>>,
    glyphs: GlyphRemapper,
    /// By glyph of this document.
    widths: BTreeMap<u16, f32>,
    meanings: BTreeMap<u16, String>,
    shaper: ShaperData,
}

impl Face {
    /// Opens a font; `None` when it cannot be read or may not be put into a document.
    pub fn open(source: Source, name: String) -> Option<Self> {
        let font = source.font()?;
        let outlines = [b"glyf", b"CFF "].iter().any(|tag| has(&font, tag));
        // Colored glyphs are not outlines a page could draw.
        let colored = [b"COLR", b"CBDT", b"sbix"].iter().any(|tag| has(&font, tag));
        if !outlines || colored || !may_be_embedded(&font) {
            return None;
        }
        let per_em = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let shaper = ShaperData::new(&font);
        Some(Self {
            source,
            name,
            per_em,
            letters: HashMap::new(),
            glyphs: GlyphRemapper::new(),
            widths: BTreeMap::new(),
            meanings: BTreeMap::new(),
            shaper,
        })
    }

    /// Whether it has a letter.
    pub fn has(&self, letter: char) -> bool {
        let known =
            |font: FontRef<'_>| font.charmap().map(letter).is_some_and(|glyph| glyph.to_u32() != 0);
        self.letters
            .get(&letter)
            .map_or_else(|| self.source.font().is_some_and(known), |glyph| glyph.is_some())
    }

    /// The glyph of a letter that needs no neighbors.
    pub fn letter(&mut self, letter: char) -> Option<Glyph> {
        if let Some(known) = self.letters.get(&letter) {
            return *known;
        }
        let found = self.source.font().and_then(|font| {
            let glyph = font.charmap().map(letter).filter(|glyph| glyph.to_u32() != 0)?;
            let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
            Some((glyph.to_u32(), metrics.advance_width(glyph).unwrap_or_default()))
        });
        let glyph = found.and_then(|(glyph, advance)| {
            let advance = advance * 1000.0 / self.per_em;
            let id = self.used(glyph, advance, || letter.to_string())?;
            Some(Glyph { id, advance, shift: (0.0, 0.0) })
        });
        self.letters.insert(letter, glyph);
        glyph
    }

    /// The glyphs of a text, from left to right, as its script wants them.
    pub fn shape(&mut self, text: &str, right_to_left: bool) -> Vec<Glyph> {
        let Some(font) = self.source.font() else { return Vec::new() };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if right_to_left {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        });
        let metrics = font.glyph_metrics(Size::unscaled(), LocationRef::default());
        let shaped = self.shaper.shaper(&font).build().shape(buffer, ShapeOptions::new());
        let thousandths = |units: f32| units * 1000.0 / self.per_em;
        let drawn: Vec<_> = shaped
            .glyph_infos()
            .iter()
            .zip(shaped.glyph_positions())
            .map(|(info, position)| {
                let own = metrics.advance_width(info.glyph_id.into()).unwrap_or_default();
                let shift = (position.x_offset as f32, position.y_offset as f32);
                let advance = thousandths(position.x_advance as f32);
                let shift = (thousandths(shift.0), thousandths(shift.1));
                (info.glyph_id, info.cluster as usize, thousandths(own), advance, shift)
            })
            .collect();
        let mut starts: Vec<usize> = drawn.iter().map(|glyph| glyph.1).collect();
        starts.sort_unstable();
        let meaning = |start: usize| {
            let end = starts.iter().find(|next| **next > start).copied().unwrap_or(text.len());
            text.get(start..end).unwrap_or_default().to_owned()
        };
        let mut glyphs = Vec::with_capacity(drawn.len());
        for (glyph, cluster, own, advance, shift) in drawn {
            if let Some(id) = self.used(glyph, own, || meaning(cluster)) {
                glyphs.push(Glyph { id, advance, shift });
            }
        }
        glyphs
    }

    /// How wide a glyph of this document is by itself.
    pub fn width(&self, id: u16) -> f32 {
        self.widths.get(&id).copied().unwrap_or_default()
    }

    fn used(&mut self, glyph: u32, width: f32, meaning: impl FnOnce() -> String) -> Option<u16> {
        let id = self.glyphs.remap(u16::try_from(glyph).ok()?);
        self.widths.insert(id, width);
        self.meanings.entry(id).or_insert_with(meaning);
        Some(id)
    }

    /// Puts what was used of the font into the file.
    pub fn write<W: Write>(&self, file: &mut File<W>, id: Ref) -> io::Result<()> {
        let (index, bytes) = self.source.bytes();
        let cut = subsetter::subset(bytes, index, &self.glyphs).map_err(io::Error::other)?;
        let font = FontRef::new(&cut).map_err(io::Error::other)?;
        let compact = font.table_data(Tag::new(b"CFF ")).map(|table| table.as_bytes());
        let metrics =
            self.source.font().map(|font| font.metrics(Size::unscaled(), LocationRef::default()));
        let thousandths = |units: f32| units * 1000.0 / self.per_em;
        let name = format!("{}+{}", tag_of(&self.name), self.name);
        let name = Name(name.as_bytes());
        let [cid, descriptor, data, meanings] = std::array::from_fn(|_| file.reserve());

        file.object(id, |chunk| {
            let mut font = chunk.type0_font(id);
            font.base_font(name).encoding_predefined(Name(b"Identity-H"));
            font.descendant_font(cid).to_unicode(meanings);
        })?;
        file.object(cid, |chunk| {
            let mut font = chunk.cid_font(cid);
            font.subtype(if compact.is_some() { CidFontType::Type0 } else { CidFontType::Type2 });
            font.base_font(name).system_info(SYSTEM_INFO).font_descriptor(descriptor);
            font.default_width(0.0);
            if compact.is_none() {
                font.cid_to_gid_map_predefined(Name(b"Identity"));
            }
            let last = self.widths.keys().next_back().copied().unwrap_or(0);
            font.widths().consecutive(0, (0..=last).map(|id| self.width(id)));
        })?;
        file.object(descriptor, |chunk| {
            let mut font = chunk.font_descriptor(descriptor);
            font.name(name).flags(FontFlags::SYMBOLIC).italic_angle(0.0).stem_v(80.0);
            let bounds = metrics.and_then(|metrics| metrics.bounds).unwrap_or_default();
            font.bbox(Rect::new(
                thousandths(bounds.x_min),
                thousandths(bounds.y_min),
                thousandths(bounds.x_max),
                thousandths(bounds.y_max),
            ));
            let (ascent, descent, capital) = metrics.map_or((800.0, -200.0, None), |metrics| {
                (thousandths(metrics.ascent), thousandths(metrics.descent), metrics.cap_height)
            });
            font.ascent(ascent).descent(descent).cap_height(capital.map_or(ascent, thousandths));
            if compact.is_some() {
                font.font_file3(data)
            } else {
                font.font_file2(data)
            };
        })?;
        let bytes = packed(compact.unwrap_or(&cut))?;
        file.object(data, |chunk| {
            let mut stream = chunk.stream(data, &bytes);
            stream.filter(Filter::FlateDecode);
            if compact.is_some() {
                stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
            }
            stream.finish();
        })?;
        let mut map = UnicodeCmap::<u16>::new(Name(b"Custom"), SYSTEM_INFO);
        for (id, text) in &self.meanings {
            map.pair_with_multiple(*id, text.chars());
        }
        file.stream(meanings, map.finish().as_slice())
    }
}

impl Source {
    fn bytes(&self) -> (u32, &[u8]) {
        match self {
            Self::Bundled(bytes) => (0, bytes),
            Self::System(blob, index) => (*index, blob.as_ref()),
        }
    }

    fn font(&self) -> Option<FontRef<'_>> {
        let (index, bytes) = self.bytes();
        FontRef::from_index(bytes, index).ok()
    }
}

fn has(font: &FontRef<'_>, tag: &[u8; 4]) -> bool {
    font.table_data(Tag::new(tag)).is_some()
}

/// Whether the font's maker allows it. Source:
/// <https://learn.microsoft.com/typography/opentype/spec/os2#fstype>.
fn may_be_embedded(font: &FontRef<'_>) -> bool {
    let table = font.table_data(Tag::new(b"OS/2"));
    let field = table.and_then(|table| table.as_bytes().get(8..10));
    match field {
        Some(&[_, low]) => low & 0x0f != 0x02,
        _ => true,
    }
}

/// Six capitals, as a part of a font is marked; the same for the same font.
fn tag_of(name: &str) -> String {
    let sum = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    (0..6).map(|i| char::from(b'A' + ((sum >> (i * 5)) % 26) as u8)).collect()
}
