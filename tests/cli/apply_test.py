"""aelab apply: codes, reconstructions and errors, read by numpy and pillow and compared with aelab evaluate."""

import csv
import json
import struct
import sys

import program
from program import small_run

try:
    import numpy
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

TEST_ROWS, ALL_ROWS = 359, 1797


def write_idx(path, array):
    path.write_bytes(
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    )
    return str(path)


def digits():
    """All digits as the data set holds them, [rows, 1, 8, 8] in [0, 1]."""
    table = numpy.loadtxt(program.SOURCE / "data/digits/digits.csv.gz", delimiter=",", dtype=numpy.float32)
    return table[:, :64].reshape(-1, 1, 8, 8) / 16


class Apply(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.run_folder = case.train(small_run(name="plain"))
        cls.of_test = case.apply(cls.run_folder)
        cls.of_all = case.apply(cls.run_folder, "--part", "all", "--write", "error,reconstruction,code,error")

    def runTest(self):
        pass

    def apply(self, run_folder, *arguments):
        """The folder that it made, and what it said with --json."""
        result = program.run("apply", run_folder, *arguments, "--json")
        self.assertEqual((result.code, result.stderr), (0, ""))
        said = json.loads(result.stdout)
        return program.pathlib.Path(said["folder"]), said

    def measured(self, run_folder, *arguments):
        result = program.run("evaluate", run_folder, "--metrics", "reconstruction", "--json", *arguments)
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)["reconstruction/squared_error"]

    def refused(self, *arguments, says, run_folder=None):
        before = sorted(self.run_folder.rglob("*"))
        result = program.run("apply", run_folder or self.run_folder, *arguments)
        self.assert_refused(result, *([says] if isinstance(says, str) else says))
        self.assertEqual(sorted(self.run_folder.rglob("*")), before)

    def test_npy(self):
        folder, said = self.of_test
        self.assertEqual(folder.parent, self.run_folder / "applications")
        self.assertEqual(said["files"], ["code.npy", "reconstruction.npy", "error.npy", "row.npy", "label.npy"])
        self.assertEqual(sorted(path.name for path in folder.iterdir()), sorted(said["files"]))
        arrays = {name: numpy.load(folder / f"{name}.npy") for name in ("code", "reconstruction", "error")}
        self.assertEqual(
            {name: (array.shape, array.dtype.str) for name, array in arrays.items()},
            {
                "code": ((TEST_ROWS, 8), "<f4"),
                "reconstruction": ((TEST_ROWS, 1, 8, 8), "<f4"),
                "error": ((TEST_ROWS,), "<f4"),
            },
        )
        error = arrays["error"].astype(numpy.float64)
        self.assertAlmostEqual(error.mean(), self.measured(self.run_folder), delta=1e-6 * error.mean())
        summary = said["error"]
        self.assertAlmostEqual(summary["mean"], error.mean(), places=5)
        self.assertAlmostEqual(summary["median"], numpy.median(error), places=5)
        self.assertAlmostEqual(summary["quantile_95"], numpy.quantile(error, 0.95), places=5)
        places = numpy.load(folder / "row.npy")
        self.assertEqual([item["row"] for item in summary["largest"]], list(places[numpy.argsort(-error)[:5]]))
        self.assertEqual(said["units"], {name: "in the units of the source" for name in ("reconstruction", "error")})
        expected = ((arrays["reconstruction"].astype(numpy.float64) - digits()[places]) ** 2).sum(axis=(1, 2, 3))
        numpy.testing.assert_allclose(error, expected, rtol=1e-5)
        self.assertEqual(len(set(places)), TEST_ROWS)
        labels = numpy.loadtxt(program.SOURCE / "data/digits/digits.csv.gz", delimiter=",", usecols=64)
        self.assertEqual(list(numpy.load(folder / "label.npy")), list(labels[places]))
        self.assertEqual(said["rows"], TEST_ROWS)

    def test_all_rows_in_their_order(self):
        folder, said = self.of_all
        self.assertEqual(
            (said["rows"], said["files"]), (ALL_ROWS, ["code.npy", "reconstruction.npy", "error.npy"])
        )
        reconstruction = numpy.load(folder / "reconstruction.npy")
        expected = ((reconstruction.astype(numpy.float64) - digits()) ** 2).sum(axis=(1, 2, 3))
        numpy.testing.assert_allclose(numpy.load(folder / "error.npy"), expected, rtol=1e-5)

    def test_csv_says_what_npy_says(self):
        binary, _ = self.of_test
        folder, _ = self.apply(self.run_folder, "--part", "test", "--format", "csv")
        for name, width in (("code", 8), ("reconstruction", 64), ("error", 1)):
            with open(folder / f"{name}.csv", newline="") as file:
                header, *rows = csv.reader(file)
            self.assertEqual(header[:2], ["row", "label"])
            self.assertEqual(header[2:], [name] if width == 1 else [f"{name}_{i}" for i in range(width)])
            expected = numpy.load(binary / f"{name}.npy").reshape(TEST_ROWS, width)
            self.assertTrue((numpy.array(rows, numpy.float32)[:, 2:] == expected).all(), name)
            for i, column in enumerate(("row", "label")):
                self.assertEqual([int(row[i]) for row in rows], list(numpy.load(binary / f"{column}.npy")))

    def test_png(self):
        """Bands of ten originals above their reconstructions, 100 a file."""
        folder, said = self.apply(self.run_folder, "--format", "png")
        self.assertEqual(said["files"], [f"reconstruction-{i}.png" for i in range(1, 5)])
        binary, _ = self.of_test
        reconstruction = numpy.load(binary / "reconstruction.npy").clip(0, 1)
        with Image.open(folder / "reconstruction-4.png") as image:
            self.assertEqual(image.size, (7 * (10 * 9 - 1), 7 * (12 * 9 - 1)))
            pixels = numpy.asarray(image)[::7, ::7] / 255
        picture = lambda column, row: pixels[9 * row : 9 * row + 8, 9 * column : 9 * column + 8]
        numpy.testing.assert_allclose(picture(8, 11), reconstruction[358, 0], atol=0.51 / 255)
        numpy.testing.assert_allclose(picture(3, 1), reconstruction[303, 0], atol=0.51 / 255)
        error = numpy.load(binary / "error.npy")[303]
        self.assertAlmostEqual(((picture(3, 0) - picture(3, 1)) ** 2).sum(), error, delta=0.05 * error + 0.02)
        self.assertTrue((picture(9, 10) == 1).all())

    def test_own_files(self):
        """Denoise your own: any IDX file of the right shape, all rows in order, with and without test split."""
        images = (digits()[:130, 0] * 255).round().astype(numpy.uint8)
        data = {"source": "idx", "files": write_idx(self.folder / "first.idx", images[:100])}
        folder, said = self.apply(self.run_folder, "--data", json.dumps(data))
        self.assertEqual(said["rows"], 100)
        own, _ = self.of_all
        for name in ("code", "reconstruction"):
            numpy.testing.assert_allclose(
                numpy.load(folder / f"{name}.npy"), numpy.load(own / f"{name}.npy")[:100], atol=0.02
            )
        data["test_files"] = write_idx(self.folder / "second.idx", images[100:])
        both, said = self.apply(self.run_folder, "--data", json.dumps(data))
        self.assertEqual(said["rows"], 130)
        self.assertTrue((numpy.load(both / "code.npy")[:100] == numpy.load(folder / "code.npy")).all())
        test, said = self.apply(self.run_folder, "--data", json.dumps(data), "--part", "test")
        self.assertEqual(said["rows"], 30)
        self.assertTrue((numpy.load(test / "code.npy") == numpy.load(both / "code.npy")[100:]).all())

    def test_own_files_without_the_labels(self):
        rows = numpy.random.default_rng(4).normal(size=(40, 5)).astype("f4")
        labelled, plain = self.folder / "labelled.npz", self.folder / "plain.npz"
        numpy.savez(labelled, x=rows, y=numpy.arange(40) % 3)
        numpy.savez(plain, x=rows)
        data = {"source": "npz", "files": str(labelled), "inputs": "x", "labels": "y", "validation": 5, "test": 5}
        folder = self.train(small_run(name="labelled", data=data, model={"variant": "dense", "code": 2}))
        result = program.run("apply", folder, "--data", plain, "--output", self.folder / "plain")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn(f'data: {plain} has no array "y": its rows have no labels', result.stderr)
        of_labelled, _ = self.apply(folder, "--part", "all")
        codes = numpy.load(self.folder / "plain/code.npy")
        self.assertEqual(codes.tobytes(), numpy.load(of_labelled / "code.npy").tobytes())

    def test_standardized_runs_scale_other_data_as_their_own(self):
        folder = self.train(
            small_run(
                data={"source": "digits", "transforms": ["standardize"]},
                model={"variant": "dense", "code": 8, "likelihood": "gaussian"},
            )
        )
        own, _ = self.apply(folder)
        self.assertAlmostEqual(
            numpy.load(own / "error.npy").mean(dtype=numpy.float64), self.measured(folder), delta=1e-3
        )
        rows = numpy.load(own / "code.npy")
        for arguments in (["--part", "all"], ["--data", "digits", "--part", "test"]):
            given, said = self.apply(folder, *arguments)
            self.assertEqual(said["rows"], TEST_ROWS if "test" in arguments else ALL_ROWS)
            code = numpy.load(given / "code.npy")
            distances = numpy.linalg.norm(code[None] - rows[:20, None], axis=2).min(axis=1)
            self.assertLess(distances.max(), 1e-5)  # the test split's rows are among them, scaled alike

    def test_for_people(self):
        result = program.run("apply", self.run_folder, "--output", self.folder / "new/place")
        self.assertEqual((result.code, result.stderr), (0, ""))
        lines = result.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["rows", str(TEST_ROWS)])
        self.assertEqual(lines[1].split(maxsplit=1), ["reconstructions", "in the units of the source"])
        self.assertIn("squared, summed over features, in the units of the source", lines[2])
        self.assertEqual(
            [line.split()[0] for line in lines[3:6]], ["error/mean", "error/median", "error/quantile_95"]
        )
        self.assertEqual(len(lines), 12)
        self.assertEqual(lines[-1], str(self.folder / "new/place"))

    def test_what_does_not_fit(self):
        larger = write_idx(self.folder / "larger.idx", numpy.zeros((20, 8, 9), numpy.uint8))
        self.refused(
            *("--data", json.dumps({"source": "idx", "files": larger})),
            says="--data: the samples have shape [1, 8, 9], the model was trained on [1, 8, 8]",
        )
        self.refused("--data", "digts", says='--data: unknown data source "digts". Did you mean "digits"?')
        self.refused("--data", '{"source": "digits"', says="--data:1:")
        self.refused("--data", '{"source": "idx", "files": "/nowhere"}', says="/nowhere")
        self.refused(
            "--data", '{"source": "digits", "transforms": ["standardize"]}', says='--data: the run\'s own "transforms" are applied'
        )
        self.refused("--part", "tst", says="--part: ")
        self.refused("--write", "codes,error", says="--write[0]: ")
        self.refused(
            "--write", "code", "error", says='apply: unexpected argument "error". See aelab apply --help'
        )
        self.refused("--write", "error", "--format", "png", says="--format: png shows reconstructions alone")
        self.refused("--write", "row", "--format", "csv", says="--write: row and label are columns of every csv file")
        self.refused(run_folder=self.folder, says="is not a run folder")

    def test_no_pictures(self):
        values = write_idx(self.folder / "rows.idx", numpy.arange(400, dtype=numpy.uint8).reshape(40, 10))
        folder = self.train(
            small_run(data={"source": "idx", "files": values}, model={"variant": "dense", "code": 3})
        )
        before = sorted(folder.rglob("*"))
        self.refused(
            "--format", "png", run_folder=folder, says="--format: png needs images of 1 or 3 channels"
        )
        self.assertEqual(sorted(folder.rglob("*")), before)
        made, _ = self.apply(folder)
        self.assertEqual(numpy.load(made / "reconstruction.npy").shape, (8, 10))
        self.refused("--write", "label", run_folder=folder, says="--write: these data have no labels")
        result = program.run("interpolate", folder, "--from", 0, "--to", 1)
        self.assertEqual(result.code, 0, result.stderr)

    def test_nothing_is_overwritten(self):
        target = self.folder / "once"
        self.apply(self.run_folder, "--output", target, "--write", "code")
        before = (target / "code.npy").read_bytes()
        self.refused("--output", target, says="code.npy already exists and is not overwritten")
        self.apply(self.run_folder, "--output", target, "--write", "error")
        checkpoints = self.run_folder / "checkpoints"
        for place in checkpoints, checkpoints / "a/b":
            self.refused("--output", place, says=f"--output: {place} lies among the checkpoints of a run")
        self.assertEqual({path.suffix for path in checkpoints.iterdir()}, {".safetensors"})
        self.assertEqual((target / "code.npy").read_bytes(), before)

    def test_a_classifier_that_left_its_decoder_behind(self):
        folder = self.train(
            small_run(
                model={
                    "variant": "stacked",
                    "layers": [{"variant": "dense", "code": 6}],
                    "layer_epochs": 1,
                    "network": {"epochs": 1},
                }
            )
        )
        self.refused("--write", "error", run_folder=folder, says="--write: this model no longer reconstructs")
        _, said = self.apply(folder)
        self.assertEqual(said["files"], ["code.npy", "row.npy", "label.npy"])
        self.assert_refused(
            program.run("interpolate", folder, "--from", 1, "--to", 2), "this model decodes no longer"
        )


if __name__ == "__main__":
    program.main()
