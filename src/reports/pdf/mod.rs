//! Reports as PDF, to hand to an auditor.
//!
//! Promises: every page says what it belongs to, which page of how many it is, and repeats the
//! table's header; the first page tells accounts, range, zone, count, when it was made and by which
//! version, with a chart where the report has one; texts can be searched and copied; nothing is
//! left out silently: a value too long for its cell ends in `…`, a letter without a font is
//! replaced, and the last page says so.
//!
//! Memory stays flat: pages go out as they fill. The first [`WAITING`] rows wait, because the
//! columns' widths are learned from them and a short report is laid out with everything known.

mod face;
mod file;
mod first;
mod fonts;
mod layout;
mod text;

use std::io::Write;

use pdf_writer::{Content, Finish, Name, Rect, Ref, TextStr};

use self::file::{File, packed};
use self::fonts::{Fonts, REGULAR, SEMIBOLD};
use self::layout::{Columns, MARGIN, PAGE};
use self::text::{Style, short};
use super::sheet::{Cell, Heading, Kind, Row, Rows, Sheet, not_written, program};
use super::summary::Summary;
use crate::base::Problem;
use crate::base::words::{counted, number};

/// So many rows wait before the first page is laid out.
const WAITING: usize = 2_000;

/// Lines in a cell at most.
const CELL_LINES: usize = 14;

/// Pages under one node of the tree of pages.
const NODE: usize = 128;

const TEXT: [f32; 3] = [0.078, 0.094, 0.122];
const SECONDARY: [f32; 3] = [0.357, 0.392, 0.447];
const ACCENT: [f32; 3] = [0.043, 0.431, 0.600];
const SUNKEN: [f32; 3] = [0.945, 0.953, 0.965];
const HAIRLINE: [f32; 3] = [0.84, 0.855, 0.88];

const BODY: Style = Style { font: REGULAR, size: 8.0, color: TEXT };
const HEAD: Style = Style { font: SEMIBOLD, size: 8.0, color: TEXT };
const SMALL: Style = Style { font: REGULAR, size: 7.5, color: SECONDARY };

const LINE: f32 = 10.4;
const CELL_PADDING: f32 = 3.4;

/// The lowest line of the table, above the footer.
const FLOOR: f32 = MARGIN + 16.0;

/// A report being written as PDF.
pub struct Pdf<W: Write> {
    heading: Heading,
    file: File<W>,
    fonts: Fonts,
    waiting: Vec<Rows>,
    waiting_rows: usize,
    table: Option<Table>,
    pages: Vec<Ref>,
    nodes: Vec<Ref>,
    /// The first page's, written last.
    first: Option<First>,
    resources: Ref,
    total: Ref,
    cut: u64,
}

/// The page under way, and the columns of all.
struct Table {
    columns: Columns,
    content: Content,
    y: f32,
}

/// What has to be known of the first page until the end.
struct First {
    page: Ref,
    content: Ref,
    top: Ref,
    chart_height: f32,
}

impl<W: Write + Send> Pdf<W> {
    /// Starts a document.
    pub fn start(heading: Heading, out: W) -> Result<Self, Problem> {
        let fonts = Fonts::new()
            .ok_or_else(|| Problem::new("The program\u{2019}s own fonts cannot be read"))?;
        let mut file = File::start(out).map_err(not_written)?;
        let (resources, total) = (file.reserve(), file.reserve());
        Ok(Self {
            heading,
            file,
            fonts,
            waiting: Vec::new(),
            waiting_rows: 0,
            table: None,
            pages: Vec::new(),
            nodes: Vec::new(),
            first: None,
            resources,
            total,
            cut: 0,
        })
    }

    /// Lays out the first page and the rows that waited. `summary`: when these are all rows.
    fn begin(&mut self, summary: Option<&Summary>) -> Result<(), Problem> {
        let waiting = std::mem::take(&mut self.waiting);
        let columns = Columns::fit(&self.heading, &waiting, &mut self.fonts);
        let chart_height = first::chart_height(&self.heading, summary);
        let (content, top) = (self.file.reserve(), self.file.reserve());
        let page = self.new_page();
        self.first = Some(First { page, content, top, chart_height });
        let y = first::table_top(&self.heading, chart_height, &mut self.fonts);
        self.table = Some(Table { columns, content: Content::new(), y });
        if summary.is_none_or(|summary| summary.rows > 0) {
            self.table_header();
        }
        waiting.iter().flat_map(Rows::iter).try_for_each(|row| self.row(row))
    }

