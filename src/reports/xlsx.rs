//! Reports as Excel workbooks.
//!
//! Promises: times are dates in the report's zone, numbers are numbers, and every text is a text: no
//! value is ever a formula. The header stays in sight and filters; rows beyond what a sheet holds
//! go on on further sheets; a last sheet says what the report is, over which time and in which zone.
//! Rows wait in an unnamed temporary file, so memory stays flat.
//!
//! A sheet holds 1,048,576 rows and a cell 32,767 characters; longer texts end in `…`, and the last
//! sheet says so. Source:
//! <https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3>.

use std::io::Write;
use std::path::Path;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::sheet::{Cell, Head, Heading, Kind, Row, Rows, Sheet, not_written, program};
use super::summary::Summary;
use crate::base::words::counted;
use crate::base::{Problem, UnixMillis};

/// Rows of a sheet, its header included.
const SHEET_ROWS: u32 = 1_048_576;

/// UTF-16 units in a cell; counted in bytes of UTF-8, which are never fewer.
const CELL_TEXT: usize = 32_767;

/// A report being written as a workbook.
pub struct Xlsx<W: Write> {
    heading: Heading,
    out: W,
    book: Workbook,
    formats: Formats,
    sheets: u32,
    /// The next row of the current sheet.
    row: u32,
    most_rows: u32,
    widths: Vec<usize>,
    cut: u64,
}

struct Formats {
    header: Format,
    time: Format,
    number: Format,
    text: Format,
    title: Format,
    label: Format,
}

impl<W: Write + Send> Xlsx<W> {
    /// Starts a workbook; rows wait in a file in `folder` until it is finished.
    pub fn start(heading: Heading, out: W, folder: &Path) -> Result<Self, Problem> {
        let mut book = Workbook::new();
        book.set_tempdir(folder).map_err(not_written)?;
        let made = excel_time(&heading, heading.made);
        let properties = DocProperties::new()
            .set_title(&heading.title)
            .set_subject(heading.range())
            .set_author(program());
        book.set_properties(&match &made {
            Some(made) => properties.set_creation_datetime(made),
            None => properties,
        });
        let widths = heading.columns.iter().map(|column| column.title.chars().count()).collect();
        let mut sheet = Self {
            heading,
            out,
            book,
            formats: Formats::new(),
            sheets: 0,
            row: 0,
            most_rows: SHEET_ROWS,
            widths,
            cut: 0,
        };
        sheet.next_sheet().map_err(not_written)?;
        Ok(sheet)
    }

    fn next_sheet(&mut self) -> Result<(), XlsxError> {
        if self.sheets > 0 {
            self.close_sheet()?;
        }
        self.sheets += 1;
        let title = &self.heading.title;
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(if self.sheets == 1 {
            "Report".to_owned()
        } else {
            format!("Report ({})", self.sheets)
        })?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_header(format!("&L{}", title.replace('&', "&&")));
        sheet.set_footer("&L&D&RPage &P of &N");
        for (column, head) in (0..).zip(&self.heading.columns) {
            sheet.write_string_with_format(0, column, &head.title, &self.formats.header)?;
        }
        self.row = 1;
        Ok(())
    }

    /// What can only be said of a sheet when its rows are known.
    fn close_sheet(&mut self) -> Result<(), XlsxError> {
        let (last_row, columns) = (self.row.saturating_sub(1), self.heading.columns.len());
        let sheet = self.book.worksheet_from_index(self.sheets as usize - 1)?;
        if let Some(last_column) = u16::try_from(columns).ok().and_then(|n| n.checked_sub(1)) {
            sheet.autofilter(0, 0, last_row, last_column)?;
        }
        for ((column, head), width) in (0..).zip(&self.heading.columns).zip(&self.widths) {
            sheet.set_column_width(column, column_width(head, *width))?;
        }
        Ok(())
    }

    fn row(&mut self, row: Row<'_>) -> Result<(), XlsxError> {
        if self.row == self.most_rows {
            self.next_sheet()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets as usize - 1)?;
        for ((column, cell), width) in (0..).zip(row.cells()).zip(&mut self.widths) {
            match cell {
                Cell::Empty => {}
                Cell::Number(number) => {
                    let format = &self.formats.number;
                    sheet.write_number_with_format(self.row, column, number as f64, format)?;
                }
                Cell::Time(time) => match excel_time(&self.heading, time) {
                    Some(time) => {
                        let format = &self.formats.time;
                        sheet.write_datetime_with_format(self.row, column, &time, format)?;
                    }
                    // Before 1900.
                    None => _ = sheet.write_string(self.row, column, time.to_string())?,
                },
                Cell::Text(text) => {
                    let (text, cut) = shortened(text);
                    self.cut += u64::from(cut);
                    *width = (*width).max(text.chars().take(80).count());
                    let format = &self.formats.text;
                    sheet.write_string_with_format(self.row, column, text, format)?;
                }
            }
        }
        self.row += 1;
        Ok(())
    }

