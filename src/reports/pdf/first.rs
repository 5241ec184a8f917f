//! The head of the first page: what the report is, its figures, its chart.

use pdf_writer::Content;

use super::fonts::{Fonts, REGULAR, SEMIBOLD};
use super::layout::{MARGIN, PAGE};
use super::text::{Style, short};
use super::{ACCENT, HAIRLINE, SECONDARY, SMALL, TEXT};
use crate::base::words::number;
use crate::reports::chart::{Anchor, WORD_SIZE, lay_out, shortened};
use crate::reports::sheet::Heading;
use crate::reports::summary::{Chart, Summary};

const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const TITLE: Style = Style { font: SEMIBOLD, size: 18.0, color: TEXT };
const REASON: Style = Style { font: REGULAR, size: 9.0, color: SECONDARY };
const VALUE: Style = Style { font: REGULAR, size: 9.0, color: TEXT };
const CHART_TITLE: Style = Style { font: SEMIBOLD, size: 9.0, color: TEXT };

/// Between two figures.
const LEAST_GAP: f32 = 12.0;

/// Above and below the chart, its title included.
const AROUND_CHART: f32 = 34.0;

/// How much room the chart gets; none when there is none. `summary`: when all rows are known.
pub fn chart_height(heading: &Heading, summary: Option<&Summary>) -> f32 {
    match (summary, &heading.chart) {
        (Some(summary), _) => {
            summary.chart.as_ref().map_or(0.0, |chart| lay_out(chart, WIDTH).height)
        }
        (None, None) => 0.0,
        (None, Some(head)) => {
            let bars = (0..head.top).map(|_| (String::new(), 1)).collect();
            let over_time = head.column.is_none();
            let chart = Chart { over_time, bars, others: 1, ..Chart::default() };
            lay_out(&chart, WIDTH).height
        }
    }
}

/// Where the table begins.
pub fn table_top(heading: &Heading, chart_height: f32, fonts: &mut Fonts) -> f32 {
    let top = facts_bottom(heading, fonts);
    if chart_height > 0.0 { top - chart_height - AROUND_CHART } else { top - 14.0 }
}

/// Draws everything above the table.
pub fn draw(heading: &Heading, summary: &Summary, chart_height: f32, fonts: &mut Fonts) -> Content {
    let mut page = Content::new();
    let mut y = PAGE.1 - MARGIN - 15.0;
    fonts.draw(&mut page, &heading.title, MARGIN, y, TITLE);
    for line in reason_lines(heading, fonts) {
        y -= if y > PAGE.1 - MARGIN - 16.0 { 17.0 } else { 12.0 };
        fonts.draw(&mut page, &line, MARGIN, y, REASON);
    }
    y -= 10.0;
    let [red, green, blue] = ACCENT;
    page.set_fill_rgb(red, green, blue);
    page.rect(MARGIN, short(y), WIDTH, 1.6).fill_nonzero();
    facts(heading, summary, y, &mut page, fonts);
    if let Some(chart) = &summary.chart {
        let top = facts_bottom(heading, fonts) - 14.0;
        fonts.draw(&mut page, &chart.title, MARGIN, top - 6.0, CHART_TITLE);
        let drawing = lay_out(chart, WIDTH);
        let top = top - 13.0;
        let scale = if drawing.height > chart_height { chart_height / drawing.height } else { 1.0 };
        let [red, green, blue] = HAIRLINE;
        page.set_stroke_rgb(red, green, blue).set_line_width(0.5);
        for (x, down, long) in drawing.lines {
            let y = short(top - down * scale);
            page.move_to(MARGIN + x, y).line_to(MARGIN + x + long, y).stroke();
        }
        let [red, green, blue] = ACCENT;
        page.set_fill_rgb(red, green, blue);
        for [x, down, wide, high] in drawing.bars {
            let y = top - (down + high) * scale;
            page.rect(short(MARGIN + x), short(y), short(wide), short(high * scale));
            page.fill_nonzero();
        }
        for word in drawing.words {
            let wide = fonts.width(&word.text, REGULAR, WORD_SIZE);
            let x = match word.anchor {
                Anchor::Start => word.x,
                Anchor::Middle => word.x - wide / 2.0,
                Anchor::End => word.x - wide,
            };
            let style = Style { size: WORD_SIZE, ..SMALL };
            fonts.draw(&mut page, &word.text, MARGIN + x, top - word.y * scale, style);
        }
    }
    page
}

/// The report's figures, side by side under the line at `y`.
fn facts(heading: &Heading, summary: &Summary, y: f32, page: &mut Content, fonts: &mut Fonts) {
    let mut all = [
        ("Accounts", heading.accounts.clone()),
        ("Time range", heading.range()),
        ("Time zone", heading.zone.name_at(heading.until)),
        ("Records", number(summary.rows)),
        ("Created", heading.made_by()),
    ];
    let mut widths: Vec<f32> = all
        .iter()
        .map(|(label, text)| {
            fonts.width(text, REGULAR, VALUE.size).max(fonts.width(label, REGULAR, SMALL.size))
        })
        .collect();
    // Names of many accounts could be longer than the line.
    let over = widths.iter().sum::<f32>() + 4.0 * LEAST_GAP - WIDTH;
    if over > 0.0
        && let (Some(first), Some(width)) = (all.first_mut(), widths.first_mut())
    {
        let room = (*width - over).max(60.0);
        while fonts.width(&first.1, REGULAR, VALUE.size) > room {
            first.1 = shortened(&first.1, first.1.chars().count() - 1);
        }
        *width = room;
    }
    let gap =
        ((WIDTH - widths.iter().sum::<f32>()) / (all.len() - 1) as f32).clamp(LEAST_GAP, 34.0);
    let mut x = MARGIN;
    for ((label, text), width) in all.iter().zip(widths) {
        fonts.draw(page, label, x, y - 15.0, SMALL);
        fonts.draw(page, text, x, y - 27.0, VALUE);
        x += width + gap;
    }
}

fn facts_bottom(heading: &Heading, fonts: &mut Fonts) -> f32 {
    let lines = reason_lines(heading, fonts).len();
    let reason = if lines == 0 { 0.0 } else { 17.0 + (lines - 1) as f32 * 12.0 };
    PAGE.1 - MARGIN - 15.0 - reason - 10.0 - 30.0
}

fn reason_lines(heading: &Heading, fonts: &mut Fonts) -> Vec<String> {
    if heading.reason.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    fonts.lines(&heading.reason, REGULAR, REASON.size, WIDTH, 3, &mut lines);
    lines.into_iter().map(str::to_owned).collect()
}
