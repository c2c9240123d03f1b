"""What aelab compare claims of runs that it made, and what it does not."""

import csv
import math
import random

import program
from comparing import DENOISING, DENSE, PCA, Comparing, comparison
from program import read_json, write_json


def table(path, rows, columns=5, seed=0):
    """A CSV file of correlated numbers."""
    chance = random.Random(seed)
    with open(path, "w", newline="") as file:
        for _ in range(rows):
            common = chance.gauss(0, 3)
            csv.writer(file).writerow(common + chance.gauss(0, 1 + i) for i in range(columns))
    return str(path)


class Verdicts(Comparing):
    def claim(self, made, measure="reconstruction/mse"):
        return next(one["claim"] for one in read_json(made / "comparison.json")["measures"] if one["name"] == measure)

    def test_deterministic_variants_are_not_tested(self):
        data = {"source": "csv", "files": table(self.folder / "train.csv", 300),
                "test_files": table(self.folder / "test.csv", 100, seed=1), "header": False, "validation": 0}
        variants = [{"name": f"pca{code}", "set": {"model": {"variant": "pca", "code": code}}} for code in (2, 3)]
        made = self.compared(comparison(base={"data": data}, variants=variants, seeds=[1, 2, 3], budget=None))
        rows = read_json(made / "comparison.json")["measures"][0]["rows"]
        self.assertGreater(abs(rows[1]["against_baseline"]["mean"]), 0.1)
        self.assertIsNone(rows[1]["against_baseline"]["p"])
        self.assertIsNone(rows[1]["against_baseline"]["effect"])
        self.assertEqual((self.claim(made)["level"], self.claim(made)["reason"]), ("tentative", "deterministic"))
        self.assertEqual(self.claim(made)["leader"], "pca3")
        self.assertFalse(any(row["best"] for row in rows))

    def test_a_run_that_ended_in_nan_is_diverged(self):
        wild = {**DENSE, "training.optimizer": {"kind": "sgd", "learning_rate": 1e30},
                "callbacks": [{"kind": "stop-on-nan", "enabled": False}]}
        result = self.compare(comparison(seeds=[1, 2, 3], variants=[
            {"name": "pca", "set": PCA}, {"name": "dense", "set": DENSE}, {"name": "wild", "set": wild}]))
        self.assertEqual(result.code, 1)
        self.assertIn("3 of 9 runs are excluded", result.stderr)
        self.assertRegex(result.stdout, "wild/seed-1: diverged: .* NaN or infinite")
        value = read_json(self.output / "small/comparison.json")
        self.assertEqual([run["state"] for run in value["variants"][2]["runs"]], ["diverged"] * 3)
        self.assertEqual(value["variants"][2]["counts"], {"planned": 3, "completed": 0, "failed": 0, "diverged": 3, "unfinished": 0, "damaged": 0, "missing": 0})
        claim = self.claim(self.output / "small")
        self.assertEqual((claim["leader"], claim["level"], claim["reason"]), ("pca", "tentative", "incomplete_runs"))
        self.assertIn("wild diverged on 3 of 3 seeds and is not considered for best.", claim["explanation"])

    def test_a_variant_with_a_failed_run_is_never_best(self):
        made = self.compared(comparison(seeds=[1, 2, 3]))
        self.assertEqual(self.claim(made)["leader"], "pca")
        status = made / "runs/pca/seed-3/status.json"
        write_json(status, {**read_json(status), "status": "failed"})
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 1)
        claim = self.claim(made)
        self.assertEqual((claim["leader"], claim["level"], claim["reason"]), ("dense", "not judged", "incomplete_runs"))
        self.assertIn("pca failed on 1 of 3 seeds and is not considered for best, though its other runs have a better mean.", claim["explanation"])

    def test_still_improving_is_the_trend_of_the_last_fifth(self):
        made = self.compared(comparison(
            base={"data": {"source": "digits", "train": 400, "validation": 100}, "evaluation": ["reconstruction"]},
            budget={"epochs": 20}))
        variants = {variant["name"]: variant for variant in read_json(made / "comparison.json")["variants"]}
        self.assertIsNone(variants["pca"]["still_improving"])
        improving = 0
        for run in variants["dense"]["runs"]:
            with open(made / "runs" / run["id"] / "metrics.csv", newline="") as file:
                losses = [math.log(float(row["value"])) for row in csv.DictReader(file) if row["name"] == "validation/loss"]
            self.assertEqual(len(losses), 20)
            y = losses[-4:]
            slope = (1.5 * (y[3] - y[0]) + 0.5 * (y[2] - y[1])) / 5  # least squares at -1.5, -.5, .5, 1.5
            self.assertAlmostEqual(run["projected_improvement"], 1 - math.exp(4 * slope), places=9)
            self.assertEqual(run["still_improving"], run["projected_improvement"] > 0.01)
            improving += run["still_improving"]
        self.assertEqual(variants["dense"]["still_improving"], {"runs": improving, "of": 2})
        with open(made / "table.csv", newline="") as file:
            lines = {line["variant"]: line["still_improving"] for line in csv.DictReader(file)}
        self.assertEqual(lines, {"pca": "", "dense": str(improving)})
        with open(made / "runs.csv", newline="") as file:
            line = next(line for line in csv.DictReader(file) if line["variant"] == "dense")
        self.assertEqual(float(line["projected_improvement"]), variants["dense"]["runs"][0]["projected_improvement"])

    def test_what_defaults_bring_is_said(self):
        made = self.compared(comparison(variants=[{"name": "dense", "set": DENSE}, {"name": "denoising", "set": DENOISING}]))
        self.assertIn("bottleneck.activation differs by default: linear (dense), sigmoid (denoising).",
                      read_json(made / "comparison.json")["caveats"])
        same = {"model": {**DENOISING["model"], "bottleneck": {"kind": "deterministic", "activation": "linear"}}}
        made = self.compared(comparison(name="aligned", variants=[
            {"name": "dense", "set": DENSE}, {"name": "denoising", "set": same}]))
        self.assertNotIn("differs by default", read_json(made / "comparison.json")["verdict"])

    def test_completed_runs_that_the_file_no_longer_lists_are_named(self):
        self.compared(comparison(seeds=[1, 2, 3]))
        made = self.compared(comparison(seeds=[2]))
        said = "4 completed runs in the folder are not part of this comparison: dense/seed-1, dense/seed-3, pca/seed-1 and pca/seed-3."
        self.assertIn(said, read_json(made / "comparison.json")["caveats"])


if __name__ == "__main__":
    program.main()
