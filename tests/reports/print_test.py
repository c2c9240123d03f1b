"""Pages on paper: light, whole, as wide as the sheet."""

import report
from records import comparison_results, dictionary_measures, put, put_comparison, put_run
from report import Report

# CSS pixels between margins of 12 mm: A4 is 210 mm wide, Letter 216.
SHEETS = {"A4": int((210 - 24) / 25.4 * 96), "Letter": int((216 - 24) / 25.4 * 96)}

# What ends beyond the sheet, or is cut by what holds it.
BEYOND = """[...document.querySelectorAll("#page *")].filter((node) => node.checkVisibility() && node.getClientRects().length > 0).filter((node) => {
    const box = node.getBoundingClientRect();
    return box.right > innerWidth + 1 || box.left < -1
        || (getComputedStyle(node).overflowX !== "visible" && node.scrollWidth > node.clientWidth + 1 && node.tagName !== "CANVAS");
}).map((node) => `${node.tagName}.${node.className} ${node.textContent.slice(0, 30)}`)"""

TABLES = """[...document.querySelectorAll(".scroll > table")].map((original) => {
    const parts = original.checkVisibility() ? [original] : [...original.parentElement.querySelectorAll(".part > table")];
    const texts = (table, row) => [...table.rows[row].cells].map((cell) => cell.textContent);
    return [...original.rows].map((_, row) => ({ whole: texts(original, row),
        printed: parts.flatMap((table, place) => texts(table, row).slice(place > 0 ? 1 : 0)), names: parts.map((table) => texts(table, row)[0]) }));
})"""


# The page in columns of that height: they break where sheets would. Which node begins or ends on which sheet.
PAGED = """((height) => { const page = document.getElementById("page"), width = page.clientWidth;
    page.style.cssText = `width: ${width}px; height: ${height}px; columns: ${width}px auto; column-gap: 0; column-fill: auto`; })(%d)"""
SHEETS_OF = """(() => { const left = document.getElementById("page").getBoundingClientRect().left, width = 700;
    const sheets = (node) => [...node.getClientRects()].filter((box) => box.height > 0).map((box) => Math.round((box.left - left) / width - .49));
    const apart = (name, first, second) => {
        if (!first || !second || !sheets(first).length || !sheets(second).length || sheets(first).at(-1) === sheets(second)[0]) return [];
        return [`${name}: ${first.textContent.slice(0, 40)} | ${second.textContent.slice(0, 40)}`];
    };
    const all = (selector) => [...document.querySelectorAll(selector)];
    return [
        ...all("figcaption").flatMap((node) => apart("caption", node.previousElementSibling, node)),
        ...all(".definitions").flatMap((node) => apart("definitions", node.querySelector("summary"), node.querySelector("dt"))),
        ...all("h2, h3, .caption").flatMap((node) => apart("heading", node, node.nextElementSibling)),
        ...all("h2 + .soft").flatMap((node) => apart("introduction", node, node.nextElementSibling)),
        ...all("p").filter((node) => new Set(sheets(node)).size > 1).map((node) => `paragraph: ${node.textContent.slice(0, 40)}`),
        ...all("section > .table + .soft").flatMap((node) => apart("note", node.previousElementSibling, node)),
        ...all("pre").flatMap((node) => node.previousElementSibling?.matches(".soft") ? apart("command", node.previousElementSibling, node) : []),
        ...all("table").filter((node) => node.rows.length > 3).flatMap(({ rows }) =>
            [...apart("table", rows[0], rows[1]), ...apart("table", rows[1], rows[2]), ...apart("table", rows[rows.length - 2], rows[rows.length - 1])]),
    ];
})()"""
COVERED = """[...document.querySelectorAll("canvas")].flatMap((canvas) => { const over = canvas.getBoundingClientRect();
    return [...document.querySelectorAll("th, td, .caption, figcaption, h2, h3, summary, dt")].filter((node) => [...node.getClientRects()].some((box) =>
        box.left < over.right - 1 && over.left + 1 < box.right && box.top < over.bottom - 1 && over.top + 1 < box.bottom)).map((node) => node.textContent); })"""


