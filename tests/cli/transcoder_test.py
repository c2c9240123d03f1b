"""Transcoders and crosscoders from run files: joined files, apply to inputs alone, in the units of the source."""

import json
import sys

import program
from program import small_run

try:
    import numpy
    import pandas
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

ROWS, INPUTS, OUTPUTS = 300, 5, 3


class Transcoders(program.TestCase):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(0)
        self.x = random.normal(size=(ROWS, INPUTS)).astype("f4") * 20 + 7
        self.y = (self.x @ random.normal(size=(INPUTS, OUTPUTS)) * 0.1 - 40).astype("f4")
        pandas.DataFrame(self.x, columns=list("abcde")).to_csv(self.folder / "x.csv", index=False, float_format="%.9g")
        numpy.save(self.folder / "y.npy", self.y)
        self.data = {
            "source": "side-by-side",
            "sources": [
                {"source": "csv", "files": str(self.folder / "x.csv")},
                {"source": "npy", "files": str(self.folder / "y.npy")},
            ],
            "validation": 30,
            "transforms": ["standardize"],
        }

    def trained(self, **model):
        training = {"epochs": 120, "batch_size": 32, "optimizer": {"kind": "adam", "learning_rate": 0.02}}
        model = {"code": 16, "bottleneck": {"kind": "top-k", "k": 3}, "revive": False, **model}
        return self.train(small_run(data=self.data, model=model, training=training, evaluation=["reconstruction", "dictionary"]))

    def applied(self, folder, data, *arguments):
        output = self.folder / f"applied-{len(list(self.folder.iterdir()))}"
        result = program.run("apply", folder, "--data", data, "--output", output, *arguments)
        self.assertEqual(result.code, 0, result.stderr)
        return output

    def test_predicts_outputs_of_inputs_alone_in_their_units(self):
        folder = self.trained(variant="transcoder", skip=True)
        self.assertEqual(program.read_json(folder / "data.json")["blocks"], [INPUTS, OUTPUTS])
        values = program.read_json(folder / "evaluation.json")["metrics"]
        self.assertGreater(values["dictionary/explained_variance"], 0.99)
        whole = self.applied(folder, json.dumps({"source": "side-by-side", "sources": self.data["sources"]}))
        inputs = self.applied(folder, json.dumps(self.data["sources"][0]))
        self.assertTrue((whole / "error.npy").exists())
        self.assertFalse((inputs / "error.npy").exists())
        for name in ("code", "reconstruction"):
            numpy.testing.assert_array_equal(numpy.load(whole / f"{name}.npy"), numpy.load(inputs / f"{name}.npy"))
        predicted = numpy.load(inputs / "reconstruction.npy")
        self.assertEqual(predicted.shape, self.y.shape)
        error = ((predicted - self.y) ** 2).mean() / self.y.var(axis=0).mean()
        self.assertLess(error, 0.01)
        scaled = (predicted - self.y) / self.y.std(axis=0)  # as the model sees them, but for the split's deviations
        numpy.testing.assert_allclose(numpy.load(whole / "error.npy"), (scaled**2).sum(axis=1), rtol=0.5, atol=1e-3)

    def test_finds_the_columns_of_inputs_alone_by_their_names(self):
        names = [f"out {i}" for i in range(OUTPUTS)]
        pandas.DataFrame(self.y, columns=names).to_csv(self.folder / "y.csv", index=False, float_format="%.9g")
        self.data["sources"][1] = {"source": "csv", "files": str(self.folder / "y.csv")}
        folder = self.trained(variant="transcoder", skip=True)
        table = pandas.read_csv(self.folder / "x.csv")[list("ebdca")]
        table.to_csv(self.folder / "other.csv", index=False)
        source = json.dumps({"source": "csv", "files": str(self.folder / "other.csv")})
        written = pandas.read_csv(self.applied(folder, source, "--format", "csv") / "reconstruction.csv")
        self.assertEqual(list(written.columns), ["row", *names])
        whole = self.applied(folder, json.dumps({"source": "side-by-side", "sources": self.data["sources"]}))
        numpy.testing.assert_allclose(written[names], numpy.load(whole / "reconstruction.npy"), rtol=1e-5)

    def test_says_what_inputs_alone_cannot_give(self):
        folder = self.trained(variant="transcoder")
        source = json.dumps(self.data["sources"][0])
        result = program.run("apply", folder, "--data", source, "--write", "error")
        self.assertEqual(result.code, 2)
        self.assertIn("lack the features that the model reconstructs", result.stderr)
        result = program.run("evaluate", folder, "--data", source)
        self.assertEqual(result.code, 2)
        result = program.run("export", folder, "--format", "sparsify")
        self.assertEqual(result.code, 2)
        self.assertIn("this is a transcoder", result.stderr)

    def test_crosscoders_measure_each_source(self):
        folder = self.trained(variant="crosscoder", bottleneck={"kind": "batch-top-k", "k": 4})
        values = program.read_json(folder / "evaluation.json")["metrics"]
        self.assertLessEqual(values["dictionary/block_explained_variance"], values["dictionary/explained_variance"])
        self.assertTrue(0.5 <= values["dictionary/relative_norm"] <= 1)
        applied = self.applied(folder, json.dumps({"source": "side-by-side", "sources": self.data["sources"]}))
        self.assertEqual(numpy.load(applied / "reconstruction.npy").shape, (ROWS, INPUTS + OUTPUTS))

    def test_needs_sources_side_by_side_with_equal_numbers_of_rows(self):
        numpy.save(self.folder / "y.npy", self.y[:-1])
        run = small_run(data=self.data, model={"variant": "transcoder", "code": 8})
        result = program.run("run", program.write_json(self.folder / "run.json", run))
        self.assertEqual(result.code, 2)
        self.assertIn("data.sources[1]: has 299 rows, and sources[0] has 300", result.stderr)
        run = small_run(model={"variant": "transcoder", "code": 8})
        result = program.run("run", program.write_json(self.folder / "run.json", run), 'data.transforms=["flatten"]')
        self.assertEqual(result.code, 2)
        self.assertIn("model.blocks: is missing", result.stderr)
        self.assertIn("side-by-side", result.stderr)


if __name__ == "__main__":
    program.main()
