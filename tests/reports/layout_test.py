"""Pages fit: on a desk, a tablet and a phone nothing is cut without a cue, covered, or only for the mouse."""

import itertools
import json
import pathlib

import report
from records import comparison_results, put, put_comparison, put_run
from report import Report

WIDTHS = (1920, 1440, 1280, 1024, 768, 390, 320)
LONG = [f"denoising-masking-{level}-deep" for level in range(24)]


class Pages(Report):
    """One page of each kind, of many variants with long names."""

    def setUp(self):
        super().setUp()
        put_comparison(self.folder / "comparisons/which", variants=LONG[:12])
        for number in range(1, 4):
            put_run(self.folder / f"runs/denoising-sweep-over-many-levels/{number}")
        self.pages = [self.report(self.folder), self.folder / "comparisons/which/report.html",
                      self.folder / "runs/denoising-sweep-over-many-levels/1/report.html"]

    def at(self, width, page, theme="light"):
        self.browser.media(theme)
        self.browser.resize(width)
        self.open(page)

    def test_no_page_scrolls_sideways(self):
        for page, width in itertools.product(self.pages, WIDTHS):
            self.at(width, page)
            self.assertLessEqual(self.browser.run("document.documentElement.scrollWidth"), width, (page, width))

    def test_only_tables_and_code_scroll(self):
        cut = """[...document.querySelectorAll("body *")].filter((node) => node.scrollWidth > node.clientWidth + 1
            && !["visible", "clip"].includes(getComputedStyle(node).overflowX) && !node.matches(".scroll, pre, select")
        ).map((node) => `${node.tagName}.${node.className}`)"""
        for page, width in itertools.product(self.pages, WIDTHS):
            self.at(width, page)
            self.assertEqual(self.browser.run(cut), [], (page, width))

    def test_rows_stay_low(self):
        for page in self.pages:
            self.at(390, page)
            rows = self.browser.run("""[...document.querySelectorAll("tbody tr")].filter((row) => row.offsetHeight > 100)
                .map((row) => `${row.offsetHeight}: ${row.textContent}`)""")
            self.assertEqual(rows, [], page)

    def test_wide_tables_keep_their_first_column_and_show_that_there_is_more(self):
        scrolled = """[...document.querySelectorAll(".scroll")].map((node) => {
            const wide = node.scrollWidth > node.clientWidth, head = node.querySelector("tbody tr > :first-child");
            const first = head.getBoundingClientRect().left;
            node.scrollLeft = 60;
            const moved = head.getBoundingClientRect().left - first, style = getComputedStyle(node);
            return { wide, moved, cue: style.backgroundImage.includes("gradient"), covers: getComputedStyle(head).backgroundColor,
                tabindex: node.getAttribute("tabindex"), label: node.getAttribute("aria-label") };
        })"""
        wide = 0
        for page, width in itertools.product(self.pages, (1440, 390)):
            self.at(width, page)
            for one in self.browser.run(scrolled):
                self.assertEqual(one["tabindex"], "0" if one["wide"] else None)
                if one["wide"]:
                    wide += 1
                    self.assertEqual((one["moved"], one["cue"], one["covers"]), (0, True, "rgb(255, 255, 255)"))
                    self.assertTrue(one["label"])
        self.assertGreater(wide, 5)

    def test_wide_tables_scroll_by_keyboard(self):
        self.at(390, self.pages[1])
        self.browser.run("""document.querySelector("#metric .scroll").focus()""")
        self.press("ArrowRight", 39)
        self.browser.run("new Promise((done) => setTimeout(done, 400))")
        self.assertGreater(self.browser.run("""document.querySelector("#metric .scroll").scrollLeft"""), 0)

    def test_contents_are_whole_at_every_width(self):
        outside = """[...document.querySelectorAll("nav a")].filter((link) => {
            const box = link.getBoundingClientRect();
            return box.width === 0 || box.left < 0 || box.right > innerWidth || box.top < 0 || box.bottom > innerHeight;
        }).map((link) => link.textContent)"""
        for page, width in itertools.product(self.pages[1:], WIDTHS):
            self.at(width, page)
            sections = self.browser.run("""[...document.querySelectorAll("main h2")].map((node) => node.textContent)""")
            self.assertEqual(self.browser.run("""[...document.querySelectorAll("nav a")].map((node) => node.textContent)"""), sections)
            self.assertEqual(self.browser.run("document.querySelector('nav details').open"), width >= 1200)
            if width < 1200:
                self.browser.run("""document.querySelector("nav summary").focus()""")
                self.press("Enter", 13, "\r")
            self.assertEqual(self.browser.run(outside), [], width)
            self.browser.run("""document.querySelector("nav a[href='#curves']").click()""")
            self.browser.settle()
            self.assertEqual(self.browser.run("document.querySelector('nav details').open"), width >= 1200)
            self.assertEqual(self.browser.run("document.querySelector('nav a[aria-current]').textContent"), "Learning curves")
            covered = self.browser.run("""(() => { const title = document.querySelector("#curves h2").getBoundingClientRect();
                return document.elementFromPoint(title.left + 5, title.top + title.height / 2).textContent; })()""")
            self.assertEqual(covered, "Learning curves", width)