class Print(Report):
    def sheet(self, page, width, theme="light"):
        self.browser.media(theme)
        self.browser.resize(1280)
        self.open(page)
        self.browser.run("dispatchEvent(new Event('beforeprint'))")
        self.browser.resize(width)
        self.browser.media(theme, media="print")

    def assert_whole(self, page):
        for name, width in SHEETS.items():
            for theme in ("light", "dark"):
                self.sheet(page, width, theme)
                self.assertEqual(self.browser.run(BEYOND), [], (page, name))
                self.assert_drawn(1)
                for rows in self.browser.run(TABLES):
                    for row in rows:
                        self.assertEqual(row["printed"], row["whole"])
                        self.assertEqual(set(row["names"]), {row["whole"][0]})
                colors = self.browser.run("""[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
                    Chart.getChart(document.querySelector("canvas")).options.scales.x.ticks.color]""")
                self.assertEqual(colors, ["rgb(255, 255, 255)", "rgb(27, 30, 35)", "#565d67"], theme)
                self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(self.browser.run("document.querySelectorAll('.part, .unprinted table').length"), 0)
        self.assertFalse(self.browser.run("document.documentElement.classList.contains('printing')"))

    def test_comparisons_of_many_variants(self):
        for count in (3, 8, 12, 24):
            names = [f"denoising-masking-{level}-deep" for level in range(count)]
            folder = self.folder / str(count)
            put_comparison(folder, variants=names)
            results = comparison_results(variants=names)
            for measure in [f"jacobian/the_largest_singular_value_{i}" for i in range(9)]:
                results["measures"].append({**results["measures"][0], "name": measure})
            put(folder / "comparison.json", results)
            self.assert_whole(self.report(folder))

    def test_run_and_index(self):
        put_run(self.folder / "runs/small/1")
        self.assert_whole(self.report(self.folder / "runs/small/1"))
        self.sheet(self.report(self.folder), SHEETS["A4"])
        self.assertEqual(self.browser.run(BEYOND), [])

    def test_what_opens_by_a_click_is_open_on_paper(self):
        put_comparison(self.folder / "which")
        self.sheet(self.report(self.folder / "which"), SHEETS["A4"])
        self.assertEqual(self.browser.run("[...document.querySelectorAll('.definitions')].filter((node) => !node.open).length"), 0)
        self.assertFalse(self.browser.run("document.querySelector('nav').checkVisibility()"))
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(self.browser.run("[...document.querySelectorAll('.definitions')].filter((node) => node.open).length"), 0)

    def test_sheets_cut_nothing_that_belongs_together(self):
        variants = ("pca", "dense", "sparse", "denoising")
        put_comparison(self.folder / "which", variants=variants)
        results = comparison_results(variants)
        results["measures"] += dictionary_measures(variants)
        put(self.folder / "which/comparison.json", results)
        put_run(self.folder / "runs/small/1")
        for page in (self.report(self.folder / "which"), self.report(self.folder / "runs/small/1")):
            for height in (650, 695, 740, 800, 860, 920, 980, 1040):
                self.sheet(page, SHEETS["A4"])
                self.browser.run(PAGED % height)
                self.browser.settle()
                self.assertEqual(self.browser.run(COVERED), [], (page, height))
                self.assertEqual(self.browser.run(SHEETS_OF), [], (page, height))
                self.browser.run("document.getElementById('page').style.cssText = ''; dispatchEvent(new Event('afterprint'))")

    def test_heads_repeat_on_every_sheet(self):
        put_comparison(self.folder / "which")
        self.sheet(self.report(self.folder / "which"), SHEETS["A4"])
        boxes = self.browser.run("[...document.querySelectorAll('thead button')].filter((node) => node.getClientRects().length > 0).length")
        self.assertEqual(boxes, 0, "the browser leaves boxes out of the heads that it repeats")

    def test_paper_says_what_controls_chose(self):
        put_comparison(self.folder / "which")
        page = self.report(self.folder / "which")
        words = "document.querySelector('#trade-offs .controls').innerText.replace(/\\s+/g, ' ').trim()"
        self.sheet(page, SHEETS["A4"])
        self.assertEqual(self.browser.run(words), "Cost training seconds Metric reconstruction/mse Logarithmic cost")
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.browser.media(media="")
        self.browser.run("""(() => { const [cost] = document.querySelectorAll("#trade-offs select"); cost.value = "parameters"; cost.dispatchEvent(new Event("change"));
            document.querySelector("#trade-offs input").click(); dispatchEvent(new Event("beforeprint")); })()""")
        self.browser.media(media="print")
        self.assertEqual(self.browser.run(words), "Cost parameters Metric reconstruction/mse")
        self.assertEqual(self.browser.run("[...document.querySelectorAll('select, input')].filter((node) => node.checkVisibility()).length"), 0)

    def test_paper_has_long_texts_once_and_whole(self):
        put_comparison(self.folder / "which")
        results = comparison_results()
        results["measures"][0]["claim"]["explanation"] = reason = "The difference from a variant is significant. " * 8 + "The last one is not."
        put(self.folder / "which/comparison.json", results)
        page = self.report(self.folder / "which")
        cell = "document.querySelector('#short tbody td:last-child')"
        self.sheet(page, SHEETS["A4"])
        self.assertEqual(self.browser.run(f"{cell}.innerText.trim()"), reason)
        self.assertFalse(self.browser.run(f"(({{ scrollHeight, clientHeight }}) => scrollHeight > clientHeight + 1)({cell}.querySelector('span'))"))
        self.browser.run("dispatchEvent(new Event('afterprint'))")
        self.browser.media(media="")
        low = self.browser.run(f"{cell}.offsetHeight")
        self.browser.run(f"{cell}.querySelector('summary').click()")
        self.assertEqual(self.browser.run(f"{cell}.innerText.trim()"), reason)
        self.assertGreater(self.browser.run(f"{cell}.offsetHeight"), low)

    def test_the_browser_prints_it_so(self):
        put_comparison(self.folder / "which")
        self.browser.media("dark")
        self.open(self.report(self.folder / "which"))
        self.browser.run("""globalThis.widths = []; addEventListener("beforeprint", () =>
            widths.push(document.querySelector("canvas").offsetWidth, document.documentElement.className))""")
        self.browser.pdf(self.folder / "page.pdf")
        self.assertGreater((self.folder / "page.pdf").stat().st_size, 20_000)
        width, name = self.browser.run("globalThis.widths")
        self.assertEqual(name, "printing")
        self.assertLessEqual(width, 700)
        self.browser.settle()
        self.assertEqual(self.browser.run("document.documentElement.className"), "")
        self.assertGreater(self.browser.run("document.querySelector('canvas').offsetWidth"), 700)
        self.assert_quiet()


if __name__ == "__main__":
    report.main()
