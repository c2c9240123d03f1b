"""aelab compare: from one file to paired runs, and tables that SciPy agrees with."""

import csv
import itertools
import json

import program
from comparing import DENOISING, DENSE, PCA, Comparing, comparison
from program import read_json

try:
    import numpy
    import scipy.stats
except ImportError:
    scipy = None


class Tables(Comparing):
    """One comparison, looked at from all sides."""

    SEEDS = [1, 2, 3, 4, 5, 6, 7]

    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.config = comparison(
            seeds=cls.SEEDS,
            variants=[
                {"name": "pca", "set": PCA},
                {"name": "dense", "set": DENSE},
                {"name": "denoising", "set": {**DENOISING, "evaluation": ["reconstruction", "robustness"]}},
            ],
        )
        cls.made = case.compared(cls.config)
        cls.result = read_json(cls.made / "comparison.json")

    def values(self, measure, variant):
        """From the runs' own files."""
        found = []
        for seed in self.SEEDS:
            metrics = read_json(self.made / "runs" / variant / f"seed-{seed}" / "evaluation.json")["metrics"]
            value = metrics.get(measure)
            found.append(value if isinstance(value, float) else None)
        return found

    def rows(self):
        for measure in self.result["measures"]:
            for row in measure["rows"]:
                yield measure, row, self.values(measure["name"], row["variant"])

    def test_values_are_those_of_the_runs(self):
        for _, row, values in self.rows():
            self.assertEqual(row["values"], values)

    def test_scipy_agrees(self):
        if scipy is None:
            self.skipTest("without SciPy")
        tested = 0
        for measure, row, values in self.rows():
            values = numpy.array([value for value in values if value is not None])
            self.assertEqual(row["n"], len(values))
            if len(values) == 0:
                continue
            low, high = scipy.stats.t.interval(
                0.95, len(values) - 1, loc=values.mean(), scale=scipy.stats.sem(values)
            )
            numpy.testing.assert_allclose(row["mean"], values.mean(), rtol=1e-9)
            numpy.testing.assert_allclose(row["deviation"], values.std(ddof=1), rtol=1e-7)
            numpy.testing.assert_allclose(row["interval"], [low, high], rtol=1e-6)
            baseline = self.values(measure["name"], "pca")
            if "against_baseline" not in row or None in baseline:
                continue
            test, expected = row["against_baseline"], scipy.stats.ttest_rel(values, baseline)
            differences = values - numpy.array(baseline)
            numpy.testing.assert_allclose([test["t"], test["p"]], [expected.statistic, expected.pvalue], rtol=1e-6)
            numpy.testing.assert_allclose(test["effect"], differences.mean() / differences.std(ddof=1), rtol=1e-6)
            numpy.testing.assert_allclose(
                test["interval"], expected.confidence_interval(0.95), rtol=1e-6, atol=1e-12
            )
            wilcoxon = scipy.stats.wilcoxon(differences, zero_method="wilcox", method="exact")
            numpy.testing.assert_allclose(test["wilcoxon_p"], wilcoxon.pvalue, rtol=1e-9)
            tested += 1
        self.assertGreater(tested, 4)

    def test_holm_is_over_the_variants_of_one_measure(self):
        for measure in self.result["measures"]:
            tests = [row["against_baseline"] for row in measure["rows"] if "against_baseline" in row]
            p = sorted(test["p"] for test in tests if test.get("p") is not None)
            for test in tests:
                if test.get("p") is None:
                    self.assertIsNone(test.get("p_holm"))
                    continue
                steps = [min(1, (len(p) - i) * value) for i, value in enumerate(p) if value <= test["p"]]
                self.assertAlmostEqual(test["p_holm"], max(steps), places=12)

    def test_claims_are_those_of_scipy(self):
        """Every leader and level again, from the runs' values alone."""
        if scipy is None:
            self.skipTest("without SciPy")
        levels, alone = set(), 0
        for measure in self.result["measures"]:
            claim, values = measure["claim"], {}
            for row in measure["rows"]:
                if None not in (found := self.values(measure["name"], row["variant"])):
                    values[row["variant"]] = numpy.array(found)
            if measure["better"] == "neither" or len(values) == 1:
                self.assertIsNone(claim["leader"])
                alone += len(values) == 1
                continue
            leader = (min if measure["better"] == "lower" else max)(values, key=lambda name: values[name].mean())
            self.assertEqual(claim["leader"], leader)
            p = {frozenset(pair): scipy.stats.ttest_rel(*(values[name] for name in pair)).pvalue
                 for pair in itertools.combinations(values, 2)}
            corrected = {}
            for family in ({pair for pair in p if "pca" in pair}, {pair for pair in p if "pca" not in pair}):
                ordered = sorted(family, key=p.get)
                for i, pair in enumerate(ordered):
                    steps = [(len(ordered) - j) * p[other] for j, other in enumerate(ordered[:i + 1])]
                    corrected[pair] = min(1, max(steps))
            own = [value < 0.05 for pair, value in corrected.items() if leader in pair]
            level = ("not judged", "no_rival") if not own else ("decided", "significant") if all(own) else (
                ("tentative", "partly_significant") if any(own) else ("undecided", "not_significant"))
            self.assertEqual((claim["level"], claim["reason"]), level, (measure["name"], corrected))
            for row in measure["rows"]:
                if row["variant"] in values and row["variant"] != leader:
                    self.assertEqual(row["level"], "decided" if corrected[frozenset((leader, row["variant"]))] < 0.05 else "undecided")
            self.assertEqual([row["best"] for row in measure["rows"]],
                             [row["variant"] == leader and level[0] == "decided" for row in measure["rows"]])
            levels.add(level)
        self.assertIn(("decided", "significant"), levels)
        self.assertGreater(alone, 0)

    def test_what_does_not_apply_is_no_zero(self):
        rows = {
            (measure["name"], row["variant"]): row for measure in self.result["measures"] for row in measure["rows"]
        }
        self.assertEqual(rows["reconstruction/bce_per_pixel", "pca"]["n"], 0)
        self.assertNotIn("mean", rows["reconstruction/bce_per_pixel", "pca"])
        self.assertEqual(rows["reconstruction/bce_per_pixel", "pca"]["values"], [None] * 7)
        self.assertEqual(rows["robustness/masking-0.5", "dense"]["n"], 0)

    def test_closed_forms_and_costs_are_told(self):
        variants = {variant["name"]: variant for variant in self.result["variants"]}
        self.assertTrue(variants["pca"]["closed_form"])
        self.assertFalse(variants["dense"]["closed_form"])
        self.assertEqual([variant["code"] for variant in variants.values()], [4, 4, 4])
        self.assertEqual(variants["dense"]["costs"]["steps"], {"mean": 30, "low": 30, "high": 30})
        self.assertEqual(self.result["measures"][0]["rows"][1]["pareto_optimal"].keys(), {"code", "parameters", "seconds"})
        for run in variants["dense"]["runs"]:
            self.assertEqual((run["steps"], run["parameters"]), (30, 64 * 16 + 16 + 16 * 4 + 4 + 4 * 16 + 16 + 16 * 64 + 64))

    def test_robustness_is_a_matrix(self):
        matrix = self.result["robustness"]
        self.assertEqual(matrix["trained_with"], ["pca", "dense", "denoising"])
        self.assertIn("gaussian-0.5", matrix["tested_with"])
        self.assertEqual(matrix["mean"][0], [None] * len(matrix["tested_with"]))
        self.assertTrue(all(isinstance(value, float) for value in matrix["mean"][2]))

    def test_csv_says_the_same(self):
        with open(self.made / "table.csv", newline="") as file:
            table = list(csv.DictReader(file))
        rows = [(measure, row) for measure, row, _ in self.rows()]
        self.assertEqual(len(table), len(rows))
        for line, (measure, row) in zip(table, rows):
            self.assertEqual((line["measure"], line["variant"], int(line["n"])), (measure["name"], row["variant"], row["n"]))
            if row["n"]:
                self.assertEqual(float(line["mean"]), row["mean"])
        with open(self.made / "runs.csv", newline="") as file:
            runs = list(csv.DictReader(file))
        self.assertEqual({(line["variant"], line["seed"]) for line in runs},
                         {(variant, str(seed)) for variant in ("pca", "dense", "denoising") for seed in self.SEEDS})

    def test_verdict_names_test_correction_and_scope(self):
        verdict = self.result["verdict"]
        for text in ("7 seeds", "Compared with the baseline pca", "paired t tests", "Holm-corrected over 2 variants",
                     "these data and settings"):
            self.assertIn(text, verdict)

    def test_json_is_what_the_file_holds(self):
        printed = json.loads(program.run("compare", self.made, "--collect", "--json").stdout)
        self.assertEqual(printed.pop("folder"), str(self.made))
        self.assertEqual(printed, self.result)


