"""aelab detect and the metric anomaly: scores, thresholds and reasons, compared with numpy and scikit-learn."""

import csv
import io
import json
import shutil
import sys

import program
from program import small_run

try:
    import numpy
    from safetensors.numpy import load_file
    from sklearn import metrics
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

DIGITS = {"source": "digits", "validation": 400}
SCORES = [
    "reconstruction",
    {"kind": "reconstruction", "scaled": True},
    "likelihood",
    "mahalanobis",
    {"kind": "density", "sampler": {"kind": "mixture", "components": 2}},
]
NAMES = ["reconstruction", "reconstruction-2", "likelihood", "mahalanobis", "density"]


class Detect(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.run_folder = case.train(
            small_run(
                name="zeros",
                seed=3,
                data={**DIGITS, "normal": [0, 1]},
                model={"variant": "dense", "code": 4, "hidden": [32]},
                training={"epochs": 30, "batch_size": 16},
                evaluation=[{"kind": "anomaly", "scores": SCORES, "false_positive_rate": 0.2, "resamples": 200}],
            )
        )
        cls.table = case.write_table(300)
        cls.of_table = case.train(
            small_run(
                name="table",
                data={"source": "csv", "files": str(cls.table), "label": "kind", "normal": "good", "validation": 0.3,
                      "transforms": ["standardize"]},
                model={"variant": "pca", "code": 2},
                training=None,
            )
        )

    def runTest(self):
        pass

    def write_table(self, rows, name="table.csv", strange_cell=None):
        """Two columns that two others follow from; every tenth row is bad, where they do not."""
        random = numpy.random.default_rng(len(name) + rows)
        width, height = random.normal(size=(2, rows))
        columns = {"width": width, "height": height, "area": width + height, "slope": width - height}
        bad = numpy.arange(rows) % 10 == 9
        columns["area"] = columns["area"] + 6 * bad
        if strange_cell:
            row, column = strange_cell
            columns[column][row] += 9
        path = self.folder / name
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*columns, "kind"])
            for i in range(rows):
                writer.writerow([*(f"{values[i]:.5f}" for values in columns.values()), "bad" if bad[i] else "good"])
        return path

    def detect(self, *arguments, folder=None):
        result = program.run("detect", folder or self.run_folder, *arguments)
        self.assertEqual(result.code, 0, result.stderr)
        return list(csv.DictReader(io.StringIO(result.stdout))), result.stderr

    def as_json(self, *arguments, folder=None):
        result = program.run("detect", folder or self.run_folder, *arguments, "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def scores(self, *arguments, folder=None):
        rows = self.as_json(*arguments, folder=folder)["results"]
        labels = numpy.array([row.get("label") for row in rows])
        return numpy.array([row["score"] for row in rows]), labels

    def refused(self, *arguments, says, folder=None):
        result = program.run("detect", folder or self.run_folder, *arguments)
        self.assert_refused(result, *([says] if isinstance(says, str) else says))

    def test_the_metrics_are_scikit_learns(self):
        measured = program.read_json(self.run_folder / "evaluation.json")["metrics"]
        for score, name in zip(SCORES, NAMES):
            with self.subTest(name):
                scores, labels = self.scores("--score", score if isinstance(score, str) else json.dumps(score))
                strange = ~numpy.isin(labels, ["0", "1"])
                self.assertEqual(len(scores), 359)
                precision, recall, _ = metrics.precision_recall_curve(strange, scores)
                top = numpy.sort(scores)[-strange.sum()]
                expected = {
                    "auc": metrics.roc_auc_score(strange, scores),
                    "average_precision": metrics.average_precision_score(strange, scores),
                    "partial_auc": metrics.roc_auc_score(strange, scores, max_fpr=0.2),
                    "precision_at_n": strange[scores >= top].mean(),
                    "best_f1": (2 * precision * recall / (precision + recall + 1e-300)).max(),
                }
                for what, value in expected.items():
                    self.assertAlmostEqual(measured[f"anomaly/{name}/{what}"], value, delta=1e-9, msg=what)
                for what in "auc", "average_precision":
                    low, high = (measured[f"anomaly/{name}/{what}_{end}"] for end in ("low", "high"))
                    self.assertTrue(low < expected[what] < high <= 1)
                if name.startswith("reconstruction"):  # codes of other digits lie among those of these
                    self.assertGreater(expected["auc"], 0.8)

    def test_training_sees_normal_rows_alone(self):
        log = (self.run_folder / "log.txt").read_text()
        self.assertIn("data.normal: ", log)
        self.assertIn("are left out, since they are not of classes 0, 1; the test split has rows of all classes", log)
        for part, rows in ("train", None), ("validation", None), ("test", 359):
            _, labels = self.scores("--part", part)
            if rows:
                self.assertEqual(set(labels), set("0123456789"))
                self.assertEqual(len(labels), rows)
            else:
                self.assertEqual(set(labels), {"0", "1"})

    def test_scores_are_reconstruction_errors(self):
        applied = self.folder / "applied"
        result = program.run("apply", self.run_folder, "--output", applied, "--write", "error,row,reconstruction")
        self.assertEqual(result.code, 0, result.stderr)
        rows, _ = self.detect()
        error = numpy.load(applied / "error.npy")
        numpy.testing.assert_allclose([float(row["score"]) for row in rows], error, rtol=1e-6)
        self.assertEqual([int(row["row"]) for row in rows], numpy.load(applied / "row.npy").tolist())
        table = numpy.loadtxt(program.SOURCE / "data/digits/digits.csv.gz", delimiter=",")[:, :64] / 16
        for row in rows[:30]:
            place = [int(part) for part in row["feature_1"].removeprefix("pixel_").split("_")]
            restored = numpy.load(applied / "reconstruction.npy")[rows.index(row), 0]
            squares = (table[int(row["row"])].reshape(8, 8) - restored) ** 2
            self.assertAlmostEqual(squares.max(), squares[place[0], place[1]], delta=1e-5)
            self.assertAlmostEqual(float(row["contribution_1"]), squares.max(), delta=1e-4)
            contributions = [float(row[f"contribution_{i}"]) for i in (1, 2, 3)]
            self.assertEqual(contributions, sorted(contributions, reverse=True))

    def test_thresholds(self):
        train, _ = self.scores("--part", "train")
        validation, _ = self.scores("--part", "validation")
        normal = numpy.sort(validation)
        rate = 3 / len(normal)
        whole = json.dumps(DIGITS)  # the same split, with rows of all classes
        scores, labels = self.scores("--data", whole, "--part", "validation")
        self.assertEqual(len(scores), 400)
        strange = ~numpy.isin(labels, ["0", "1"])
        best = max(metrics.f1_score(strange, scores >= score) for score in scores)
        for arguments, expected, rule in (
            (["--contamination", ".05"], numpy.percentile([*train, *validation], 95), "5 % of "),
            (["--percentile", "99"], numpy.percentile(validation, 99), f"percentile 99 of the scores of {len(normal)} normal"),
            (["--false-positive-rate", rate], normal[-4], f"of {len(normal)} normal validation rows have higher scores"),
            ([], normal[-1 - int(0.05 * len(normal))], "at most 5 % of"),
            (["--threshold", "2.5"], 2.5, "given"),
        ):
            with self.subTest(arguments):
                said = self.as_json(*arguments)
                self.assertAlmostEqual(said["threshold"], expected, delta=1e-9)
                self.assertIn(rule, said["rule"])
                found = [row["anomaly"] for row in said["results"]]
                self.assertEqual(found, [row["score"] > said["threshold"] for row in said["results"]])
                self.assertEqual(said["anomalies"], sum(found))
        said = self.as_json("--f1")
        self.assertAlmostEqual(metrics.f1_score(strange, scores > said["threshold"]), best, delta=1e-12)
        self.assertIn(f"the largest F1, {best:.4g}, of 400 validation rows with {strange.sum()} anomalies", said["rule"])

    def test_the_table_names_the_strange_cell(self):
        path = self.write_table(20, "new.csv", strange_cell=(4, "slope"))
        rows, said = self.detect("--data", path, folder=self.of_table)
        self.assertEqual(
            list(rows[0]),
            ["row", "kind", "score", "decision", "feature_1", "contribution_1", "feature_2", "contribution_2", "feature_3", "contribution_3"],
        )
        self.assertEqual([row["row"] for row in rows], [str(i) for i in range(20)])
        # Good rows lie in a plane, and the projection onto it moves the changed cell more than those beside it.
        strangest = sorted(rows, key=lambda row: -float(row["score"]))[:3]
        self.assertEqual({row["row"] for row in strangest}, {"4", "9", "19"})
        for row in strangest:
            self.assertEqual(row["decision"], "anomaly")
            total = sum(float(row[f"contribution_{i}"]) for i in (1, 2, 3))
            self.assertLessEqual(total, float(row["score"]) + 1e-4)
        self.assertEqual(rows[4]["feature_1"], "slope")
        self.assertEqual(rows[9]["feature_1"], "area")
        self.assertIn("\nscore: squared reconstruction error, summed over features\n", "\n" + said)
        self.assertRegex(said, r"threshold: \S+, at most 5 % of \d+ normal validation rows have higher scores")
        self.assertRegex(said, r"anomalies: \d+ of 20 rows \(\d+ %\)")

    def test_neither_training_data_nor_labels_are_needed_afterwards(self):
        copy = self.folder / "copy"
        shutil.copytree(self.of_table, copy)
        hidden = self.table.with_suffix(".hidden")
        new = self.write_table(30, "unlabeled.csv")
        lines = [line.rsplit(",", 1)[0] for line in new.read_text().splitlines()]
        new.write_text("\n".join(lines) + "\n")
        shutil.rmtree(copy / "detectors", ignore_errors=True)
        self.table.rename(hidden)
        try:
            self.refused("--data", new, says="table.csv", folder=copy)
            self.assertFalse((copy / "detectors").exists())
            hidden.rename(self.table)
            first = self.as_json("--data", new, folder=copy)
            self.table.rename(hidden)
            again = self.as_json("--data", new, "--percentile", "90", folder=copy)
        finally:
            if hidden.exists():
                hidden.rename(self.table)
        self.assertEqual([row["score"] for row in first["results"]], [row["score"] for row in again["results"]])
        self.assertLess(again["threshold"], first["threshold"])
        self.assertNotIn("label", first["results"][0])
        detector = program.pathlib.Path(first["detector"])
        self.assertEqual(detector.parent, copy / "detectors")
        self.assertEqual({name for name in load_file(detector)}, {"training", "validation", "strange"})

    def test_a_model_file_takes_a_detector(self):
        exported = self.folder / "model.safetensors"
        self.assertEqual(program.run("export", self.of_table, "--format", "model", "--output", exported).code, 0)
        new = self.write_table(15, "other.csv")
        scaled = '{"kind": "reconstruction", "scaled": true}'
        said = self.as_json("--data", new, "--score", scaled, folder=self.of_table)
        again = self.as_json("--data", new, "--fitted", said["detector"], folder=exported)
        self.assertEqual(said["results"], again["results"])
        self.assertEqual(again["score"]["scaled"], True)
        self.refused("--data", new, folder=exported, says="--fitted: is missing: ")
        self.refused("--fitted", said["detector"], says="was fitted to another model")
        self.refused("--fitted", exported, says="is not a detector that aelab wrote")
        self.refused("--fitted", said["detector"], "--score", "likelihood", says="--score: conflicts with")
        damaged = bytearray(program.pathlib.Path(said["detector"]).read_bytes())
        damaged[-3] ^= 1
        (self.folder / "damaged.safetensors").write_bytes(damaged)
        self.refused("--data", new, "--fitted", self.folder / "damaged.safetensors", folder=exported, says="--fitted: ")

    def test_drift_is_that_of_normal_rows_in_the_order_of_their_file(self):
        record = program.read_json(self.run_folder / "summary/anomaly.json")["scores"][0]
        found = [(int(row["row"]), float(row["score"])) for row in self.detect()[0] if row["label"] in ("0", "1")]
        rows, scores = (numpy.array(column) for column in zip(*sorted(found)))
        count = min(24, len(rows) // 10)
        self.assertEqual(len(record["drift"]), count)
        for i, block in enumerate(record["drift"]):
            own = slice(i * len(rows) // count, (i + 1) * len(rows) // count)
            self.assertEqual((block["first"], block["last"]), (rows[own][0], rows[own][-1]))
            expected = [*numpy.percentile(scores[own], [25, 50, 75]), (scores[own] > record["threshold"]["value"]).mean()]
            numpy.testing.assert_allclose([block[key] for key in ("low", "median", "high", "above")], expected, rtol=1e-3)

    def test_output(self):
        file = self.folder / "detected.csv"
        printed = program.run("detect", self.run_folder)
        result = program.run("detect", self.run_folder, "--output", file)
        self.assertEqual((result.code, result.stdout), (0, f"{file}\n"))
        self.assertEqual(file.read_text(), printed.stdout)
        self.assertEqual(result.stderr, printed.stderr)
        self.refused("--output", file, says="--output: ")
        self.refused("--output", self.folder / "none/x.csv", says="is not a folder: create it first")
        self.refused("--output", self.run_folder / "checkpoints/x.csv", says="lies among the checkpoints")
        said = self.as_json("--output", self.folder / "json.csv")
        self.assertNotIn("results", said)
        self.assertEqual((self.folder / "json.csv").read_text(), printed.stdout)

    def test_scores_of_codes_have_no_reasons(self):
        rows, said = self.detect("--score", "mahalanobis")
        self.assertEqual(list(rows[0]), ["row", "label", "score", "decision"])
        self.assertIn("no columns explain it", said)
        rows, _ = self.detect("--score", "likelihood")
        self.assertIn("feature_1", rows[0])

    def test_all_rows_of_a_source_with_test_rows(self):
        rows, _ = self.detect("--part", "all")
        self.assertEqual(len(rows), 1797)
        self.assertNotIn("split", rows[0])

    def test_refusals(self):
        self.refused("--percentile", "101", says="--percentile: must be between 0 and 100, is 101")
        self.refused("--contamination", "x", says="--contamination: must be a number")
        self.refused("--f1", "--percentile", "90", says='--f1: conflicts with "percentile": choose one threshold')
        self.refused("--score", "isolation", says="unknown score")
        self.refused("--part", "tests", says="--part: ")
        self.refused("--data", self.table, says="--data: ")
        self.refused("--score", '{"kind": "density", "sampler": "prior"}', says="--score")
        plain = self.train(small_run(name="plain"))
        self.refused("--f1", folder=plain, says="--f1: needs validation rows that are known to be anomalies")
        rows, said = self.detect(folder=plain)
        self.assertRegex(said, r"at most 5 % of 200 validation rows have higher scores")

    def test_run_files_with_wrong_normal_classes_are_refused(self):
        for normal, says in (
            (12, "data.normal: there is no class 12 in these data, whose classes are 0 to 9"),
            ("cat", "data.normal: there is no class cat"),
            ({"class": 1}, "data.normal: must be a class by its name or number"),
            ([], "data.normal: must name a class"),
        ):
            with self.subTest(normal):
                file = program.write_json(self.folder / "wrong.json", small_run(data={**DIGITS, "normal": normal}))
                self.assert_refused(program.run("run", file, "--output", self.folder / "no"), says)
                self.assertFalse((self.folder / "no").exists())
        file = program.write_json(self.folder / "wrong.json", small_run(evaluation=["anomaly"]))
        self.assert_refused(
            program.run("run", file, "--output", self.folder / "no"), "needs to know which classes are normal"
        )
        file = program.write_json(
            self.folder / "wrong.json", small_run(evaluation=[{"kind": "anomaly", "normal": 12}])
        )
        self.assert_refused(program.run("run", file, "--output", self.folder / "no"), "there is no class 12")

    def test_given_test_files(self):
        test = self.write_table(50, "test.csv")
        folder = self.train(
            small_run(
                name="given",
                data={"source": "csv", "files": str(self.table), "test_files": str(test), "label": "kind",
                      "normal": {"label": "good"}, "validation": 0.2, "stratified": True, "transforms": ["standardize"]},
                model={"variant": "pca", "code": 2},
                training=None,
                evaluation=[{"kind": "anomaly", "scores": ["reconstruction"]}],
            )
        )
        measured = program.read_json(folder / "evaluation.json")["metrics"]
        self.assertGreater(measured["anomaly/reconstruction/auc"], 0.99)
        _, labels = self.scores(folder=folder)
        self.assertEqual(sorted(labels), ["bad"] * 5 + ["good"] * 45)
        self.assertIn("24 of 240 rows of the training split and 6 of 60 of the validation split are left out",
                      (folder / "log.txt").read_text())


if __name__ == "__main__":
    program.main()
