"""What pages show of generative models: the use of codes over the epochs, a prior's contours, likelihoods, rate and distortion."""

import json
import math

import report
from content_test import write_lines
from records import comparison_results, generative_measures, put, put_comparison, put_run, run_files
from report import Report

CHART = "Chart.getChart(document.querySelector({}))"


class UseOfCodes(Report):
    def show(self, lines=None, **summary):
        put_run(self.folder / "1")
        if lines is not None:
            write_lines(self.folder / "1/code_use.jsonl", lines)
        record = run_files()["summary/summary.json"]
        put(self.folder / "1/summary/summary.json", {**record, **summary})
        self.open(self.report(self.folder / "1"))

    def chart(self, label, expression):
        return self.browser.run(f"(({{ data, scales, options }}) => {expression})({CHART.format(json.dumps(f'canvas[aria-label^={json.dumps(label)}]'))})")

    def test_each_dimension_is_a_row_of_cells(self):
        self.show([{"epoch": epoch, "phase": "one", "divergences": [epoch, 10 * epoch, 0]} for epoch in (1, 2, 5)])
        cells = self.chart("KL divergence from", "data.datasets[0].data.map(({ x, y, value, dimension, left, right }) => [x, y, value, dimension, left, right])")
        self.assertEqual(cells[:4], [[1, 1, 10, 1, .5, 1.5], [2, 1, 20, 1, 1.5, 3.5], [5, 1, 50, 1, 3.5, 5.5], [1, 2, 1, 0, .5, 1.5]])
        self.assertEqual(self.chart("KL divergence from", "scales.y.ticks.map(({ label }) => label)"), ["1", "0", "2"])
        self.assertIn("50 nats", self.text("#use .scale"))

    def test_a_cell_is_as_dark_as_its_value_is_large(self):
        self.show([{"epoch": epoch, "phase": "one", "divergences": [4, 2, 0]} for epoch in (1, 2)])
        inks = self.browser.run("""((chart) => [1, 2, 3].map((row) => { const scale = chart.currentDevicePixelRatio;
            const at = [chart.scales.x.getPixelForValue(1.2), chart.scales.y.getPixelForValue(row)].map((place) => Math.round(place * scale));
            return chart.ctx.getImageData(...at, 1, 1).data[3]; }))(Chart.getChart(document.querySelector('#use canvas')))""")
        self.assertGreater(inks[0], 250)
        self.assertAlmostEqual(inks[1], 255 * .525, delta=4)
        self.assertAlmostEqual(inks[2], 255 * .05, delta=4)

    def test_the_codebook_has_its_curves_and_its_choices(self):
        self.show([{"epoch": epoch, "phase": "one", "perplexity": 2 * epoch, "used": epoch / 4} for epoch in (1, 2)],
                  latent=None, codebook={"rows": 30, "size": 8, "perplexity": 2.5, "counts": [6, 3, 1]})
        self.assertEqual(self.chart("perplexity", "data.datasets[0].data.map(({ y }) => y)"), [2, 4])
        self.assertEqual(self.chart("share of vectors", "data.datasets[0].data.map(({ y }) => y)"), [.25, .5])
        self.assertEqual(self.chart("Share of the choices", "data.datasets[1].data.map(({ x, y }) => [x, y])"), [[1, 60], [2, 30], [3, 10]])
        self.assertEqual(self.chart("Share of the choices", "[scales.x.min, scales.x.max, data.datasets[0].data[0].y]"), [.5, 8.5, 12.5])
        self.assertIn("(10 choices), in descending order: 3 are in use, perplexity 2.500.", self.text("#use"))

    def test_models_without_have_no_section(self):
        put_run(self.folder / "1")
        (self.folder / "1/code_use.jsonl").unlink()
        put(self.folder / "1/summary/summary.json", {**run_files()["summary/summary.json"], "latent": None, "codebook": None})
        self.open(self.report(self.folder / "1"))
        self.assertIsNone(self.browser.run("document.querySelector('#use')"))
        self.assertNotIn("Use of the code", self.text("#page"))

    def test_what_is_damaged_is_left_out(self):
        self.show([{"epoch": 1, "phase": "one", "divergences": "many", "perplexity": []}, {"epoch": "two"}],
                  codebook={"size": 8, "counts": [3, "many"]}, latent=None,
                  codes={**run_files()["summary/summary.json"]["codes"], "prior": {"points": 3, "x": [0], "y": [0, 1], "log_densities": [1, None], "contours": [{"mass": .5, "log_density": 0}]}})
        self.assertIsNone(self.browser.run("document.querySelector('#use')"))
        self.assertEqual(self.chart("Latent codes", "data.contours"), [])


