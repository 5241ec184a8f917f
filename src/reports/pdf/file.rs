//! A PDF file written object by object, so that only the places of its objects stay in memory.
//!
//! The writer that comes with `pdf-writer` keeps the whole file; here each object goes out as soon
//! as it is whole, and the table of places at the end is written by hand. Source of its form:
//! ISO 32000-1, 7.5.4.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Chunk, Filter, Ref, Settings};

/// A file under way.
pub struct File<W: Write> {
    out: W,
    at: u64,
    /// Where object 1, 2, … stands; 0 when it is not written yet.
    places: Vec<u64>,
}

impl<W: Write> File<W> {
    /// Writes the first line.
    pub fn start(out: W) -> io::Result<Self> {
        let mut file = Self { out, at: 0, places: Vec::new() };
        // The second line tells programs that this is no text.
        file.bytes(b"%PDF-1.7\n%\x80\x80\x80\x80\n")?;
        Ok(file)
    }

    /// A number for an object that is written later.
    pub fn reserve(&mut self) -> Ref {
        self.places.push(0);
        Ref::new(i32::try_from(self.places.len()).unwrap_or(i32::MAX))
    }

    /// Writes an object.
    pub fn object(&mut self, id: Ref, write: impl FnOnce(&mut Chunk)) -> io::Result<()> {
        let mut chunk = Chunk::with_settings(Settings { pretty: false });
        write(&mut chunk);
        let place = usize::try_from(id.get() - 1).ok().and_then(|i| self.places.get_mut(i));
        if let Some(place) = place {
            *place = self.at;
        }
        self.bytes(chunk.as_bytes())
    }

    /// Writes compressed content.
    pub fn stream(&mut self, id: Ref, content: &[u8]) -> io::Result<()> {
        let packed = packed(content)?;
        self.object(id, |chunk| {
            chunk.stream(id, &packed).filter(Filter::FlateDecode);
        })
    }

    /// Writes the table of places and the end.
    pub fn finish(mut self, catalog: Ref, info: Ref) -> io::Result<()> {
        let (table, size) = (self.at, self.places.len() + 1);
        let mut text = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for place in std::mem::take(&mut self.places) {
            text.push_str(&format!("{place:010} 00000 n \n"));
            if text.len() > 60_000 {
                self.bytes(text.as_bytes())?;
                text.clear();
            }
        }
        text.push_str(&format!(
            "trailer\n<</Size {size}/Root {} 0 R/Info {} 0 R>>\nstartxref\n{table}\n%%EOF\n",
            catalog.get(),
            info.get()
        ));
        self.bytes(text.as_bytes())?;
        self.out.flush()
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// Compressed as PDF wants it.
pub fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    packer.write_all(bytes)?;
    packer.finish()
}
