//! Reports as one web page that stands for itself.
//!
//! Promises: one file, nothing fetched from anywhere and nothing run: no script, so a hostile value
//! stays a text; readable in the light and in the dark, on paper with the header on every page;
//! the summary stands above the rows, in sight and for screen readers.
//!
//! Rows wait in an unnamed temporary file until the summary is known.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use super::chart::{Anchor, Drawing, WORD_SIZE, lay_out};
use super::sheet::{Cell, Heading, Kind, Rows, Sheet, not_written};
use super::summary::{Chart, Summary};
use crate::base::Problem;
use crate::base::words::number;

const STYLE: &str = include_str!("html.css");

/// How wide the chart is drawn; the page scales it.
const CHART_WIDTH: f32 = 760.0;

/// Words up to this length stay whole.
const LONG_WORD_BYTES: usize = 40;

/// A report being written as a web page.
pub struct Html<W: Write> {
    heading: Heading,
    out: W,
    waiting: BufWriter<File>,
    line: String,
}

impl<W: Write + Send> Html<W> {
    /// Starts a page; rows wait in a file in `folder`.
    pub fn start(heading: Heading, out: W, folder: &Path) -> Result<Self, Problem> {
        let file = tempfile::tempfile_in(folder).map_err(not_written)?;
        let waiting = BufWriter::with_capacity(256 * 1024, file);
        Ok(Self { heading, out, waiting, line: String::new() })
    }

    fn top(&self, summary: &Summary) -> String {
        let heading = &self.heading;
        let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n");
        page.push_str("<meta charset=\"utf-8\">\n");
        page.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n");
        page.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        let title = escaped(&heading.title);
        let _ = write!(page, "<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n");
        let _ = write!(page, "<header>\n<h1>{title}</h1>\n");
        if !heading.reason.is_empty() {
            let _ = writeln!(page, "<p>{}</p>", escaped(&heading.reason));
        }
        page.push_str("<dl>\n");
        for (label, text) in [
            ("Accounts", heading.accounts.clone()),
            ("Time range", heading.range()),
            ("Time zone", heading.zone.name_at(heading.until)),
            ("Records", number(summary.rows)),
            ("Created", heading.made_by()),
        ] {
            let _ = writeln!(page, "<div><dt>{label}</dt><dd>{}</dd></div>", escaped(&text));
        }
        page.push_str("</dl>\n</header>\n<main>\n");
        if let Some(chart) = &summary.chart {
            figure(chart, &mut page);
        }
        if summary.rows == 0 {
            let _ = writeln!(page, "<p class=\"nothing\">{}</p>", escaped(&heading.nothing()));
        } else {
            let _ = write!(page, "<table>\n<caption>{title}</caption>\n<thead><tr>");
            for column in &heading.columns {
                let class = if column.kind == Kind::Number { " class=\"n\"" } else { "" };
                let title = escaped(&column.title);
                let _ = write!(page, "<th scope=\"col\"{class}>{title}</th>");
            }
            page.push_str("</tr></thead>\n<tbody>\n");
        }
        page
    }
}

impl<W: Write + Send> Sheet for Html<W> {
    fn rows(&mut self, rows: &Rows) -> Result<(), Problem> {
        for row in rows.iter() {
            self.line.clear();
            self.line.push_str("<tr>");
            for cell in row.cells() {
                match cell {
                    Cell::Empty => self.line.push_str("<td>"),
                    Cell::Text(text) => {
                        self.line.push_str(if has_long_word(text) {
                            "<td class=\"l\">"
                        } else {
                            "<td>"
                        });
                        escape(text, &mut self.line);
                    }
                    Cell::Number(number) => {
                        let _ = write!(self.line, "<td class=\"n\">{number}");
                    }
                    Cell::Time(time) => {
                        self.line.push_str("<td class=\"t\">");
                        self.heading.zone.write_plain(time, &mut self.line);
                    }
                }
                self.line.push_str("</td>");
            }
            self.line.push_str("</tr>\n");
            self.waiting.write_all(self.line.as_bytes()).map_err(not_written)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, summary: &Summary) -> Result<(), Problem> {
        let top = self.top(summary);
        let mut write = || -> io::Result<()> {
            self.out.write_all(top.as_bytes())?;
            self.waiting.flush()?;
            let rows = self.waiting.get_mut();
            rows.rewind()?;
            io::copy(rows, &mut self.out)?;
            if summary.rows > 0 {
                self.out.write_all(b"</tbody>\n</table>\n")?;
            }
            self.out.write_all(b"</main>\n</body>\n</html>\n")?;
            self.out.flush()
        };
        write().map_err(not_written)
    }
}

fn figure(chart: &Chart, page: &mut String) {
    let Drawing { width, height, lines, bars, words } = lay_out(chart, CHART_WIDTH);
    let title = escaped(&chart.title);
    let _ = write!(page, "<figure>\n<figcaption>{title}</figcaption>\n");
    let _ = writeln!(
        page,
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\" font-size=\"{WORD_SIZE}\">"
    );
    for (x, y, long) in lines {
        let _ = writeln!(page, "<path d=\"M{x:.1} {y:.1}h{long:.1}\"/>");
    }
    for [x, y, w, h] in bars {
        let _ =
            writeln!(page, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\"/>");
    }
    for word in words {
        let anchor = match word.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, text) = (word.x, word.y, escaped(&word.text));
        let _ = writeln!(
            page,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }
    page.push_str("</svg>\n</figure>\n");
}

/// Whether a word would push the table over the edge unless it may break.
fn has_long_word(text: &str) -> bool {
    text.len() > LONG_WORD_BYTES && text.split(' ').any(|word| word.len() > LONG_WORD_BYTES)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    out
}

/// Writes a text so that a browser shows it as it is; what HTML has no letter for becomes `�`.
fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(letter),
            '\r' => out.push_str("&#13;"),
            // Overrides of the writing direction would turn around what follows.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_stay_texts() {
        assert_eq!(
            escaped("<script>alert('x')</script>&\"\u{0}\u{202e}"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;\u{fffd}\u{fffd}"
        );
    }
}
