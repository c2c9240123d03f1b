"""What pages say and leave out: numbers of seeds, missing values, closed forms, and charts that show nothing new."""

import json

import report
from records import comparison_results, put, put_comparison, put_run, run_files
from report import Report


def write_lines(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


class Comparison(Report):
    def show(self, change=lambda results: None, **options):
        put_comparison(self.folder / "which", **options)
        results = comparison_results(**{name: value for name, value in options.items() if name in ("variants", "seeds")})
        change(results)
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))

    def texts(self, selector):
        return self.browser.run(f"[...document.querySelectorAll({json.dumps(selector)})].map((node) => node.textContent)")

    def test_reasons_are_read_without_a_click(self):
        reasons = ["The difference from denoising is significant (paired t test, Holm-corrected, p < .05). pca gave no value on "
                   "2 of 3 seeds and is not considered for best, though its other runs have a better mean.",
                   "The difference from every other variant is not significant (paired t tests, Holm-corrected, p \u2265 .05) and may be due to chance."]

        def change(results):
            for measure, reason in zip((results["measures"][0], results["measures"][2]), reasons):
                measure["claim"]["explanation"] = reason
        self.show(change)
        self.assertEqual(self.texts("#short tbody td:last-child"), reasons)
        self.assertEqual(self.texts("#short details.cell"), [])
        self.assertIn("Result", self.texts("#short thead th"))

    def test_means_over_fewer_seeds_say_so(self):
        self.show(lambda results: results["measures"][0]["rows"][0].update(n=1, interval=None, values=[1.1, None]))
        self.assertIn("1.150 (n=1)", self.texts("#short tbody td"))
        self.assertIn("1.150 (n=1)", self.texts("#measures tbody td"))
        self.assertIn("1.150 (n=1)", self.texts("#trade-offs tbody td"))
        self.assertIn("2.150 \u00b1 0.050", self.texts("#measures tbody td"))

    def test_metrics_without_values_have_no_column_but_a_reason(self):
        def change(results):
            for measure, explanation in ((results["measures"][1], "Neither direction is better."), (results["measures"][2], "No variant has this metric.")):
                measure["claim"].update(leader=None, explanation=explanation)
                for row in measure["rows"]:
                    row.update(n=0, mean=None, interval=None, values=[None, None])
        self.show(change)
        self.assertEqual(self.texts("#measures thead th"), ["Variant", "mse\u00a0\u2193"])
        self.assertIn("code/l0: Neither direction is better.", self.text("#measures"))
        self.assertIn("probe/accuracy: No variant has this metric.", self.text("#measures"))
        self.assertNotIn("\u2013: no value", self.text("#measures"))

    def test_a_dash_is_explained(self):
        self.show(lambda results: results["measures"][0]["rows"][1].update(n=0, mean=None, interval=None))
        self.assertIn("\u2013: no value, since the metric does not apply", self.text("#measures"))

    def test_one_variant_is_said_once(self):
        text = "There is one variant: nothing is compared."
        self.show(lambda results: results.update(summary=text, verdict=text, details=[], caveats=[]), variants=("pca",))
        self.assertEqual(self.text("#page").count(text), 1)

    def test_models_in_closed_form_have_no_learning_curve(self):
        self.show(lambda results: results["variants"][0].update(closed_form=True))
        drawn = """Chart.getChart(document.querySelector("#curves canvas")).data.datasets.filter((one) => one.series).map((one) => one.label)"""
        self.assertEqual(self.browser.run(drawn), ["dense", "sparse"])
        self.assertIn("solved in closed form: pca.", self.text("#curves figcaption"))
        self.assertEqual(self.texts("#runs tbody tr:first-child td")[2:4], ["closed form", "closed form"])
        self.show(lambda results: [variant.update(closed_form=True) for variant in results["variants"]])
        self.assertIsNone(self.browser.run("document.querySelector('#curves')"))
        self.assertIn("Learning curves: the model is solved in closed form", self.text("#gaps"))

    def test_an_axis_ends_where_training_ends(self):
        self.show(epochs=1)
        scale = self.browser.run("""(({ min, max, ticks }) => ({ min, max, labels: ticks.map(({ label }) => label).filter(Boolean) }))
            (Chart.getChart(document.querySelector("#curves canvas")).scales.x)""")
        self.assertEqual(scale, {"min": .5, "max": 1.5, "labels": ["1"]})

    def test_class_means_need_classes(self):
        self.show()
        self.assertIn("Class means as a table", self.text("#codes"))
        for path in self.folder.rglob("summary.json"):
            summary = json.loads(path.read_text())
            summary["codes"]["labels"] = []
            put(path, summary)
        self.open(self.report(self.folder / "which"))
        self.assertNotIn("Class", self.text("#codes"))

    def test_spectra_name_the_last_value(self):
        self.show()
        for lengths, columns in (([3], [1, 2, 3]), ([4, 2], [1, 2, 3, 4]), ([8], [*range(1, 9)]), ([9], [1, 2, 4, 8, 9]),
                                 ([10, 40, 5], [1, 2, 4, 5, 8, 10, 16, 32, 40])):
            self.assertEqual(self.browser.run(f"spectrumColumns({lengths})"), columns, lengths)
        self.assertEqual(self.texts("#spectra thead th"), ["Variant", "1", "2", "3", "4"])
        self.assertNotIn(" of 4", self.text("#spectra .caption"))

    def test_zero_has_a_tick_on_every_axis_that_contains_it(self):
        lacking = """Chart.instances && Object.values(Chart.instances).flatMap((chart) => Object.values(chart.scales)).filter((scale) =>
            scale.type === "linear" && scale.min <= 0 && scale.max >= 0 && scale.axis + scale.options.title?.text !== "y"
            && !scale.ticks.some(({ value, label }) => value === 0 && label === "0")).map((scale) => [scale.options.title.text, ...scale.ticks.map(({ label }) => label)])"""
        for low, high in ((-.07, .36), (-.02, 1.3), (-300, 45000), (-1.2, .1), (-1e-5, 4e-5)):
            def change(results, low=low, high=high):
                for row, mean in zip(results["measures"][0]["rows"], (low, (low + high) / 2, high)):
                    row.update(mean=mean, values=[mean, mean], interval=[mean, mean])
            self.show(change)
            for width in (1440, 1024, 700, 390, 320):
                self.browser.resize(width)
                self.assertEqual(self.browser.run(lacking), [], (low, high, width))

    def test_marks_have_the_full_color_of_their_series(self):
        self.show()
        seen = """["#metric canvas", "#codes canvas"].flatMap((name) => { const chart = Chart.getChart(document.querySelector(name)), { ctx } = chart;
            return chart.data.datasets.map(({ marks }, place) => { const meta = chart.getDatasetMeta(place).data, { x, y } = meta[meta.length - 1];
                const scale = chart.currentDevicePixelRatio, [r, g, b] = ctx.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data;
                const wanted = color(marks.place).match(/[0-9a-f]{2}/g).map((part) => parseInt(part, 16));
                return Math.max(...[r, g, b].map((part, index) => Math.abs(part - wanted[index]))); }); })"""
        for theme in ("light", "dark"):
            self.browser.media(theme)
            found = self.browser.run(seen)
            self.assertGreaterEqual(len(found), 9)
            self.assertEqual([one for one in found if one > 2], [], theme)


