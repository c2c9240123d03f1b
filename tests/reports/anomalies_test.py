"""What a run's page shows of anomaly scores: measures, distributions, curves with bands, the strangest rows."""

import json

import report
from records import anomaly_record, put, put_run
from report import Report

CHART = "Chart.getChart(document.querySelector({}))"


class Anomalies(Report):
    def show(self, record=None):
        put_run(self.folder / "1")
        if record is not None:
            put(self.folder / "1/summary/anomaly.json", record)
        self.open(self.report(self.folder / "1"))

    def chart(self, label, expression):
        return self.browser.run(f"(({{ data, scales, options }}) => {expression})({CHART.format(json.dumps(f'#anomalies canvas[aria-label^={json.dumps(label)}]'))})")

    def rows(self, label):
        return self.browser.run(f"[...document.querySelectorAll('#anomalies table[aria-label={json.dumps(label)}] tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))")

    def open_all(self):
        self.browser.run("for (const node of document.querySelectorAll('#anomalies details')) node.open = true")
        self.browser.settle()

    def test_measures_have_intervals_and_delongs_test(self):
        self.show()
        rows = self.rows("Anomaly scores")
        self.assertEqual(rows[0], ["reconstruction", "0.9000\n[0.8000, 0.9500]", "0.8000\n[0.7000, 0.8500]", "0.7000\n[0.6000, 0.7500]",
                                   "0.6000\n[0.5000, 0.6500]", "0.5000\n[0.4000, 0.5500]", "\u2013"])
        self.assertEqual([rows[1][0], rows[1][-1]], ["likelihood", ".012"])
        self.assertIn("50 rows of the test split, 40 of them anomalies: of other classes than the normal ones (class dog)", self.text("#anomalies"))

    def test_distributions_are_shares_of_either_kind(self):
        self.show()
        bars = self.chart("Distribution of the score likelihood", "data.datasets.map(({ label, data }) => [label, data.map(({ x, y }) => [x, y])])")
        self.assertEqual(bars, [["normal", [[.5, .6], [1.5, .3], [2.5, .1]]], ["anomalies", [[.5, 0], [1.5, .25], [2.5, .75]]]])
        (mark,) = self.chart("Distribution of the score likelihood", "options.plugins.phases.marks.map(({ at }) => at)")
        self.assertAlmostEqual(mark, 1.30103, 5)  # log10 of 20
        self.open_all()
        self.assertEqual(self.rows("Distribution of likelihood")[1], ["10", "100", "3", "10"])
        self.assertEqual(self.rows("Classes by likelihood"), [["dog", "yes", "10", "5", "10\u00a0%"], ["cat", "no", "40", "300", "90\u00a0%"]])

    def test_scores_over_the_file_have_quartiles_and_the_threshold(self):
        self.show()
        lines = self.chart("Scores over the file by likelihood", "data.datasets.map(({ label, data }) => [label, data.map(({ x, y }) => [x, y])])")
        self.assertEqual(lines, [["median", [[49.5, 5], [149.5, 6], [249.5, 7]]], ["lower quartile", [[49.5, 3], [149.5, 4], [249.5, 5]]],
                                 ["upper quartile", [[49.5, 8], [149.5, 9], [249.5, 10]]], ["threshold", [[49.5, 20], [249.5, 20]]]])
        self.open_all()
        self.assertEqual(self.rows("Scores over the file by likelihood")[2], ["200", "299", "5", "7", "10", "20\u00a0%"])

    def test_curves_have_bands(self):
        self.show()
        for label, chance in ("ROC", [[0, 0], [1, 1]]), ("Precision-recall", [[0, .8], [1, .8]]):
            names = self.chart(label, "data.datasets.map(({ label, fill }) => [label, fill ?? null])")
            self.assertEqual(names, [["reconstruction", None], ["reconstruction", False], ["reconstruction", "-1"],
                                     ["likelihood", None], ["likelihood", False], ["likelihood", "-1"], ["chance", None]])
            self.assertEqual(self.chart(label, "data.datasets.at(-1).data.map(({ x, y }) => [x, y])"), chance)
            self.assertEqual(self.chart(label, "[scales.x.min, scales.x.max, scales.y.min, scales.y.max]"), [0, 1, 0, 1])
        self.assertEqual(self.chart("ROC", "[data.datasets[0].data.length, data.datasets[0].data[25].y]"), [101, .5])
        self.open_all()
        self.assertEqual(self.rows("ROC curve")[5], ["0.2500", "0.5000", "[0.2500, 0.7071]", "0.5000", "[0.2500, 0.7071]"])

    def test_strange_cells_are_marked(self):
        self.show()
        rows = self.rows("Strangest rows by likelihood")
        self.assertEqual(rows[1], ["1,001", "cat", "89", "0.5000", "1.500", "2.500", "height = 1.500 (5.50); area = 2.500 (2)"])
        marked = self.browser.run("[...document.querySelectorAll('#anomalies table[aria-label=\"Strangest rows by likelihood\"] tbody tr')].map((row) => [...row.cells].map((cell) => Boolean(cell.querySelector('.strange'))))")
        self.assertEqual(marked[1], [False, False, False, False, True, True, False])

    def test_pictures_are_above_their_reconstructions(self):
        self.show()
        cells = self.browser.run("""[...document.querySelectorAll("#anomalies .cells > div")].map((cell) => [...cell.querySelectorAll("img")].map((node) => [node.alt, getComputedStyle(node).objectPosition]))""")
        self.assertEqual(cells[1], [["row 1001, cat", "-10px 0px"], ["reconstruction of row 1001, cat", "-10px -10px"]])
        self.assertEqual(len(cells), 3)

    def test_what_is_damaged_is_left_out(self):
        record = anomaly_record()
        record["scores"][0] |= {"distribution": {"edges": [1]}, "roc": {"found": [1]}, "measures": 3, "strangest": "all", "drift": [{"first": 1}], "pictures": 1, "threshold": None}
        self.show({**record, "grid": record["grid"], "normal": 3})
        self.assertEqual(self.browser.run("document.querySelectorAll('#anomalies canvas[aria-label^=Distribution]').length"), 1)
        self.assertEqual(self.chart("ROC", "data.datasets.map(({ label }) => label)"), ["likelihood"] * 3 + ["chance"])
        self.show({**record, "scores": []})
        self.assertIsNone(self.browser.run("document.querySelector('#anomalies')"))

    def test_runs_without_have_no_section(self):
        put_run(self.folder / "1")
        (self.folder / "1/summary/anomaly.json").unlink()
        self.open(self.report(self.folder / "1"))
        self.assertIsNone(self.browser.run("document.querySelector('#anomalies')"))


if __name__ == "__main__":
    report.main()