class TradeOffs(Report):
    BOXES = """(() => { const chart = Chart.getChart(document.querySelector("#trade-offs canvas"));
        const marks = chart.data.datasets.map((_, place) => chart.getDatasetMeta(place).data[0]).map(({ x, y }) => ({ x: x - 6, y: y - 6, width: 12, height: 12 }));
        return { labels: chart.labelBoxes, marks, area: chart.chartArea }; })()"""

    def assert_apart(self, count, case):
        found = self.browser.run(self.BOXES)
        self.assertEqual(len(found["labels"]), count, case)
        for a, b in itertools.chain(itertools.combinations(found["labels"], 2), itertools.product(found["labels"], found["marks"])):
            apart = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"] or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
            self.assertTrue(apart, (case, a, b))
        for box in found["labels"]:
            self.assertTrue(found["area"]["left"] <= box["x"] and box["x"] + box["width"] <= found["area"]["right"], (case, box))
            self.assertTrue(found["area"]["top"] <= box["y"] and box["y"] + box["height"] <= found["area"]["bottom"], (case, box))
        return [box["text"] for box in found["labels"]]

    def put_spread(self, count, spread):
        """Variants whose costs and errors lie that close together."""
        names = LONG[:count]
        put_comparison(self.folder / "which", variants=names)
        results = comparison_results(variants=names)
        for i, (variant, row) in enumerate(zip(results["variants"], results["measures"][0]["rows"])):
            row["mean"] = 1 + spread * (i * 7 % count)
            row["interval"] = [row["mean"] - .01, row["mean"] + .01]
            for run in variant["runs"]:
                run["seconds"] = 1 + spread * i + .3 * run["seed"]
        put(self.folder / "which/comparison.json", results)
        return self.report(self.folder / "which")

    def test_labels_cover_neither_each_other_nor_marks(self):
        for count, spread in ((3, 1), (12, 1), (12, .002), (24, 1), (24, .01), (24, 0)):
            page = self.put_spread(count, spread)
            for width in (1440, 390, 320):
                self.browser.resize(width)
                self.open(page)
                texts = self.assert_apart(count, (count, spread, width))
                if width == 1440:
                    self.assertTrue(texts[0].startswith("denoising-masking-0"), texts)

    def test_labels_stand_beside_the_bars_of_intervals(self):
        self.open(self.put_spread(12, .2))
        across = self.browser.run("""(() => { const chart = Chart.getChart(document.querySelector("#trade-offs canvas"));
            return chart.labelBoxes.flatMap((label) => chart.data.datasets.map(({ intervals }, place) => {
                const { x, y } = chart.getDatasetMeta(place).data[0], [low, high] = intervals[0].x.map((end) => chart.scales.x.getPixelForValue(end));
                return label.x < high && low < label.x + label.width && label.y < y + 2 && y - 2 < label.y + label.height; })).filter(Boolean).length; })()""")
        self.assertEqual(across, 0)

    def test_where_names_find_no_place_numbers_stand_that_the_table_explains(self):
        page = self.put_spread(24, 0)
        self.browser.resize(320)
        self.open(page)
        texts = self.assert_apart(24, "numbers")
        self.assertEqual(texts, [str(number) for number in range(1, 25)])
        numbers = self.browser.run("""[...document.querySelectorAll("#trade-offs tbody tr")].slice(0, 24).map((row) => [row.cells[0].textContent, row.cells[1].textContent])""")
        self.assertEqual(dict(numbers), {name: str(place + 1) for place, name in enumerate(LONG)})

    def test_where_names_stand_no_numbers_are_listed(self):
        self.open(self.put_spread(3, 1))
        heads = """[...document.querySelectorAll("#trade-offs table")[0].rows[0].cells].map((head) => head.textContent)"""
        self.assertEqual(self.browser.run(heads), ["Variant", "training seconds", "reconstruction/mse", "Pareto-optimal"])


class Series(Report):
    def test_forty_series_share_no_pair_of_color_mark_and_dashes(self):
        put_comparison(self.folder / "which")
        self.open(self.report(self.folder / "which"))
        styles = self.browser.run("""[...Array(40).keys()].map((place) => [color(place), markName(place), JSON.stringify(dash(place))])""")
        self.assertEqual(len({(ink, mark) for ink, mark, _ in styles}), 40)
        self.assertEqual(len({(ink, dashes) for ink, _, dashes in styles}), 40)
        shapes = self.browser.run("[...Array(7).keys()].map((place) => themed(markName(place)))")
        self.assertEqual(len(set(shapes)), 7)

    def test_swatches_show_mark_and_color_of_the_chart(self):
        put_comparison(self.folder / "which", variants=LONG)
        self.open(self.report(self.folder / "which"))
        shown = self.browser.run("""[...document.querySelectorAll("#measures table")].slice(0, 1).flatMap((table) => [...table.querySelectorAll("tbody .swatch")])
            .map((node) => getComputedStyle(node).color + getComputedStyle(node.lastChild).clipPath)""")
        self.assertEqual(len(shown), 24)
        self.assertEqual(len(set(shown)), 24)