class Run(Report):
    def show(self, extra, **options):
        """A run whose epochs have `extra(epoch, line)` beside the loss."""
        put_run(self.folder / "1", **options)
        write_lines(self.folder / "1/metrics.jsonl", [{**line, **extra(line)} for line in run_files(**options)["metrics.jsonl"]])
        self.open(self.report(self.folder / "1"))

    def headings(self):
        return self.browser.run("[...document.querySelectorAll('#curves h3')].map((node) => node.textContent)")

    def test_identical_curves_are_drawn_once(self):
        self.show(lambda line: {"train/reconstruction": line["train/loss"], "validation/reconstruction": line["validation/loss"]})
        self.assertEqual(self.headings(), ["loss = reconstruction"])
        self.assertIn("An equals sign joins names whose curves are identical.", self.text("#curves figcaption"))
        self.show(lambda line: {"train/reconstruction": line["train/loss"], "validation/reconstruction": 2 * line["validation/loss"]})
        self.assertEqual(self.headings(), ["loss", "reconstruction"])
        self.assertNotIn("equals", self.text("#curves figcaption"))

    def test_frames_stand_side_by_side_whatever_their_legends(self):
        names = [f"split_with_a_long_name_{place}/reconstruction" for place in range(5)]
        self.show(lambda line: dict.fromkeys(names, line["epoch"]))
        tops = self.browser.run("[...document.querySelectorAll('#curves canvas')].map((canvas) => canvas.getBoundingClientRect().top)")
        self.assertEqual(len(tops), 2)
        self.assertEqual(*tops)

    def test_in_closed_form_has_no_learning_curve(self):
        put_run(self.folder / "1", epochs=1)
        put(self.folder / "1/status.json", {**run_files()["status.json"], "closed_form": True})
        self.open(self.report(self.folder / "1"))
        self.assertIsNone(self.browser.run("document.querySelector('#curves')"))
        self.assertIn("Learning curves: the model is solved in closed form, without training epochs.", self.text("#gaps"))


class Index(Report):
    def test_rows_of_one_second_are_ordered_by_name_and_number(self):
        for name in ("b/2", "a/10", "a/9", "b/1"):
            put_run(self.folder / "runs" / name)
        put_run(self.folder / "runs/c/1", time="2026-01-02T03:04:06Z")
        self.open(self.report(self.folder))
        rows = self.browser.run("[...document.querySelectorAll('#runs tbody tr')].map((row) => row.cells[0].textContent)")
        self.assertEqual(rows, ["runs/c/1", "runs/a/9", "runs/a/10", "runs/b/1", "runs/b/2"])

    def test_one_of_each_is_singular(self):
        put_comparison(self.folder / "which", variants=("pca",), seeds=(1,))
        put(self.folder / "which/comparison.json", {**comparison_results(("pca",), (1,)), "excluded": "1 of 1 run is excluded"})
        self.open(self.report(self.folder))
        cells = self.browser.run("[...document.querySelectorAll('#comparisons tbody td')].map((cell) => cell.textContent)")
        self.assertIn("1 variant x 1 seed", cells)
        self.assertIn("1 of 1 run is excluded", cells)


if __name__ == "__main__":
    report.main()
