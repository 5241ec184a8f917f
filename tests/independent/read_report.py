"""Prints what an independent reader finds in a report, as JSON."""

import csv
import datetime
import html.parser
import json
import sys


def read_csv(path):
    with open(path, "rb") as file:
        marked = file.read(3) == b"\xef\xbb\xbf"
    with open(path, encoding="utf-8-sig", newline="") as file:
        return {"marked": marked, "rows": list(csv.reader(file, strict=True))}


def read_xlsx(path):
    import openpyxl

    def value(cell):
        if isinstance(cell.value, (datetime.datetime, datetime.date)):
            return {"date": cell.value.isoformat(sep=" "), "format": cell.number_format}
        # openpyxl leaves Excel's own escapes of control characters to its callers.
        if isinstance(cell.value, str):
            return openpyxl.utils.escape.unescape(cell.value)
        return cell.value

    book = openpyxl.load_workbook(path)
    sheets = [
        {
            "name": sheet.title,
            "rows": [[value(cell) for cell in row] for row in sheet.iter_rows()],
            "types": sorted({cell.data_type for row in sheet.iter_rows() for cell in row}),
            "frozen": sheet.freeze_panes,
            "filter": sheet.auto_filter.ref,
            "widths": [round(dimension.width, 1) for dimension in sheet.column_dimensions.values()],
        }
        for sheet in book.worksheets
    ]
    return {"title": book.properties.title, "sheets": sheets}


def read_pdf(path):
    import pypdf

    reader = pypdf.PdfReader(path, strict=True)
    fonts = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            font = font.get_object()
            descendant = font["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"].get_object()
            embedded = "/FontFile2" in descriptor or "/FontFile3" in descriptor
            fonts.add((font["/BaseFont"], embedded, "/ToUnicode" in font))
    return {
        "title": reader.metadata.title,
        "language": reader.trailer["/Root"].get("/Lang"),
        "pages": [page.extract_text() for page in reader.pages],
        "size": [round(float(side)) for side in reader.pages[0].mediabox[2:]],
        "fonts": sorted(fonts),
    }


class Page(html.parser.HTMLParser):
    """Collects the cells of the table, the figures above it, and every tag."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.rows, self.facts, self.text = set(), [], [], []
        self.into = None

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if any(name.startswith("on") or name in ("src", "href") for name, _ in attrs):
            self.tags.add("fetches or runs")
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.into = "cell"
        if tag in ("dd", "h1", "p"):
            self.facts.append("")
            self.into = "fact"

    def handle_endtag(self, tag):
        if tag in ("td", "th", "dd", "h1", "p"):
            self.into = None

    def handle_data(self, data):
        if self.into == "cell":
            self.rows[-1][-1] += data
        elif self.into == "fact":
            self.facts[-1] += data


def read_html(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    return {"tags": sorted(page.tags), "rows": page.rows, "facts": page.facts}


def main():
    path = sys.argv[1]
    ending = path.rsplit(".", 1)[-1]
    readers = {"csv": read_csv, "xlsx": read_xlsx, "pdf": read_pdf, "html": read_html}
    json.dump(readers[ending](path), sys.stdout, default=str)


main()