class Contours(Report):
    def test_those_of_a_normal_distribution_are_circles(self):
        ends, points = [-4, 4], 64
        axis = [ends[0] + (ends[1] - ends[0]) * place / (points - 1) for place in range(points)]
        densities = [-math.log(2 * math.pi) - (x * x + y * y) / 2 for y in axis for x in axis]
        level = {mass: -math.log(2 * math.pi) + math.log(1 - mass) for mass in (.5, .9, .99)}
        put_run(self.folder / "1")
        record = run_files()["summary/summary.json"]
        record["codes"]["prior"] = {"points": points, "x": ends, "y": ends, "log_densities": densities,
                                    "contours": [{"mass": mass, "log_density": at} for mass, at in level.items()]}
        put(self.folder / "1/summary/summary.json", record)
        self.open(self.report(self.folder / "1"))
        contours = self.browser.run(f"{CHART.format(json.dumps('#codes canvas'))}.data.contours")
        self.assertEqual([contour["mass"] for contour in contours], [.5, .9, .99])
        for contour in contours:
            radius = math.sqrt(-2 * math.log(1 - contour["mass"]))
            turned = set()
            for x1, y1, x2, y2 in contour["segments"]:
                for x, y in ((x1, y1), (x2, y2)):
                    self.assertAlmostEqual(math.hypot(x, y), radius, delta=.004)
                turned.add(round(math.degrees(math.atan2(y1, x1))) // 15)
            self.assertEqual(len(turned), 24)
            length = sum(math.hypot(x2 - x1, y2 - y1) for x1, y1, x2, y2 in contour["segments"])
            self.assertAlmostEqual(length, 2 * math.pi * radius, delta=.01 * radius)
        self.assertIn("enclose 50\u00a0%, 90\u00a0%, 99\u00a0% of its mass", self.text("#codes figcaption"))

    def test_every_cell_connects_the_sides_that_the_level_crosses(self):
        self.open_any()
        for corners in range(16):
            values = [1 if corners >> corner & 1 else 0 for corner in range(4)]
            segments = self.browser.run(f"cellSegments(.5, {values})")
            crossed = [side for side, (a, b) in {"lower": (0, 1), "right": (1, 2), "upper": (3, 2), "left": (0, 3)}.items() if values[a] != values[b]]
            place = {"lower": [.5, 0], "right": [1, .5], "upper": [.5, 1], "left": [0, .5]}
            ends = [segment[half:half + 2] for segment in segments for half in (0, 2)]
            self.assertEqual(sorted(ends), sorted(place[side] for side in crossed), values)
        # A saddle whose middle is above the level joins the corners that are, and one below parts them.
        joined, parted = self.browser.run("[cellSegments(.2, [1, 0, 1, 0]), cellSegments(.8, [1, 0, 1, 0])]")
        self.assertEqual(joined, [[.8, 0, 1, .2], [.2, 1, 0, .8]])
        self.assertEqual([[round(end, 9) for end in segment] for segment in parted], [[0, .2, .2, 0], [1, .8, .8, 1]])

    def open_any(self):
        put_run(self.folder / "1")
        self.open(self.report(self.folder / "1"))


class Generative(Report):
    VARIANTS = ("vae", "iwae", "autoencoder")

    def show(self, change=lambda results: None):
        put_comparison(self.folder / "which", variants=self.VARIANTS)
        results = comparison_results(self.VARIANTS)
        results["measures"] += generative_measures(self.VARIANTS)
        change(results)
        put(self.folder / "which/comparison.json", results)
        self.open(self.report(self.folder / "which"))

    def rows(self, section):
        return self.browser.run(f"[...document.querySelectorAll('{section} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))")

    def test_likelihoods_have_both_errors(self):
        self.show()
        errors = [.3 * (1 + seed / 200) for seed in (1, 2)]
        sampling = 1.96 * math.hypot(*errors) / 2
        first = self.rows("#likelihood")[0]
        self.assertEqual(first[:5], ["vae", "96.72", "0.50", f"{sampling:.2f}", "2"])
        self.assertEqual(len(self.rows("#likelihood")), 2)
        self.assertIn("Without a likelihood: autoencoder.", self.text("#likelihood figcaption"))
        bars = self.browser.run(f"{CHART.format(json.dumps('#likelihood canvas'))}.data.datasets[1].intervals.map(({{ x }}) => x)")
        for (low, high), value, error in zip(bars, (96 * 1.005, 96 * 1.01), errors):
            self.assertAlmostEqual(low, value - 1.96 * error, 3)
            self.assertAlmostEqual(high, value + 1.96 * error, 3)

    def test_without_sampling_errors_seeds_have_no_bars(self):
        self.show(lambda results: results.update(measures=[one for one in results["measures"] if "sampling" not in one["name"]]))
        self.assertNotIn("sampling", self.text("#likelihood thead"))
        bars = self.browser.run(f"{CHART.format(json.dumps('#likelihood canvas'))}.data.datasets[1].intervals.map(({{ x }}) => x)")
        self.assertEqual(bars, [None, None])

    def test_each_model_has_its_point_of_rate_and_distortion(self):
        self.show()
        points = self.browser.run(f"{CHART.format(json.dumps('#rate canvas'))}.data.datasets.map(({{ label, data, marks }}) => [label, data[0].x, data[0].y, marks.place])")
        self.assertEqual([point[0::3] for point in points], [["vae", 0], ["iwae", 1]])
        for place, (_, rate, distortion, _) in enumerate(points):
            self.assertAlmostEqual(rate, 12 * (1 + (place + .15) / 20), 3)
            self.assertAlmostEqual(distortion, 80 * (1 + (place + .15) / 20), 3)
        row = self.rows("#rate")[0]
        self.assertEqual(row, ["vae", "12.09 \u00b1 0.50", "80.60 \u00b1 0.50", "92.69"])
        self.assertIn("Without a rate: autoencoder.", self.text("#rate figcaption"))

    def test_the_use_of_codes_is_beside_their_divergences(self):
        self.show()
        self.assertEqual(self.browser.run("[...document.querySelectorAll('#use thead th')].map((head) => head.textContent)")[2:], ["Active units"])
        self.assertEqual([row[0] for row in self.rows("#use")], ["vae", "iwae"])
        lines = self.browser.run(f"{CHART.format(json.dumps('#use canvas'))}.data.datasets.map(({{ data }}) => data.map(({{ y }}) => y))")
        self.assertEqual(lines, [[2, .5, .25]] * 3)

    def test_comparisons_without_have_no_such_sections(self):
        put_comparison(self.folder / "which")
        for path in self.folder.rglob("summary.json"):
            put(path, {**json.loads(path.read_text()), "latent": None})
        self.open(self.report(self.folder / "which"))
        for section in ("likelihood", "rate", "use"):
            self.assertIsNone(self.browser.run(f"document.querySelector('#{section}')"))

    def test_nothing_is_cut_at_any_width(self):
        self.show()
        self.assert_nothing_is_cut(self.folder / "which/report.html")
        self.assert_drawn(8)


if __name__ == "__main__":
    report.main()
