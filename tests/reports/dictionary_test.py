"""What pages show of sparse dictionaries: densities, cosines, dead latents, the strongest rows; what is explained against L0."""

import json

import report
from content_test import write_lines
from records import comparison_results, dictionary_measures, dictionary_record, put, put_comparison, put_run
from report import Report

CHART = "Chart.getChart(document.querySelector({}))"


class Dictionary(Report):
    def show(self, record=None, lines=None, **options):
        put_run(self.folder / "1", **options)
        if record is not None:
            put(self.folder / "1/summary/dictionary.json", record)
        if lines is not None:
            write_lines(self.folder / "1/code_use.jsonl", lines)
        self.open(self.report(self.folder / "1"))

    def chart(self, label, expression):
        return self.browser.run(f"(({{ data, scales, options }}) => {expression})({CHART.format(json.dumps(f'#dictionary canvas[aria-label^={json.dumps(label)}]'))})")

    def rows(self, label):
        return self.browser.run(f"[...document.querySelectorAll('#dictionary table[aria-label={json.dumps(label)}] tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))")

    def open_all(self):
        self.browser.run("for (const node of document.querySelectorAll('#dictionary details')) node.open = true")
        self.browser.settle()

    def test_densities_have_the_dead_apart(self):
        self.show()
        bars = self.chart("Firing densities", "data.datasets.map(({ data }) => data.map(({ x, y }) => [x, y]))")
        self.assertEqual(bars, [[[-2.75, 3], [-2.25, 8], [-1.75, 10], [-1.25, 7], [-.75, 4], [-.25, 1]], [[-4.5, 7]]])
        self.assertEqual(self.chart("Firing densities", "data.datasets[1].texts"), ["7"])
        self.assertEqual(self.chart("Firing densities", "scales.x.ticks.map(({ label }) => label)"), ["dead", "10\u207b\u00b3", "10\u207b\u00b2", "10\u207b\u00b9", "10\u2070"])
        self.assertEqual(self.chart("Firing densities", "options.plugins.phases.marks.map(({ at }) => at)"), [-3, -1])
        # A bar is as wide as its interval, and the bar of the dead overlaps no other.
        boxes = self.browser.run(f"((chart) => chart.data.datasets.flatMap((_, place) => chart.getDatasetMeta(place).data.map(({{ x, width }}) => [x - width / 2, x + width / 2])))({CHART.format(json.dumps('#dictionary canvas'))})")
        boxes.sort()
        for (_, right), (left, _) in zip(boxes, boxes[1:]):
            self.assertLessEqual(right, left + .5)
        step = self.chart("Firing densities", "scales.x.getPixelForValue(-2) - scales.x.getPixelForValue(-2.5)")
        for left, right in boxes:
            self.assertAlmostEqual((right - left) / step, .94, delta=.03)
        self.assertIn("the 7 latents that no row activates", self.text("#dictionary"))
        self.open_all()
        table = self.rows("Firing densities")
        self.assertEqual(table[0], ["dead", "\u2013", "7"])
        self.assertEqual([row[-1] for row in table[1:]], ["3", "8", "10", "7", "4", "1"])
        self.assertEqual(table[1][:2], ["0.001000", "0.003162"])

    def test_numbers_may_be_logarithmic(self):
        self.show()
        self.browser.run("document.querySelector('#dictionary .controls input').click()")
        self.assertEqual(self.chart("Firing densities", "[scales.y.type, scales.y.min]"), ["logarithmic", .5])

    def test_cosines_and_recovered_features(self):
        self.show()
        counts = dictionary_record()["cosines"]["counts"]
        for label in ("Nearest other latent", "Nearest latent of each true feature", "Nearest true feature of each latent"):
            self.assertEqual(self.chart(label, "data.datasets[0].data.map(({ y }) => y)"), counts)
            self.assertEqual(self.chart(label, "[scales.x.min, scales.x.max]"), [0, 1])
        self.assertIn("Of the 40 true features, 12 are recovered", self.text("#dictionary"))
        self.show(dictionary_record(truth=False))
        self.assertNotIn("true feature", self.text("#dictionary"))
        self.show({**dictionary_record(), "compared": 10})
        self.assertIn("of 10 of 40 latents", self.text("#dictionary"))

    def test_dead_latents_and_threshold_over_the_epochs(self):
        self.show()
        lines = self.chart("Number of latents that no row activates", "data.datasets.map(({ label, data }) => [label, data.map(({ y }) => y)])")
        self.assertEqual(lines, [["in the validation split", [9, 8, 7, 6, 5]], ["in the last 150 training rows", [0, 2, 4, 6, 8]]])
        self.assertEqual(self.chart("Threshold of", "data.datasets[0].data.map(({ x, y }) => [x, y])"), [[i + 1, .25 * i] for i in range(5)])
        self.show(lines=[{"epoch": epoch, "phase": "one", "latents": 40, "silent": epoch} for epoch in (1, 2)])
        self.assertEqual(self.browser.run("document.querySelectorAll('#dictionary canvas[aria-label^=Threshold]').length"), 0)
        self.assertNotIn("training rows", self.text("#dictionary"))

    def test_the_strongest_rows_are_cut_out_of_the_sheet(self):
        self.show()
        cells = self.browser.run("""[...document.querySelectorAll("#dictionary .cells img")].map((node) => { const style = getComputedStyle(node);
            return [node.alt, style.width, style.height, style.objectFit, style.objectPosition]; })""")
        self.assertEqual([cell[0] for cell in cells], ["row 200, class 0", "row 201, class 1", "row 3000, class 0", "row 3001, class 1", "row 3002, class 2"])
        self.assertEqual([cell[1:] for cell in cells][:2] + [cells[-1][1:]],
                         [["8px", "8px", "none", "0px 0px"], ["8px", "8px", "none", "-10px 0px"], ["8px", "8px", "none", "-20px -10px"]])
        self.assertIn("Latent 2rare, active in 2\u00a0% of the rows", self.text("#dictionary"))
        self.open_all()
        self.assertEqual(self.rows("All strongest rows")[-1], ["30", "dense", "300", "90", "0.9000", "3,002", "3", "class 2"])

    def test_rows_that_are_no_pictures_have_values(self):
        self.show(dictionary_record(pictures=False, truth=False))
        self.assertEqual(self.browser.run("document.querySelectorAll('#dictionary .cells').length"), 0)
        self.assertEqual(self.rows("Strongest rows of latents")[0],
            ["2", "rare", "20", "200 (4, class 0); 201 (3.50, class 1)", "0, 0.500"])

    def test_models_without_have_no_section(self):
        put_run(self.folder / "1")
        (self.folder / "1/summary/dictionary.json").unlink()
        write_lines(self.folder / "1/code_use.jsonl", [{"epoch": 1, "phase": "one", "perplexity": 2, "used": 1}])
        self.open(self.report(self.folder / "1"))
        self.assertIsNone(self.browser.run("document.querySelector('#dictionary')"))
        self.assertNotIn("Dictionary", self.text("#gaps") if self.browser.run("Boolean(document.querySelector('#gaps'))") else "")

    def test_what_is_damaged_is_left_out(self):
        self.show({**dictionary_record(), "densities": "many", "cosines": {"edges": [0], "counts": []}, "truth": 3, "strongest": [{"rows": "all"}], "bands": None})
        self.assertNotIn("Firing densities", self.text("#dictionary"))
        self.assertIn("40", self.text("#dictionary .facts"))


