"""aelab compare: files with errors, folders of something else, and runs that were edited."""

import re
import shutil

import program
from comparing import DENSE, PCA, Comparing, comparison
from program import read_json


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
        self.refused(comparison(grid={"seed": [1, 2]}), 'grid.seed: is set by the comparison; use "seeds"')
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
                     'base.training.threads: is set by the comparison; use "threads"')
        self.refused(comparison(sedes=[1]), 'sedes: unknown key. Did you mean "seeds"?')
        self.refused(comparison(base={"data": {"source": "digts"}}), 'base.data.source: unknown data source "digts"')

    def test_variants_in_different_units(self):
        scaled = {"source": "digits", "train": 400, "validation": 100, "transforms": ["standardize"]}
        gaussian = {"model": {**DENSE["model"], "likelihood": "gaussian"}}
        few = {"name": "few", "set": {**gaussian, "data.train": 200}}
        many = {"name": "many", "set": gaussian}
        base = {"data": scaled, "evaluation": ["reconstruction"]}
        for changed in ({"data.train": 200}, {"data.validation": 50}):
            variants = [many, {"name": "few", "set": {**gaussian, **changed}}]
            self.refused(comparison(base=base, variants=variants),
                         '"few": data: its transforms are fitted to another training split than those of "many" (seed 1)')
        # The same units whatever is trained on: no transform, or one that is not fitted.
        fixed = {**scaled, "transforms": [{"kind": "scale", "from": [0, 1], "to": [0, 2]}]}
        for data in (fixed, {**scaled, "transforms": []}, {**scaled, "transforms": [{"kind": "standardize", "over": "row"}]}):
            result = self.compare(comparison(base={**base, "data": data}, variants=[many, few]), "--dry-run")
            self.assertEqual(result.code, 0, result.stderr)

    def test_another_comparisons_folder_is_left_alone(self):
        self.compared(comparison())
        before = {path: path.read_bytes() for path in self.output.rglob("*") if path.is_file()}
        other = comparison(base={"data": {"source": "digits", "train": 300}})
        self.assert_refused(self.compare(other), "contains another comparison: its base differs at")
        self.assert_refused(self.compare(comparison(budget={"steps": 40})), "contains another comparison: its budget")
        changed = [{"name": "pca", "set": PCA}, {"name": "dense", "set": {**DENSE, "model.code": 5}}]
        result = self.compare(comparison(variants=changed))
        self.assertEqual(result.code, 2)
        self.assertIn("dense/seed-1/config.json: is the config of another run: model/code is 4, not 5", result.stderr)
        self.assertEqual({path: path.read_bytes() for path in self.output.rglob("*") if path.is_file()}, before)
        foreign = self.output / "foreign"
        foreign.mkdir()
        (foreign / "thesis.tex").write_text("all of it")
        self.assert_refused(self.compare(comparison(name="foreign")), "already exists and is not a comparison")
        self.assertEqual([path.name for path in foreign.iterdir()], ["thesis.tex"])

    def test_a_run_changed_by_hand_is_marked(self):
        made = self.compared(comparison())
        path = made / "runs/dense/seed-1/evaluation.json"
        path.write_text(re.sub(r'"reconstruction/mse": [0-9.e-]+', '"reconstruction/mse": 1e-9', path.read_text()))
        result = self.compare(comparison())
        self.assertEqual(result.code, 1)
        self.assertIn("dense/seed-1: changed: evaluation.json is not what the run wrote", result.stdout)
        value = read_json(made / "comparison.json")
        self.assertEqual(value["measures"][0]["rows"][1]["n"], 1)
        self.assertIn("1e-9", path.read_text(), "it is not overwritten")
        shutil.rmtree(path.parent)
        self.assertEqual(self.compare(comparison()).code, 0)
        self.assertEqual(read_json(made / "comparison.json")["measures"][0]["rows"][1]["n"], 2)

    def test_one_seed_claims_nothing(self):
        result = self.compare(comparison(seeds=[1]))
        self.assertEqual(result.code, 0)
        self.assertIn("With one seed, differences may be due to chance", result.stdout)
        self.assertNotIn("* ", result.stdout.split("training cost")[0])

    def test_an_unknown_metric_is_named(self):
        self.refused(comparison(metric="reconstruction/mes"), 'Did you mean "reconstruction/mse"?')


if __name__ == "__main__":
    program.main()
