"""Tables with categories, dates and missing cells on the command line: described, trained on, applied, imputed."""

import io
import json
import pathlib
import sys

import program
from program import small_run

try:
    import numpy
    import pandas
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

CITIES = numpy.array(["Bonn", "Kiel", "Ulm"])


def survey(rows, seed=0, missing=0.2):
    """Columns that depend on each other; the cells that are missing are known, too."""
    random = numpy.random.default_rng(seed)
    x = random.normal(size=rows)
    whole = pandas.DataFrame({
        "age": numpy.round(45 + 12 * x, 1),
        "city": CITIES[(x > -0.5).astype(int) + (x > 0.7)],
        "smokes": numpy.where(x > 0, "yes", "no"),
        "visits": random.poisson(numpy.exp(0.5 + 0.7 * x)),
        "seen": pandas.Timestamp("2023-01-02") + pandas.to_timedelta(numpy.round(100 + 40 * x), unit="D"),
    })
    whole["seen"] = whole["seen"].dt.strftime("%Y-%m-%d")
    lacking = random.uniform(size=whole.shape) < missing
    return whole, whole.astype(object).mask(lacking), lacking


class TypedTables(program.TestCase):
    def write(self, table, name="table.csv"):
        path = self.folder / name
        table.to_csv(path, index=False, sep=";", decimal=",", encoding="utf-8-sig")
        return path

    def source(self, path, **fields):
        return {"source": "csv", "files": str(path), "counts": ["visits"], **fields}

    def described(self, path, **fields):
        result = program.run("data", json.dumps(self.source(path, **fields)), "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def trained(self, path, **changes):
        return self.train(small_run(**{
            "data": self.source(path, validation=30), "model": {"variant": "denoising", "code": 3, "backbone": {"kind": "dense", "hidden": [32]},
                                                 "corruption": {"kind": "column-masking", "level": 0.2},
                                                 "likelihood": {"kind": "mixed", "learned": True}},
            "training": {"epochs": 150, "batch_size": 32, "optimizer": {"kind": "adam", "learning_rate": 0.01}}, **changes}))

    def test_description_shows_the_schema(self):
        whole, table, lacking = survey(200)
        path = self.write(table)
        columns = {column["name"]: column for column in self.described(path)["columns"]}
        self.assertEqual({name: column["type"] for name, column in columns.items()},
                         {"age": "numeric", "city": "categorical", "smokes": "flag", "visits": "count", "seen": "date"})
        for i, name in enumerate(whole.columns):
            self.assertAlmostEqual(columns[name]["missing"], lacking[:, i].mean())
        counts = table["city"].value_counts()
        self.assertEqual({entry["category"]: entry["rows"] for entry in columns["city"]["categories"]}, counts.to_dict())
        self.assertAlmostEqual(columns["age"]["mean"], table["age"].astype(float).mean(), places=4)
        self.assertEqual(columns["seen"]["least"], table["seen"].dropna().min())
        self.assertEqual(columns["seen"]["most"], table["seen"].dropna().max())
        said = program.run("data", json.dumps(self.source(path))).stdout
        self.assertRegex(said, r"column +kind +missing +values")
        self.assertRegex(said, r"city +categorical +\d+(\.\d+)? % +3: ")

    def test_suspicious_columns_are_warned_of(self):
        whole, table, _ = survey(80, missing=0)
        table["leak"] = numpy.where(whole["smokes"] == "yes", "a", "b")
        table["same"] = "x"
        notes = " ".join(self.described(self.write(table), label="smokes")["notes"])
        self.assertIn('each value of "leak" has rows of one label alone', notes)
        self.assertIn('the same value in every row: "same"; leave it out: "ignore": ["same"]', notes)
        table["name"] = [f"Doe {i}" for i in range(80)]
        result = program.run("data", json.dumps(self.source(self.write(table), delimiter=";")))
        self.assert_refused(result, "80 different texts in 80 rows: names or identifiers")
        self.assertIn('"ignore": ["name"]', result.stderr)
        self.assertIn('"categorical": ["name"]', result.stderr)

    def test_a_run_is_applied_where_its_file_is_gone(self):
        whole, table, lacking = survey(400)
        path = self.write(table)
        folder = self.trained(path)
        config = program.read_json(folder / "config.json")
        self.assertEqual(config["data"]["transforms"][0]["kind"], "columns")
        self.assertEqual(config["model"]["expanded"]["likelihood"]["kind"], "mixed")
        self.assertEqual([group["kind"] for group in config["model"]["expanded"]["likelihood"]["features"]],
                         ["numeric", "categorical", "flag", "count", "numeric"])
        log = " ".join((folder / "log.txt").read_text().split())
        self.assertIn("1 categorical, 1 count, 1 date, 1 flag, 1 numeric; 5 with missing cells", log)
        path.unlink()
        other_whole, other, other_lacking = survey(200, seed=1)
        other.loc[3, "city"], other_lacking[3, 1] = "Graz", False
        other = other[["seen", "city", "visits", "age", "smokes"]]
        new = self.folder / "new.csv"
        other.to_csv(new, index=False)
        result = program.run("apply", folder, "--data", new, "--write", "imputed,reconstruction,code", "--format", "csv", "--json")
        self.assertEqual(result.code, 0, result.stderr)
        written = pathlib.Path(json.loads(result.stdout)["folder"])
        self.assertTrue(numpy.isfinite(pandas.read_csv(written / "code.csv")).all().all())
        back = pandas.read_csv(written / "reconstruction.csv")
        self.assertTrue(set(back["city"]) <= set(CITIES), set(back["city"]))
        self.assertTrue(set(back["smokes"]) <= {"yes", "no"})
        filled = pandas.read_csv(written / "imputed.csv")
        self.assertEqual(list(filled.columns), list(whole.columns))
        self.assertFalse(filled.isna().any().any())
        self.assertEqual(filled.loc[3, "city"], "Graz")
        for i, name in enumerate(whole.columns):  # known cells are as they were
            for row in numpy.flatnonzero(~other_lacking[:, i]):
                known = other[name][row]
                if name == "age":
                    self.assertAlmostEqual(filled[name][row], known, places=4)
                else:
                    self.assertEqual(str(filled[name][row]), str(known), (name, row))
        missing = other_lacking[:, 0]
        error = (filled["age"] - other_whole["age"])[missing].abs().mean()
        self.assertLess(error, 0.7 * (other_whole["age"].mean() - other_whole["age"])[missing].abs().mean())
        cities = other_lacking[:, 1]
        self.assertGreater((filled["city"] == other_whole["city"])[cities].mean(), 0.5)
        # A file that the program wrote is read as the one before.
        again = program.run("apply", folder, "--data", written / "imputed.csv", "--write", "code", "--json")
        self.assertEqual(again.code, 0, again.stderr)

    def test_strange_rows_are_detected_and_explained_by_their_columns(self):
        def labelled(rows, seed):
            table, lacking = survey(rows, seed)[1:]
            table["kind"] = "good"
            odd = numpy.arange(rows) % 5 == 0
            table.loc[odd & ~lacking[:, 0], "age"] += 60
            table.loc[odd, "kind"] = "odd"
            return table, odd & ~lacking[:, 0], lacking

        training, *_ = labelled(500, 0)
        path = self.write(training)
        folder = self.trained(path, data=self.source(path, label="kind", normal="good", validation=0.2), evaluation=[{"kind": "anomaly", "scores": [{"kind": "reconstruction", "scaled": True}]}])
        self.assertGreater(program.read_json(folder / "evaluation.json")["metrics"]["anomaly/reconstruction/auc"], 0.7)
        path.unlink()
        table, strange, lacking = labelled(200, 2)
        new = self.write(table.drop(columns="kind"), "new.csv")
        detector, = (folder / "detectors").glob("*.safetensors")  # the metric's, whose errors are scaled
        result = program.run("detect", folder, "--data", new, "--fitted", detector)
        self.assertEqual(result.code, 0, result.stderr)
        found = pandas.read_csv(io.StringIO(result.stdout))
        self.assertGreater((found["decision"] == "anomaly")[strange].mean(), 0.9)
        self.assertLess((found["decision"] == "anomaly")[~strange].mean(), 0.15)
        reasons = [column for column in found.columns if column.startswith("feature_")]
        self.assertEqual(len(reasons), 3, list(found.columns))
        self.assertGreater((found[reasons[0]][strange] == "age").mean(), 0.6)
        for place, name in enumerate(table.columns[:-1]):  # a missing cell is no reason
            for row in numpy.flatnonzero(lacking[:, place]):
                self.assertNotEqual(found[reasons[0]][row], name)

    def test_files_must_have_the_same_columns(self):
        for name, header in ("first", "city,x"), ("same", "city,x"), ("other", "town,x"):
            (self.folder / f"{name}.csv").write_text(header + "\n" + "".join(f"{'abc'[i % 3]},{i * i}\n" for i in range(30)))
        first, same, other = (str(self.folder / f"{name}.csv") for name in ("first", "same", "other"))
        for files, tests, code in ([first, same], [], 0), ([first, other], [], 2), ([first], [same], 0), ([first], [other], 2):
            source = {"source": "csv", "files": files, **({"test_files": tests} if tests else {})}
            result = program.run("data", json.dumps(source))
            self.assertEqual(result.code, code, result.stderr)
            if code:
                self.assert_refused(result, 'column 0 is "town" instead of "city"')

    def test_what_a_run_cannot_take_is_refused_before_anything_is_created(self):
        _, table, _ = survey(100)
        path = self.write(table)
        base = small_run(data=self.source(path), model={"variant": "dense", "code": 2})
        cases = {
            "gaussian": ({"model": {"variant": "dense", "code": 2, "likelihood": "gaussian"}}, 'with the likelihood "gaussian"'),
            "pca": ({"model": {"variant": "pca", "code": 2}}, "cannot take missing cells"),
            "standardize": ({"data": {**self.source(path), "transforms": ["standardize"]}},
                            'data.transforms[0]: "standardize" is for numbers'),
            "robustness": ({"evaluation": ["robustness"]}, 'evaluation[0]: "robustness" compares all values of the rows'),
            "kind": ({"data": {**self.source(path), "flags": ["age"]}}, "is neither 0 nor 1, as the cells of a flag are"),
            "column": ({"data": {**self.source(path), "categorical": ["citi"]}}, 'has no column "citi". Did you mean "city"?'),
            "twice": ({"data": {**self.source(path), "flags": ["visits"]}}, "choose one"),
        }
        for name, (changes, says) in cases.items():
            with self.subTest(name):
                file = program.write_json(self.folder / "run.json", {**base, **changes})
                self.assert_refused(program.run("run", file, "--output", self.output), says)
                self.assertFalse(self.output.exists())

    def test_resuming_and_evaluating(self):
        _, table, _ = survey(150)
        path = self.write(table)
        folder = self.trained(path, training={"epochs": 3, "batch_size": 32}, evaluation=["reconstruction"])
        result = program.read_json(folder / "evaluation.json")
        self.assertNotIn("NaN", json.dumps(result))
        other = self.write(survey(80, seed=4)[1], "other.csv")
        again = program.run("evaluate", folder, "--data", json.dumps(self.source(other)), "--json")
        self.assertEqual(again.code, 0, again.stderr)
        rerun = program.run("run", folder / "config.json", "--output", self.output)
        self.assertEqual(rerun.code, 0, rerun.stderr)
        vae = self.trained(path, model={"variant": "vae", "code": 2}, training={"epochs": 2}, evaluation=["likelihood", "reconstruction"])
        drawn = program.run("sample", vae)
        self.assertEqual(drawn.code, 0, drawn.stderr)

    def test_zero_inflated_counts(self):
        _, table, _ = survey(100)
        for counts in ("poisson", "zero-inflated-poisson", "zero-inflated-negative-binomial"):
            folder = self.trained(self.write(table), training={"epochs": 2}, evaluation=["reconstruction"],
                                  model={"variant": "dense", "code": 2, "likelihood": {"kind": "mixed", "counts": counts, "learned": True}})
            self.assertTrue((folder / "evaluation.json").exists())


if __name__ == "__main__":
    program.main()
