"""aelab compare: from one file to paired runs, tables that SciPy agrees with, and a verdict."""

import csv
import json
import os
import random
import re
import shutil
import signal
import time

import program
from program import finish, read_json, start, wait_for, write_json

try:
    import numpy
    import scipy.stats
except ImportError:
    scipy = None

DENSE = {"model": {"variant": "dense", "code": 4, "hidden": [16]}}
PCA = {"model": {"variant": "pca", "code": 4}}
DENOISING = {"model": {"variant": "denoising", "code": 4, "backbone": {"kind": "dense", "hidden": [16]}}}


def comparison(**changes):
    """A comparison of moments, its top-level keys replaced by `changes`; None removes one."""
    config = {
        "name": "small",
        "base": {"data": {"source": "digits", "train": 400, "validation": 100}, "evaluation": ["reconstruction"]},
        "variants": [{"name": "pca", "set": PCA}, {"name": "dense", "set": DENSE}],
        "seeds": [1, 2],
        "budget": {"steps": 30},
        **changes,
    }
    return {key: value for key, value in config.items() if value is not None}


def without_clocks(value):
    """A comparison.json without what clocks say."""
    value = json.loads(json.dumps(value))
    for variant in value["variants"]:
        for run in variant["runs"]:
            run.pop("seconds", None)
    return value


class Comparing(program.TestCase):
    def compare(self, config, *arguments):
        file = write_json(self.folder / "comparison.json", config)
        return program.run("compare", file, "--output", self.output, *arguments)

    def compared(self, config, *arguments):
        result = self.compare(config, *arguments)
        self.assertEqual(result.code, 0, result.stderr)
        return self.output / config["name"]


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
        for text in ("7 seeds", 'against "pca"', "paired t", "Holm", "these data and settings"):
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


class Going(Comparing):
    """Stopping, killing, going on."""

    def test_finished_runs_are_kept_and_seeds_may_be_added(self):
        made = self.compared(comparison())
        before = (made / "runs/dense/seed-1/checkpoints/last.safetensors").stat().st_mtime_ns
        again = self.compare(comparison(seeds=[1, 2, 3]))
        self.assertEqual(again.code, 0, again.stderr)
        self.assertIn("4 of 6 runs are finished already", again.stderr)
        self.assertEqual((made / "runs/dense/seed-1/checkpoints/last.safetensors").stat().st_mtime_ns, before)
        self.assertEqual(read_json(made / "comparison.json")["seeds"], [1, 2, 3])

    def test_killed_at_random_it_ends_with_the_same_comparison(self):
        config = comparison(budget={"steps": 150}, seeds=[1, 2, 3])
        whole = without_clocks(read_json(self.compared({**config, "name": "whole"}) / "comparison.json"))
        file = write_json(self.folder / "killed.json", {**config, "name": "killed"})
        chance = random.Random(20)
        for _ in range(5):
            process = start("compare", file, "--output", self.output, "--quiet", stdout=-3)
            time.sleep(chance.uniform(0.3, 1.5))
            process.kill()
            process.wait()
        result = program.run("compare", file, "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)
        killed = without_clocks(read_json(self.output / "killed/comparison.json"))
        self.assertEqual(killed, {**whole, "name": "killed"})

    def test_a_signal_stops_it_to_go_on(self):
        config = comparison(budget={"steps": 100000}, variants=[{"name": "dense", "set": DENSE}], seeds=[1])
        file = write_json(self.folder / "comparison.json", config)
        process = start("compare", file, "--output", self.output, stdout=-1, stderr=-1)
        self.assertTrue(wait_for((self.output / "small/runs/dense/seed-1/metrics.jsonl").exists))
        process.send_signal(signal.SIGTERM)
        result = finish(process)
        self.assertEqual(result.code, 143, result)
        self.assertIn("go on with: aelab compare", result.stderr)
        self.assertEqual(read_json(self.output / "small/runs/dense/seed-1/status.json")["status"], "stopped")

    def test_a_terminals_ctrl_c_reaches_the_parent_alone_and_saves_every_worker(self):
        config = comparison(budget={"steps": 100000}, variants=[{"name": "dense", "set": DENSE}])
        file = write_json(self.folder / "comparison.json", config)
        process = start("compare", file, "--output", self.output, "--jobs", 2, stdout=-1, stderr=-1, process_group=0)
        runs = [self.output / "small/runs/dense" / seed for seed in ("seed-1", "seed-2")]
        self.assertTrue(wait_for(lambda: all((run / "metrics.jsonl").exists() for run in runs)))
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(finish(process).code, 130)
        for run in runs:
            self.assertEqual(read_json(run / "status.json")["status"], "stopped")

    def test_a_damaged_run_does_not_hide_the_others(self):
        made = self.compared(comparison(seeds=[1, 2, 3]))
        (made / "runs/dense/seed-1/status.json").write_text('{"status": "comp')
        shutil.rmtree(made / "runs/pca/seed-1/checkpoints")
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 1)
        self.assertIn("dense/seed-1: damaged: ", result.stdout)
        self.assertIn("2 pairs", result.stdout)
        self.assertIn("1 run does not count", result.stdout)

    def test_one_failed_run_fails_alone(self):
        wild = {**DENSE, "training.optimizer": {"kind": "sgd", "learning_rate": 1e30}}
        result = self.compare(comparison(variants=[{"name": "dense", "set": DENSE}, {"name": "wild", "set": wild}]))
        self.assertEqual(result.code, 1)
        self.assertIn("2 of 4 runs do not count", result.stderr)
        value = read_json(self.output / "small/comparison.json")
        self.assertEqual([run["state"] for run in value["variants"][1]["runs"]], ["failed", "failed"])
        self.assertIn("became", value["variants"][1]["runs"][0]["message"])
        self.assertEqual(value["measures"][0]["rows"][0]["n"], 2)
        self.assertEqual(value["measures"][0]["rows"][1]["n"], 0)
        self.assertIn("wild/seed-1: failed", result.stdout)

    def test_planned_runs_done_one_by_one_are_collected(self):
        result = self.compare(comparison(), "--plan")
        self.assertEqual(result.code, 0, result.stderr)
        commands = [line.split() for line in result.stdout.splitlines()]
        self.assertEqual(len(commands), 4)
        for command in commands:
            self.assertEqual(command[0], "aelab")
            self.assertEqual(program.run(*command[1:]).code, 0)
        result = program.run("compare", self.output / "small", "--collect")
        self.assertEqual(result.code, 0, result.stderr)
        planned = without_clocks(read_json(self.output / "small/comparison.json"))
        made = without_clocks(read_json(self.compared(comparison(name="directly")) / "comparison.json"))
        self.assertEqual(planned, {**made, "name": "small"})

    def test_dry_run_creates_nothing(self):
        result = self.compare(comparison(), "--dry-run")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertRegex(result.stdout, r"dense +2 +2276 +\d+ +30 ")
        self.assertIn("closed", result.stdout)
        self.assertFalse(self.output.exists())


