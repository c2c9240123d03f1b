"""Models that are conditional on the label: trained, sampled by class, and applied to other rows, judged by scikit-learn."""

import json
import sys

import program
from program import small_run

try:
    import numpy
    from sklearn.linear_model import LogisticRegression
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

MODEL = {"variant": "vae", "code": 4, "condition": "label"}


def digits():
    """All digits [rows, 64] in [0, 1], and their classes."""
    table = numpy.loadtxt(program.SOURCE / "data/digits/digits.csv.gz", delimiter=",")
    return table[:, :64] / 16, table[:, 64].astype(int)


class Conditional(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.run_folder = case.train(small_run(name="cvae", model=MODEL, training={"epochs": 60}))
        cls.judge = LogisticRegression(max_iter=2000).fit(*digits())

    def runTest(self):
        pass

    def made(self, command, *arguments):
        """The folder that a command made."""
        result = program.run(command, self.run_folder, *arguments)
        self.assertEqual((result.code, result.stderr), (0, ""))
        return program.pathlib.Path(result.stdout.splitlines()[-1])

    def test_draws_samples_of_the_class_that_is_asked_for(self):
        for label in (3, 7):
            folder = self.made("sample", "--label", label, "--sampler", "prior", "--count", "100")
            samples = numpy.load(folder / "samples.npy").reshape(-1, 64)
            self.assertGreater((self.judge.predict(samples) == label).mean(), 0.8)
            self.assertEqual(set(numpy.load(folder / "labels.npy")), {label})

    def test_draws_samples_of_all_classes_in_turn(self):
        folder = self.made("sample", "--sampler", "prior", "--count", "200")
        labels = numpy.load(folder / "labels.npy")
        self.assertEqual(labels.tolist(), [i % 10 for i in range(200)])
        samples = numpy.load(folder / "samples.npy").reshape(-1, 64)
        self.assertGreater((self.judge.predict(samples) == labels).mean(), 0.8)

    def test_codes_tell_less_of_the_class(self):
        """The code need not say what the decoder is told."""

        def accuracy(folder):
            codes, labels = numpy.load(folder / "code.npy"), numpy.load(folder / "label.npy")
            half = len(codes) // 2
            return LogisticRegression(max_iter=2000).fit(codes[:half], labels[:half]).score(codes[half:], labels[half:])

        plain = self.train(small_run(name="plain", model={"variant": "vae", "code": 4}, training={"epochs": 60}))
        output = self.folder / "codes"
        self.assertEqual(program.run("apply", plain, "--part", "all", "--output", output).code, 0)
        self.assertLess(accuracy(self.made("apply", "--part", "all")) + 0.2, accuracy(output))

    def test_applies_to_other_rows_with_labels(self):
        table = self.folder / "rows.csv"
        rows, labels = digits()
        header = ",".join([f"p{i}" for i in range(64)] + ["label"])
        numpy.savetxt(table, numpy.column_stack([rows, labels])[:50], delimiter=",", header=header, comments="", fmt="%.6g")
        shaped = {"source": "csv", "files": str(table), "label": "label", "shape": [1, 8, 8]}
        folder = self.made("apply", "--data", json.dumps(shaped), "--output", self.folder / "applied")
        reconstructions = numpy.load(folder / "reconstruction.npy").reshape(-1, 64)
        self.assertGreater((self.judge.predict(reconstructions) == labels[:50]).mean(), 0.9)

    def test_refuses_rows_without_labels(self):
        table = self.folder / "rows.csv"
        numpy.savetxt(table, digits()[0][:5], delimiter=",", header=",".join(f"p{i}" for i in range(64)), comments="")
        shaped = json.dumps({"source": "csv", "files": str(table), "shape": [1, 8, 8]})
        for command in (["apply"], ["interpolate", "--from", "0", "--to", "1"]):
            result = program.run(command[0], self.run_folder, *command[1:], "--data", shaped)
            self.assert_refused(result, "--data: has no labels, and the model is conditional on the class of each row")

    def test_refuses_classes_that_it_was_not_trained_with(self):
        table = self.folder / "rows.csv"
        rows = numpy.column_stack([digits()[0][:3], [1, 12, 2]])
        numpy.savetxt(table, rows, delimiter=",", header=",".join([f"p{i}" for i in range(64)] + ["label"]), comments="", fmt="%.6g")
        shaped = json.dumps({"source": "csv", "files": str(table), "label": "label", "shape": [1, 8, 8]})
        says = "--data: has rows of class 12, and the model is conditional on the classes 0 to 9"
        self.assert_refused(program.run("apply", self.run_folder, "--data", shaped), says)
        table.write_text(table.read_text().replace(",12\n", ",twelve\n"))
        says = "--data: its classes are "
        self.assert_refused(program.run("apply", self.run_folder, "--data", shaped), says)

    def test_interpolates_between_classes(self):
        folder = self.made("interpolate", "--from-class", "3", "--to-class", "7", "--steps", "5")
        path = numpy.load(folder / "decoded.npy").reshape(-1, 64)
        self.assertEqual(self.judge.predict(path[[0, -1]]).tolist(), [3, 7])
        result = program.run("interpolate", self.run_folder, "--kind", "manifold")
        self.assert_refused(result, "--kind: ")

    def test_refuses_before_anything_is_made(self):
        for change, says in (
            ({"model": {**MODEL, "prior": "vamp"}}, "model.prior: vamp has no condition"),
            ({"model": {**MODEL, "backbone": {"kind": "dense", "tied": True}}}, "model.backbone.tied: "),
            ({"model": {**MODEL, "condition": "labels"}}, 'model.condition: '),
            (
                {"model": {"variant": "stacked", "layers": [{"variant": "vae", "code": 4, "condition": "label"}]}},
                "model.layers[0].condition: needs the classes of the rows",
            ),
        ):
            file = program.write_json(self.folder / "run.json", small_run(name="refused", **change))
            self.assert_refused(program.run("run", file, "--output", self.folder / "runs"), says)
            self.assertFalse((self.folder / "runs/refused").exists())
        unlabeled = self.folder / "rows.npy"
        numpy.save(unlabeled, digits()[0].astype("float32").reshape(-1, 1, 8, 8))
        data = {"source": "npy", "files": str(unlabeled)}
        file = program.write_json(self.folder / "run.json", small_run(name="refused", model=MODEL, data=data))
        self.assert_refused(
            program.run("run", file, "--output", self.folder / "runs"), "model.condition: needs the classes of the rows"
        )


if __name__ == "__main__":
    program.main()