    fn about(&mut self, summary: &Summary) -> Result<(), XlsxError> {
        let heading = &self.heading;
        let mut lines = vec![
            ("Report", heading.title.clone()),
            ("Accounts", heading.accounts.clone()),
            ("Time range", heading.range()),
            ("Time zone", heading.zone.name_at(heading.until)),
            ("Records", summary.rows.to_string()),
            ("Created", heading.made_by()),
        ];
        if summary.rows == 0 {
            lines.push(("Note", heading.nothing()));
        }
        if self.sheets > 1 {
            lines.push(("Note", format!("The rows go on over {} sheets.", self.sheets)));
        }
        if self.cut > 0 {
            lines.push((
                "Note",
                format!(
                    "Longer than a cell can hold and ending in \u{2026}: {}. CSV holds everything.",
                    counted(self.cut, "value")
                ),
            ));
        }
        let sheet: &mut Worksheet = self.book.add_worksheet();
        sheet.set_name("About")?;
        sheet.set_column_width(0, 14)?.set_column_width(1, 80)?;
        for (row, (label, text)) in (0..).zip(lines) {
            sheet.write_string_with_format(row, 0, label, &self.formats.label)?;
            let format = if row == 0 { &self.formats.title } else { &self.formats.text };
            sheet.write_string_with_format(row, 1, text, format)?;
        }
        Ok(())
    }
}

impl<W: Write + Send> Sheet for Xlsx<W> {
    fn rows(&mut self, rows: &Rows) -> Result<(), Problem> {
        rows.iter().try_for_each(|row| self.row(row)).map_err(not_written)
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Problem> {
        if summary.rows == 0 {
            let (sheet, nothing) = (self.book.worksheet_from_index(0), self.heading.nothing());
            sheet
                .and_then(|sheet| sheet.write_string(1, 0, nothing).map(|_| ()))
                .map_err(not_written)?;
        }
        self.close_sheet().and_then(|()| self.about(summary)).map_err(not_written)?;
        self.book.save_to_writer(&mut self.out).map_err(not_written)?;
        self.out.flush().map_err(not_written)
    }
}

impl Formats {
    fn new() -> Self {
        let text = Format::new().set_align(FormatAlign::Top);
        let header = Format::new()
            .set_bold()
            .set_background_color(0x00E4_F1F7)
            .set_font_color(0x0014_181F)
            .set_border_bottom(FormatBorder::Thin)
            .set_align(FormatAlign::VerticalCenter);
        Self {
            header,
            time: text.clone().set_num_format("yyyy-mm-dd hh:mm:ss"),
            number: text.clone().set_num_format("0"),
            title: text.clone().set_bold(),
            label: text.clone().set_font_color(0x005B_6472),
            text,
        }
    }
}

/// The date and time of day in the report's zone; `None` before 1900.
fn excel_time(heading: &Heading, time: UnixMillis) -> Option<ExcelDateTime> {
    let civil = heading.zone.civil(time);
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    ExcelDateTime::from_ymd(
        u16::try_from(civil.year()).ok()?,
        part(civil.month()),
        part(civil.day()),
    )
    .ok()?
    .and_hms(
        u16::try_from(civil.hour()).unwrap_or_default(),
        part(civil.minute()),
        f64::from(civil.second()),
    )
    .ok()
}

/// The text as far as a cell holds it, and whether something is missing.
fn shortened(text: &str) -> (std::borrow::Cow<'_, str>, bool) {
    if text.len() <= CELL_TEXT || text.encode_utf16().count() <= CELL_TEXT {
        return (text.into(), false);
    }
    let mut units = 0;
    let fits = text.char_indices().find(|(_, letter)| {
        units += letter.len_utf16();
        units > CELL_TEXT - 1
    });
    let end = fits.map_or(text.len(), |(at, _)| at);
    let kept = text.get(..end).unwrap_or_default();
    (format!("{kept}\u{2026}").into(), true)
}

fn column_width(head: &Head, letters: usize) -> f64 {
    match head.kind {
        Kind::Time => 19.0,
        // Room for the filter's button.
        _ => (letters as f64 + 3.0).clamp(8.0, 48.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::sheet::ChartHead;
    use crate::reports::zone::Zone;

    fn heading() -> Heading {
        let column = |title: &str, kind| Head { title: title.to_owned(), kind };
        Heading {
            id: "a".to_owned(),
            title: "A & B".to_owned(),
            reason: String::new(),
            accounts: "Contoso".to_owned(),
            since: None,
            until: UnixMillis(0),
            zone: Zone::utc(),
            made: UnixMillis(1_795_000_000_000),
            columns: vec![column("When", Kind::Time), column("Who", Kind::Text)],
            chart: None::<ChartHead>,
        }
    }

    #[test]
    fn rows_beyond_a_sheet_go_on_on_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut out = Vec::new();
        let mut sheet = Xlsx::start(heading(), &mut out, folder.path()).unwrap();
        sheet.most_rows = 4;
        let mut rows = Rows::new(2);
        for i in 0..7 {
            rows.push(Cell::Time(UnixMillis(i * 1000)));
            rows.push(Cell::Text("ada"));
        }
        sheet.rows(&rows).unwrap();
        assert_eq!((sheet.sheets, sheet.row), (3, 2));
        Box::new(sheet).finish(&Summary { rows: 7, ..Summary::default() }).unwrap();
        assert!(out.starts_with(b"PK"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing stays behind");
    }

    #[test]
    fn a_text_is_cut_to_what_a_cell_holds_between_letters() {
        let (text, cut) = shortened("short");
        assert_eq!((&*text, cut), ("short", false));
        let long = "\u{1f600}".repeat(20_000);
        let (text, cut) = shortened(&long);
        assert!(cut && text.ends_with('\u{2026}'));
        assert!(text.encode_utf16().count() <= CELL_TEXT);
        assert_eq!(shortened(&"\u{e9}".repeat(CELL_TEXT)).0.chars().count(), CELL_TEXT);
    }
}