class Index(Report):
    def test_values_dates_and_columns_by_metric(self):
        put_run(self.folder / "runs/a/1", scale=3.0, time="2026-01-02T03:04:05Z")
        put_run(self.folder / "runs/a/2", scale=2.0, time="2025-12-31T23:59:00Z")
        put_comparison(self.folder / "comparisons/which")
        self.open(self.report(self.folder))
        heads = "[...document.querySelectorAll('#%s thead th')].map((head) => head.textContent)"
        self.assertEqual(self.browser.run(heads % "runs")[:6], ["Run", "Started (UTC)", "Variant", "Data", "State", "reconstruction/mse\u00a0\u2193"])
        rows = "[...document.querySelectorAll('#%s tbody tr')].map((row) => [row.cells[0].textContent, row.cells[1].textContent, row.cells[5].textContent])"
        self.assertEqual(self.browser.run(rows % "runs"), [["runs/a/1", "2026-01-02 03:04", "3"], ["runs/a/2", "2025-12-31 23:59", "2"]])
        self.assertEqual(self.browser.run(rows % "comparisons"), [["comparisons/which", "2026-02-03 04:05", "pca 1.150 \u00b1 0.050"]])
        self.browser.run("document.querySelectorAll('#runs thead button')[5].click()")
        self.assertEqual([row[0] for row in self.browser.run(rows % "runs")], ["runs/a/2", "runs/a/1"])
        self.browser.run("""[...document.querySelectorAll(".choices input")][0].click()""")
        self.assertNotIn("reconstruction/mse", " ".join(self.browser.run(heads % "runs")))


class RunsOfAComparison(Report):
    def test_have_pages_that_lead_back(self):
        put_comparison(self.folder / "which")
        page = self.report(self.folder / "which")
        self.open(page)
        links = self.browser.run("[...document.querySelectorAll('#runs tbody a')].map((link) => link.href)")
        self.assertEqual(len(links), 6)
        for link in links:
            self.assertTrue(pathlib.Path(link.removeprefix("file://")).is_file(), link)
        self.open(pathlib.Path(links[0].removeprefix("file://")))
        self.assertEqual(self.browser.run("document.querySelector('header a').href"), page.resolve().as_uri())

    def test_without_a_folder_have_no_link(self):
        put_comparison(self.folder / "which", variants=("pca", "dense"))
        results = comparison_results(variants=("pca", "dense"))
        results["variants"][0]["runs"][0].update(id="gone/seed-1", state="missing")
        results["variants"][0]["runs"][1].update(id="../../elsewhere", state="missing")
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))
        linked = self.browser.run("[...document.querySelectorAll('#runs tbody tr')].map((row) => [row.cells[0].textContent, Boolean(row.querySelector('a'))])")
        self.assertEqual(dict(map(tuple, linked)), {"gone/seed-1": False, "../../elsewhere": False, "dense/seed-1": True, "dense/seed-2": True})


class Empty(Report):
    def test_what_is_missing_is_said_once(self):
        put_comparison(self.folder / "which", pictures=())
        results = {**comparison_results(), "robustness": None}
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))
        self.assertEqual(self.made["gaps"], [])
        titles = self.browser.run("[...document.querySelectorAll('h2')].map((node) => node.textContent)")
        for title in ("Reconstructions", "Latent interpolations", "Filters", "Robustness"):
            self.assertNotIn(title, titles)
        lines = self.browser.run("[...document.querySelectorAll('#gaps li')].map((line) => line.textContent)")
        self.assertEqual(lines, ["Reconstructions, Latent interpolations, Filters: no images (the data are not images, or no run completed).",
                                 "Robustness: not part of the evaluation."])

    def test_of_a_run(self):
        put_run(self.folder / "1", pictures=())
        for name in ("evaluation.json", "metrics.jsonl"):
            (self.folder / "1" / name).unlink()
        for image in (self.folder / "1/images").iterdir():
            image.unlink()
        self.open(self.report(self.folder / "1"))
        bodies = self.browser.run("[...document.querySelectorAll('main > section')].map((node) => [node.id, node.children.length])")
        self.assertNotIn("measures", dict(bodies))
        self.assertTrue(all(count > 1 for _, count in bodies), bodies)
        self.assertIn("Metrics: the run was not evaluated.", self.text("#gaps"))
        self.assertIn("Images: ", self.text("#gaps"))


if __name__ == "__main__":
    report.main()