    fn row(&mut self, row: Row<'_>) -> Result<(), Problem> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let mut text = String::new();
        let mut drawn: Vec<(f32, f32, Vec<String>)> = Vec::with_capacity(table.columns.len());
        let mut most = 1;
        for (column, cell) in table.columns.iter().zip(row.cells()) {
            text.clear();
            let value = match cell {
                Cell::Empty => continue,
                Cell::Text(value) => value,
                Cell::Number(number) => {
                    text.push_str(&number.to_string());
                    &text
                }
                Cell::Time(time) => {
                    self.heading.zone.write_plain(time, &mut text);
                    &text
                }
            };
            let mut lines = Vec::new();
            let cut =
                self.fonts.lines(value, REGULAR, BODY.size, column.width, CELL_LINES, &mut lines);
            let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
            if cut {
                self.cut += 1;
                if let Some(last) = lines.last_mut() {
                    last.push('\u{2026}');
                }
            }
            most = most.max(lines.len());
            let x = match column.kind {
                Kind::Number => {
                    let first = lines.first().map_or("", String::as_str);
                    column.x + column.width - self.fonts.width(first, REGULAR, BODY.size)
                }
                _ => column.x,
            };
            drawn.push((x, column.width, lines));
        }
        let height = most as f32 * LINE + 2.0 * CELL_PADDING;
        if table.y - height < FLOOR {
            self.end_page()?;
            self.next_page();
        }
        let Some(table) = &mut self.table else { return Ok(()) };
        let base = table.y - CELL_PADDING - BODY.size * 0.92;
        for (x, _, lines) in drawn {
            for (i, line) in lines.iter().enumerate() {
                self.fonts.draw(&mut table.content, line, x, base - i as f32 * LINE, BODY);
            }
        }
        table.y -= height;
        hairline(&mut table.content, table.y);
        Ok(())
    }

    fn table_header(&mut self) {
        let Some(table) = &mut self.table else { return };
        let mut cells = Vec::new();
        let mut most = 1;
        for (column, head) in table.columns.iter().zip(&self.heading.columns) {
            let mut lines = Vec::new();
            self.fonts.lines(&head.title, SEMIBOLD, HEAD.size, column.width, 4, &mut lines);
            most = most.max(lines.len());
            cells.push((column, lines));
        }
        let height = most as f32 * LINE + 2.0 * CELL_PADDING + 1.0;
        let [red, green, blue] = SUNKEN;
        table.content.set_fill_rgb(red, green, blue);
        table.content.rect(MARGIN, short(table.y - height), PAGE.0 - 2.0 * MARGIN, short(height));
        table.content.fill_nonzero();
        let base = table.y - CELL_PADDING - HEAD.size;
        for (column, lines) in cells {
            for (i, line) in lines.into_iter().enumerate() {
                let x = match column.kind {
                    Kind::Number => {
                        column.x + column.width - self.fonts.width(line, SEMIBOLD, HEAD.size)
                    }
                    _ => column.x,
                };
                self.fonts.draw(&mut table.content, line, x, base - i as f32 * LINE, HEAD);
            }
        }
        table.y -= height;
        hairline(&mut table.content, table.y);
    }

    fn new_page(&mut self) -> Ref {
        if self.pages.len().is_multiple_of(NODE) {
            let node = self.file.reserve();
            self.nodes.push(node);
        }
        let page = self.file.reserve();
        self.pages.push(page);
        page
    }

    /// A further page, with a line on top that says what it belongs to.
    fn next_page(&mut self) {
        self.new_page();
        let Some(table) = &mut self.table else { return };
        table.content = Content::new();
        let y = PAGE.1 - MARGIN;
        let style = Style { font: SEMIBOLD, ..SMALL };
        self.fonts.draw(&mut table.content, &self.heading.title, MARGIN, y - 8.0, style);
        let range = self.heading.range();
        let x = PAGE.0 - MARGIN - self.fonts.width(&range, REGULAR, SMALL.size);
        self.fonts.draw(&mut table.content, &range, x, y - 8.0, SMALL);
        table.y = y - 18.0;
        self.table_header();
    }