class Budgets(Comparing):
    def test_parameters_are_met_by_the_width(self):
        result = self.compare(comparison(budget={"parameters": 5000, "steps": 10}), "--dry-run")
        self.assertEqual(result.code, 0, result.stderr)
        # 64 -> w -> 4 -> w -> 64 has 138 w + 68 parameters: 36 come nearest, with 5036.
        self.assertIn("model.hidden=36", result.stdout)
        self.assertRegex(result.stdout, r"dense +2 +5036 ")

    def test_what_cannot_be_met_names_the_nearest(self):
        self.assert_refused(self.compare(comparison(budget={"parameters": 5070, "tolerance": 0})),
                            "5070 cannot be met by scaling model.hidden; the nearest possible are 5036 and 5174")
        layer = {"variant": "dense", "code": 8, "likelihood": "gaussian"}
        stack = {"model": {"variant": "stacked", "layers": [layer] * 3}}
        self.assert_refused(
            self.compare(comparison(variants=[{"name": "stacked", "set": stack}], budget={"epochs": 2})),
            "2 epochs are too few for all phases; the least possible is 3")

    def test_seconds_go_one_at_a_time_and_refuse_what_stretches(self):
        clocked = comparison(budget={"seconds": 0.2}, variants=[{"name": "dense", "set": DENSE}])
        self.assert_refused(self.compare(clocked, "--jobs", "2"), "a budget of seconds lets runs go one at a time")
        rate = {"training.optimizer": {"kind": "adam", "learning_rate": {"kind": "cosine", "from": 0.01}}}
        self.assert_refused(
            self.compare({**clocked, "variants": [{"name": "dense", "set": {**DENSE, **rate}}]}),
            "the cosine schedule depends on the number of steps")
        made = self.compared(clocked)
        for run in read_json(made / "comparison.json")["variants"][0]["runs"]:
            self.assertGreaterEqual(run["seconds"], 0.2)
            self.assertLess(run["seconds"], 5)


