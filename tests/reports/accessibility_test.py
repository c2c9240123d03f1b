"""Pages for everybody: contrast, names, keyboard, definitions without a mouse, no motion where it is not wanted."""

import report
from records import comparison_results, dictionary_measures, put, put_comparison, put_run
from report import Report

# Texts whose contrast with what is behind them is below WCAG 2.1's AA.
FAINT = """(() => {
    const parse = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const over = (top, below) => top.slice(0, 3).map((value, i) => value * top[3] + below[i] * (1 - top[3]));
    const light = (rgb) => { const [r, g, b] = rgb.map((v) => (v / 255 <= .04045 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4));
        return .2126 * r + .7152 * g + .0722 * b; };
    const behind = (node) => {
        const layers = [];
        for (let at = node; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
        return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    const faint = [];
    for (const node of document.querySelectorAll("body *")) {
        const text = [...node.childNodes].filter((child) => child.nodeType === 3).map((child) => child.data.trim()).join("");
        if (!text || !node.checkVisibility() || node.closest("script, noscript")) continue;
        const below = behind(node), ink = over(parse(getComputedStyle(node).color), below);
        const [low, high] = [light(ink), light(below)].sort((a, b) => a - b);
        const style = getComputedStyle(node), large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
        if ((high + .05) / (low + .05) < (large ? 3 : 4.5)) faint.push(`${text.slice(0, 40)}: ${((high + .05) / (low + .05)).toFixed(2)}`);
    }
    return faint;
})()"""

NAMELESS = """[...document.querySelectorAll("a, button, summary, select, input, canvas, img, table, nav, section, [role=region], [role=group]")].filter((node) =>
    !(node.getAttribute("aria-label") ?? node.getAttribute("alt") ?? node.labels?.[0]?.textContent
        ?? document.getElementById(node.getAttribute("aria-labelledby"))?.textContent ?? node.textContent).trim()).map((node) => node.outerHTML.slice(0, 100))"""


class Accessibility(Report):
    def setUp(self):
        super().setUp()
        put_comparison(self.folder / "comparisons/which")
        results = comparison_results()
        results["measures"] += dictionary_measures(("pca", "dense", "sparse"))
        put(self.folder / "comparisons/which/comparison.json", results)
        put_run(self.folder / "runs/small/1")
        self.pages = [self.report(self.folder), self.folder / "comparisons/which/report.html", self.folder / "runs/small/1/report.html"]

    def open_all(self):
        self.browser.run("for (const node of document.querySelectorAll('details')) node.open = true")
        self.browser.settle()

    def test_contrast(self):
        for page in self.pages:
            for theme in ("light", "dark"):
                self.browser.media(theme)
                self.open(page)
                self.open_all()
                self.assertEqual(self.browser.run(FAINT), [], (page, theme))

    def test_hidden_series_stay_readable(self):
        self.open(self.pages[1])
        self.browser.run("document.querySelector('.legend button').click()")
        self.assertEqual(self.browser.run(FAINT), [])

    def test_everything_has_a_name(self):
        for page in self.pages:
            self.open(page)
            self.open_all()
            self.assertEqual(self.browser.run(NAMELESS), [], page)
            self.assertEqual(self.browser.run("document.querySelectorAll('th:not([scope])').length"), 0)
            self.assertEqual(self.browser.run("document.querySelectorAll('h1').length"), 1)
            self.assertEqual(self.browser.run("document.querySelectorAll('main').length"), 1)
            self.assertEqual(self.browser.run("document.querySelectorAll('body > :not(main, script) [tabindex]:not([tabindex=\"0\"], main)').length"), 0)
            identifiers = self.browser.run("[...document.querySelectorAll('[id]')].map((node) => node.id)")
            self.assertEqual(len(identifiers), len(set(identifiers)))

    def test_definitions_need_no_mouse(self):
        for page in self.pages:
            self.open(page)
            lacking = self.browser.run("""[...document.querySelectorAll("[title]")].filter((node) =>
                ![...(node.closest(".table")?.querySelectorAll(".definitions dd") ?? [])].some((one) => one.textContent === node.title)).map((node) => node.title)""")
            self.assertEqual(lacking, [], page)
        self.open(self.pages[1])
        self.browser.run("document.querySelector('#measures .definitions summary').focus()")
        self.press("Enter", 13, "\r")
        self.assertTrue(self.browser.run("document.querySelector('#measures .definitions dl').checkVisibility()"))
        self.assertIn("what it is; lower is better", self.text("#measures .definitions"))

    def test_the_first_tab_skips_to_the_content(self):
        self.open(self.pages[1])
        self.press("Tab", 9)
        self.assertEqual(self.browser.run("document.activeElement.textContent"), "Skip to content")
        self.assertGreaterEqual(self.browser.run("document.activeElement.getBoundingClientRect().top"), 0)
        self.press("Enter", 13, "\r")
        self.assertEqual(self.browser.run("document.activeElement.id"), "content")

    def test_no_motion_where_it_is_not_wanted(self):
        self.open(self.pages[1])
        moving = self.browser.run("""[...document.querySelectorAll("*")].filter((node) => { const style = getComputedStyle(node);
            return style.scrollBehavior === "smooth" || parseFloat(style.transitionDuration) > 0 || style.animationName !== "none"; }).length""")
        self.assertEqual(moving, 0, "tests ask for reduced motion")
        self.assertEqual(self.browser.run("Chart.defaults.animation"), False)


if __name__ == "__main__":
    report.main()