    /// Writes the page under way, with its footer.
    fn end_page(&mut self) -> Result<(), Problem> {
        let page_number = self.pages.len();
        let Some(table) = &mut self.table else { return Ok(()) };
        let mut content = std::mem::replace(&mut table.content, Content::new());
        self.footer(&mut content, page_number);
        let content = content.finish();
        let (Some(page), Some(node)) = (self.pages.last().copied(), self.nodes.last().copied())
        else {
            return Ok(());
        };
        let first = self.first.as_ref().filter(|first| first.page == page);
        let (contents, top) = match first {
            Some(first) => (first.content, Some(first.top)),
            None => (self.file.reserve(), None),
        };
        let resources = self.resources;
        let written = self.file.stream(contents, content.as_slice()).and_then(|()| {
            self.file.object(page, |chunk| {
                let mut page = chunk.page(page);
                page.parent(node);
                page.contents_array(top.into_iter().chain([contents]));
                page.pair(Name(b"Resources"), resources);
                page.finish();
            })
        });
        written.map_err(not_written)
    }

    fn footer(&mut self, page: &mut Content, page_number: usize) {
        let y = MARGIN - 2.0;
        hairline(page, y + 11.0);
        let made = format!("Created {}", self.heading.made_by());
        self.fonts.draw(page, &made, MARGIN, y, SMALL);
        let zone = format!("Times in {}", self.heading.zone.name_at(self.heading.until));
        let x = PAGE.0 - MARGIN - self.fonts.width(&zone, REGULAR, SMALL.size);
        self.fonts.draw(page, &zone, x, y, SMALL);
        // How many pages there are is drawn by a form that is written last.
        let text = format!("Page {} of", number(page_number as u64));
        let split = PAGE.0 / 2.0 + 12.0;
        let x = split - self.fonts.width(&text, REGULAR, SMALL.size);
        self.fonts.draw(page, &text, x, y, SMALL);
        page.save_state();
        page.transform([1.0, 0.0, 0.0, 1.0, short(split), short(y)]);
        page.x_object(Name(b"Total")).restore_state();
    }

    /// What the reader must know about the rows, below them.
    fn notes(&mut self, summary: &Summary) -> Result<(), Problem> {
        let mut notes = Vec::new();
        if summary.rows == 0 {
            notes.push(self.heading.nothing());
        }
        if self.cut > 0 {
            notes.push(format!(
                "Longer than their cells and ending in \u{2026}: {}. The same report as CSV holds \
                 everything.",
                counted(self.cut, "value")
            ));
        }
        if !self.fonts.missing.is_empty() {
            let codes: Vec<String> = (self.fonts.missing.iter().take(12))
                .map(|letter| format!("U+{:04X}", u32::from(*letter)))
                .collect();
            let more = if self.fonts.missing.len() > codes.len() { " and others" } else { "" };
            notes.push(format!(
                "Characters that cannot be shown are replaced by \u{fffd}: {}{more}. The \
                 same report as CSV holds them.",
                codes.join(", ")
            ));
        }
        for note in notes {
            let mut lines = Vec::new();
            let width = PAGE.0 - 2.0 * MARGIN;
            self.fonts.lines(&note, REGULAR, 9.0, width, 20, &mut lines);
            let height = lines.len() as f32 * 12.0 + 10.0;
            if self.table.as_ref().is_some_and(|table| table.y - height < FLOOR) {
                self.end_page()?;
                self.next_page();
            }
            let Some(table) = &mut self.table else { return Ok(()) };
            table.y -= 18.0;
            let style = Style { font: REGULAR, size: 9.0, color: SECONDARY };
            for line in lines {
                self.fonts.draw(&mut table.content, line, MARGIN, table.y, style);
                table.y -= 12.0;
            }
        }
        Ok(())
    }