class Mistakes(Comparing):
    def refused(self, config, *expected, arguments=()):
        self.assert_refused(self.compare(config, *arguments), *expected)
        self.assertFalse(self.output.exists())

    def test_each_is_named_and_nothing_created(self):
        two = [{"name": "dense", "set": DENSE}, {"name": "dense", "set": PCA}]
        self.refused(comparison(variants=two), 'there are two variants "dense"')
        self.refused(comparison(seeds=None), "seeds: must list at least one")
        self.refused(comparison(seeds=[]), "seeds: must list at least one")
        self.refused(comparison(seeds=[1, 1]), "seeds: lists a seed twice")
        self.refused(comparison(grid={"model.cod": [1, 2]}), 'grid.model.cod: unknown key. Did you mean "code"?')
        self.refused(comparison(grid={"training.batch_sise": [1]}),
                     'grid.training.batch_sise: unknown key. Did you mean "batch_size"?')
        self.refused(comparison(grid={"model.code": 3}), "grid.model.code: must be a list of distinct values, one at least, not 3")
        self.refused(comparison(list={"model.code": 3}), "list: must be a list of objects")
        self.refused(comparison(grid={"seed": [1, 2]}), 'grid.seed: is the comparison\'s own; use "seeds"')
        self.refused(comparison(baseline="dens"), 'baseline: no variant "dens". Did you mean "dense"?')
        self.refused(comparison(base=None), "base: is missing")
        self.refused(comparison(grid={"model.code": []}), "must be a list of distinct values, one at least, not []")
        self.refused(comparison(grid={"model.code": [4, 4]}), "must be a list of distinct values, one at least, not [4,4]")
        self.refused(comparison(grid={"model": [DENSE["model"], PCA["model"]]}),
                     *[f'variants[{i}]: "model" is set twice for "{name}"' for i, name in enumerate(["pca", "dense"])
                       for _ in range(2)])
        self.refused(comparison(variants=[{"name": "dense", "set": {**DENSE, "training.epochs": 3}}]),
                     'training.epochs and the comparison\'s "budget" exclude each other')
        self.refused(comparison(metric="probe/accuracy"), 'the runs do not measure "probe/accuracy"')
        self.refused(comparison(budget={"parameters": 5000}, variants=[
            {"name": "dense", "set": DENSE, "width": ["training.batch_size"]}]),
            '"training.batch_size" does not change how many parameters the model has')
        other = {"name": "other", "set": {**DENSE, "data.test": 0.3}}
        self.refused(comparison(variants=[{"name": "dense", "set": DENSE}, other]),
                     '"other": data: differ from those of "dense" at test')
        self.assertEqual(self.compare(comparison(), "--jobs", "0").code, 2)
        self.refused(comparison(), 'has no run ""', arguments=("--only", ""))
        self.refused(comparison(budget={"epochs": 2, "steps": 3}), 'can have only one of "epochs", "steps", "seconds"')
        self.refused(comparison(variants=[{"name": "../x", "set": DENSE}]), "must be made of at most 100 letters")
        self.refused(comparison(base={"data": {"source": "digits"}, "training": {"threads": 2}}),
                     'base.training.threads: is the comparison\'s own; use "threads"')
        self.refused(comparison(sedes=[1]), 'sedes: unknown key. Did you mean "seeds"?')
        self.refused(comparison(base={"data": {"source": "digts"}}), 'base.data.source: unknown data source "digts"')

    def test_another_comparisons_folder_is_left_alone(self):
        self.compared(comparison())
        before = {path: path.read_bytes() for path in self.output.rglob("*") if path.is_file()}
        other = comparison(base={"data": {"source": "digits", "train": 300}})
        self.assert_refused(self.compare(other), "holds another comparison: its base differs at")
        self.assert_refused(self.compare(comparison(budget={"steps": 40})), "holds another comparison: its budget")
        changed = [{"name": "pca", "set": PCA}, {"name": "dense", "set": {**DENSE, "model.code": 5}}]
        result = self.compare(comparison(variants=changed))
        self.assertEqual(result.code, 2)
        self.assertIn("dense/seed-1/config.json: is the config of another run: model/code is 4, not 5", result.stderr)
        self.assertEqual({path: path.read_bytes() for path in self.output.rglob("*") if path.is_file()}, before)
        foreign = self.output / "foreign"
        foreign.mkdir()
        (foreign / "thesis.tex").write_text("all of it")
        self.assert_refused(self.compare(comparison(name="foreign")), "is there already and holds no comparison")
        self.assertEqual([path.name for path in foreign.iterdir()], ["thesis.tex"])

    def test_a_run_changed_by_hand_is_marked(self):
        made = self.compared(comparison())
        path = made / "runs/dense/seed-1/evaluation.json"
        path.write_text(re.sub(r'"reconstruction/mse": [0-9.e-]+', '"reconstruction/mse": 1e-9', path.read_text()))
        result = self.compare(comparison())
        self.assertEqual(result.code, 1)
        self.assertIn("dense/seed-1: changed: evaluation.json is not what the run left", result.stdout)
        value = read_json(made / "comparison.json")
        self.assertEqual(value["measures"][0]["rows"][1]["n"], 1)
        self.assertIn("1e-9", path.read_text(), "it is not overwritten")
        shutil.rmtree(path.parent)
        self.assertEqual(self.compare(comparison()).code, 0)
        self.assertEqual(read_json(made / "comparison.json")["measures"][0]["rows"][1]["n"], 2)

    def test_one_seed_claims_nothing(self):
        result = self.compare(comparison(seeds=[1]))
        self.assertEqual(result.code, 0)
        self.assertIn("One seed: nothing can be claimed", result.stdout)
        self.assertNotIn("* ", result.stdout.split("cost of training")[0])

    def test_an_unknown_metric_is_named(self):
        self.refused(comparison(metric="reconstruction/mes"), 'Did you mean "reconstruction/mse"?')


if __name__ == "__main__":
    program.main()