class Sparsity(Report):
    VARIANTS = ("top-k", "gated", "pca")

    def show(self, **options):
        put_comparison(self.folder / "which", variants=self.VARIANTS)
        results = comparison_results(self.VARIANTS)
        results["measures"] += dictionary_measures(self.VARIANTS, **options)
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))

    def charts(self):
        return self.browser.run("""[...document.querySelectorAll("#sparsity canvas")].map((canvas) => Chart.getChart(canvas).data.datasets.map(({ label, named, data, intervals }) =>
            ({ label, named: Boolean(named), points: data.map(({ x, y }) => [x, y]), intervals: intervals ?? null })))""")

    def test_every_run_has_a_point_and_every_variant_a_mean(self):
        self.show()
        charts = self.charts()
        self.assertEqual(len(charts), 3)
        for chart, base in zip(charts, (.6, .5, .4)):
            self.assertEqual([(one["label"], one["named"]) for one in chart], [("top-k", True), ("top-k", False), ("gated", True), ("gated", False)])
            for place in range(2):
                factors = [1 + (place + seed / 10) / 20 for seed in (1, 2)]
                means, seeds = chart[2 * place], chart[2 * place + 1]
                for point, factor in zip(seeds["points"], factors, strict=True):
                    self.assertAlmostEqual(point[0], 8 * factor, 3)
                    self.assertAlmostEqual(point[1], base * factor, 3)
                (x, y), = means["points"]
                self.assertAlmostEqual(x, 8 * sum(factors) / 2, 3)
                self.assertAlmostEqual(y, base * sum(factors) / 2, 3)
                interval, = means["intervals"]
                self.assertAlmostEqual(interval["x"][1] - interval["x"][0], 1, 3)
                self.assertAlmostEqual(interval["y"][1] - interval["y"][0], 1, 3)
        self.assertIn("Not a dictionary: pca.", self.text("#sparsity figcaption"))
        labels = self.browser.run(f"{CHART.format(json.dumps('#sparsity canvas'))}.labelBoxes.map(({{ text }}) => text)")
        self.assertEqual(labels, ["top-k", "gated"])

    def test_without_truth_there_is_one_chart(self):
        self.show(truth=False)
        self.assertEqual(len(self.charts()), 1)
        self.assertNotIn("MCC", self.text("#sparsity"))

    def test_comparisons_without_have_no_such_section(self):
        put_comparison(self.folder / "which")
        self.open(self.report(self.folder / "which"))
        self.assertIsNone(self.browser.run("document.querySelector('#sparsity')"))

    def test_nothing_is_cut_at_any_width(self):
        self.show()
        self.assert_nothing_is_cut(self.folder / "which/report.html")
        self.assert_drawn(8)


if __name__ == "__main__":
    report.main()