    /// Everything that could not be known before.
    fn end(&mut self, summary: &Summary) -> std::io::Result<(Ref, Ref)> {
        if let Some(first) = &self.first {
            let top = first::draw(&self.heading, summary, first.chart_height, &mut self.fonts);
            self.file.stream(first.top, top.finish().as_slice())?;
        }
        let mut total = Content::new();
        let text = number(self.pages.len() as u64);
        self.fonts.draw(&mut total, &text, 2.2, 0.0, SMALL);
        let total = packed(total.finish().as_slice())?;
        let (form, resources) = (self.total, self.resources);
        self.file.object(form, |chunk| {
            let mut form = chunk.form_xobject(form, &total);
            form.filter(pdf_writer::Filter::FlateDecode);
            form.bbox(Rect::new(0.0, -4.0, 100.0, 12.0));
            form.pair(Name(b"Resources"), resources);
            form.finish();
        })?;
        let mut names = Vec::new();
        for (i, face) in self.fonts.faces().enumerate() {
            let id = self.file.reserve();
            face.write(&mut self.file, id)?;
            names.push((format!("F{i}"), id));
        }
        self.file.object(resources, |chunk| {
            let mut dict = chunk.indirect(resources).dict();
            let mut fonts = dict.insert(Name(b"Font")).dict();
            for (name, id) in &names {
                fonts.pair(Name(name.as_bytes()), *id);
            }
            fonts.finish();
            dict.insert(Name(b"XObject")).dict().pair(Name(b"Total"), form);
        })?;
        self.tree()
    }

    /// The tree of pages, the catalog, and what a viewer shows about the document.
    fn tree(&mut self) -> std::io::Result<(Ref, Ref)> {
        let [root, catalog, info] = std::array::from_fn(|_| self.file.reserve());
        for (node, pages) in self.nodes.iter().zip(self.pages.chunks(NODE)) {
            self.file.object(*node, |chunk| {
                let mut node = chunk.pages(*node);
                node.parent(root).kids(pages.iter().copied());
                node.count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
            })?;
        }
        let (nodes, count) = (&self.nodes, self.pages.len());
        self.file.object(root, |chunk| {
            let mut tree = chunk.pages(root);
            tree.kids(nodes.iter().copied()).count(i32::try_from(count).unwrap_or(i32::MAX));
            tree.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1));
        })?;
        self.file.object(catalog, |chunk| {
            let mut catalog = chunk.indirect(catalog).start::<pdf_writer::writers::Catalog<'_>>();
            catalog.pages(root).lang(TextStr("en-US"));
            catalog.viewer_preferences().display_doc_title(true);
        })?;
        let heading = &self.heading;
        let made = heading.zone.civil(heading.made);
        let part = |value: i8| u8::try_from(value).unwrap_or_default();
        let date = pdf_writer::Date::new(u16::try_from(made.year()).unwrap_or_default())
            .month(part(made.month()))
            .day(part(made.day()))
            .hour(part(made.hour()))
            .minute(part(made.minute()))
            .second(part(made.second()));
        self.file.object(info, |chunk| {
            let mut info = chunk.indirect(info).start::<pdf_writer::writers::DocumentInfo<'_>>();
            info.title(TextStr(&heading.title));
            info.subject(TextStr(&heading.range()));
            info.creator(TextStr(&program())).producer(TextStr(&program()));
            info.creation_date(date);
        })?;
        Ok((catalog, info))
    }
}

fn hairline(page: &mut Content, y: f32) {
    let [red, green, blue] = HAIRLINE;
    page.set_stroke_rgb(red, green, blue).set_line_width(0.5);
    page.move_to(MARGIN, short(y)).line_to(PAGE.0 - MARGIN, short(y)).stroke();
}

impl<W: Write + Send> Sheet for Pdf<W> {
    fn rows(&mut self, rows: &Rows) -> Result<(), Problem> {
        if self.table.is_some() {
            return rows.iter().try_for_each(|row| self.row(row));
        }
        self.waiting_rows += rows.len();
        self.waiting.push(rows.clone());
        if self.waiting_rows >= WAITING { self.begin(None) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Problem> {
        if self.table.is_none() {
            self.begin(Some(summary))?;
        }
        self.notes(summary)?;
        self.end_page()?;
        let (catalog, info) = self.end(summary).map_err(not_written)?;
        self.file.finish(catalog, info).map_err(not_written)
    }
}
