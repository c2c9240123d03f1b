"""Pages on paper: light, whole, as wide as the sheet."""

import report
from records import comparison_results, put, put_comparison, put_run
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