class Pairing(Comparing):
    def test_same_rows_at_the_same_step_and_the_same_noise(self):
        corrupted = {"corruption": {"kind": "gaussian", "level": 0.3}}
        layer = {"variant": "dense", "code": 8, "likelihood": "gaussian"}
        made = self.compared(comparison(
            budget={"steps": 20},
            base={"data": {"source": "digits", "train": 400}, "callbacks": ["trace"], "training": {"batch_size": 64}},
            variants=[
                {"name": "dense", "set": {"model": {"variant": "dense", "code": 4, **corrupted}}},
                {"name": "contractive", "set": {"model": {"variant": "contractive", "code": 9, **corrupted}}},
                {"name": "stacked", "set": {"model": {"variant": "stacked", "layers": [layer, layer]}},
                 "shares": [1, 3]},
            ],
        ))
        for seed in (1, 2):
            traces = {}
            for variant in ("dense", "contractive", "stacked"):
                with open(made / "runs" / variant / f"seed-{seed}" / "trace.csv", newline="") as file:
                    traces[variant] = list(csv.DictReader(file))
            rows = [[line["rows"] for line in trace] for trace in traces.values()]
            self.assertEqual(len(rows[0]), 20)
            self.assertEqual(rows[0], rows[1])
            self.assertEqual(rows[0], rows[2], "a stack whose phases end within a pass sees the same rows")
            self.assertEqual([line["input"] for line in traces["dense"]],
                             [line["input"] for line in traces["contractive"]])
            self.assertEqual([line["phase"] for line in traces["stacked"]].count("layer 1"), 5)
            self.assertEqual(len(set(rows[0])), 20)


if __name__ == "__main__":
    program.main()
