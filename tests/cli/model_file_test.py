"""Models that stand alone: applied and interpolated where the training data, or even the run, are gone."""

import csv
import json
import shutil
import sys

import program
from program import small_run

try:
    import numpy
    from safetensors import safe_open
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

COLUMNS = ["width", "height", "depth", "weight"]


def rows():
    """Correlated columns of different sizes, and a species that the width decides."""
    random = numpy.random.default_rng(4)
    values = random.normal(size=(90, 4)) @ numpy.array([[1, 2, 0, 30], [0, 1, 5, -20], [0, 0, 3, 10], [0, 0, 0, 7]])
    return (values + [5, -100, 0.5, 1000]).astype(numpy.float32)


class ModelFile(program.TestCase):
    def setUp(self):
        super().setUp()
        self.values = rows()
        self.table = self.write_table("table.csv", COLUMNS)
        self.run_folder = self.train(
            small_run(
                data={"source": "csv", "files": [str(self.table)], "label": "species", "transforms": ["standardize", "whiten"]},
                model={"variant": "dense", "hidden": [6], "code": 2},
            )
        )

    def write_table(self, name, columns):
        path = self.folder / name
        with path.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow([*columns, "species"])
            for row in self.values:
                named = dict(zip(COLUMNS, row.tolist()))
                table.writerow([*(named[column] for column in columns), "setosa" if row[0] > 5 else "virginica"])
        return path

    def apply(self, model, *arguments):
        result = program.run("apply", model, *arguments, "--json")
        self.assertEqual(result.code, 0, result.stderr)
        folder = program.pathlib.Path(json.loads(result.stdout)["folder"])
        return {name: numpy.load(folder / f"{name}.npy") for name in ("code", "reconstruction", "error")}

    def export(self, name="wine.safetensors"):
        path = self.folder / "elsewhere" / name
        result = program.run("export", self.run_folder, "--format", "model", "--output", path)
        self.assertEqual((result.code, result.stdout), (0, f"{path}\n"), result.stderr)
        return path

    def test_apply_equals_the_codes_of_the_run_where_its_data_are_gone(self):
        own = self.apply(self.run_folder, "--part", "all")
        other = self.write_table("new.csv", ["weight", "depth", "height", "width"])
        self.table.unlink()
        file = self.export()
        for model in (self.run_folder, self.run_folder / "checkpoints/best.safetensors", file):
            again = self.apply(model, "--data", other)
            for name, expected in own.items():
                numpy.testing.assert_allclose(again[name], expected, rtol=1e-6, atol=1e-6, err_msg=f"{name} by {model}")
        shutil.rmtree(self.run_folder)
        numpy.testing.assert_allclose(self.apply(file, "--data", other)["code"], own["code"], rtol=1e-6, atol=1e-6)

    def test_the_codes_are_those_of_the_formulas(self):
        """Whitened by numpy, and encoded by numpy from the exported weights."""
        applied = self.apply(self.run_folder, "--part", "all")
        with safe_open(self.export(), "numpy") as file:
            get = file.get_tensor
            self.assertEqual([name for name in file.keys() if name.startswith(("optimizer", "callback"))], [])
            x = (self.values - get("transforms.0.mean")) / get("transforms.0.deviation")
            x = (x - get("transforms.1.mean")) @ get("transforms.1.matrix")
            hidden = numpy.maximum(x @ get("model.backbone.encoder_0.weight").T + get("model.backbone.encoder_0.bias"), 0)
            code = hidden @ get("model.backbone.encoder_1.weight").T + get("model.backbone.encoder_1.bias")
        numpy.testing.assert_allclose(applied["code"], code, rtol=1e-4, atol=1e-4)

    def test_interpolate_between_rows_of_other_data(self):
        within = ("--from", 3, "--to", 17, "--steps", 5, "--json")
        other = self.write_table("new.csv", COLUMNS)
        file = self.export()
        self.table.unlink()
        for model in (self.run_folder, file):
            result = program.run("interpolate", model, "--data", other, *within)
            self.assertEqual(result.code, 0, result.stderr)
            folder = program.pathlib.Path(json.loads(result.stdout)["folder"])
            self.assertEqual(folder.parent, (model if model.is_dir() else model.parent) / "interpolations")
            said = program.read_json(folder / "interpolation.json")
            self.assertEqual((said["from"]["row"], said["to"]["row"]), (3, 17))
            self.assertEqual(said["from"]["class"], "setosa" if self.values[3][0] > 5 else "virginica")
            codes = self.apply(file, "--data", other)["code"]
            numpy.testing.assert_allclose(said["points"][0]["code"], codes[3], rtol=1e-4, atol=1e-5)
            numpy.testing.assert_allclose(said["points"][2]["code"], (codes[3] + codes[17]) / 2, rtol=1e-4, atol=1e-5)
            self.assertIn("nearest input of the given data", said["distance"])
        by_class = ("--from-class", "setosa", "--to-class", "virginica", "--steps", 3)
        result = program.run("interpolate", file, "--data", other, *by_class)
        self.assertEqual(result.code, 0, result.stderr)

    def test_a_checkpoint_is_chosen_of_a_folder_alone(self):
        file = self.export()
        last = self.run_folder / "checkpoints/last.safetensors"
        for model in (file, last):
            for which in ("best", "last", "ema"):
                says = f"--checkpoint: chooses among the checkpoints of a run folder, and {model} is the file of one model: leave it out"
                self.assert_refused(program.run("apply", model, "--data", self.table, "--checkpoint", which), says)
                self.assert_refused(program.run("interpolate", model, "--data", self.table, "--from", 1, "--to", 2, "--checkpoint", which), says)
        codes = {which: self.apply(self.run_folder, "--part", "all", "--checkpoint", which)["code"] for which in ("best", "last")}
        numpy.testing.assert_array_equal(self.apply(last, "--data", self.table)["code"], codes["last"])
        numpy.testing.assert_array_equal(self.apply(self.run_folder, "--part", "all")["code"], codes["best"])
        for model, more, recorded in ((self.run_folder, (), "best"), (self.run_folder, ("--checkpoint", "last"), "last"), (file, (), None)):
            result = program.run("interpolate", model, "--data", self.table, "--from", 1, "--to", 2, "--json", *more)
            self.assertEqual(result.code, 0, result.stderr)
            said = program.read_json(program.pathlib.Path(json.loads(result.stdout)["folder"]) / "interpolation.json")
            self.assertEqual(said.get("checkpoint"), recorded)

    def test_files_that_are_no_model(self):
        wanted = "give the folder of a run, a checkpoint, or a file that aelab export --format model wrote"
        table, image, empty, other = (self.folder / name for name in ("x.csv", "x.png", "x.bin", "x.npy"))
        shutil.copy(self.table, table)
        image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
        empty.write_bytes(b"")
        numpy.save(other, self.values)
        inside = self.run_folder / "config.json"
        config = shutil.copy(inside, self.folder / "x.json")
        for file, looks, more in (
            (table, "a text file", ""), (image, "a PNG image", ""), (empty, "an empty file", ""), (other, "a NumPy .npy file", ""),
            (config, "a JSON file", ""), (inside, "a JSON file", f"; did you mean {self.run_folder}?"),
        ):
            says = f"{file}: is not a model: it looks like {looks}; {wanted}{more}"
            for command in (("apply", file, "--data", self.table), ("apply", file), ("interpolate", file, "--data", self.table, "--from", 1, "--to", 2)):
                with self.subTest(command):
                    result = program.run(*command)
                    self.assert_refused(result, says)
                    self.assertTrue(result.stderr.endswith(f"{wanted}{more}\n"), result.stderr)
        renamed = self.folder / "model.pt"  # what is in the file counts
        shutil.copy(self.export(), renamed)
        self.assertEqual(self.apply(renamed, "--data", self.table)["code"].shape, (90, 2))

    def test_refusals(self):
        file = self.export()
        self.assert_refused(program.run("apply", file), f"--data: is missing: {file} is a model without data")
        self.assert_refused(program.run("interpolate", file, "--from", 1, "--to", 2), "--data: is missing")
        self.assert_refused(program.run("evaluate", file), f"{file}: is not a run folder")
        self.assert_refused(
            program.run("interpolate", file, "--data", self.table, "--part", "train", "--from", 1, "--to", 2),
            "--part: is a split of the run's own data",
        )
        self.assert_refused(program.run("interpolate", file, "--data", self.table, "--from", 1, "--to", 90), "there is no row 90")
        narrow = self.folder / "narrow.csv"
        narrow.write_text("width,height,species\n1,2,setosa\n")
        self.assert_refused(program.run("apply", file, "--data", narrow), "narrow.csv")
        weights = self.folder / "weights.safetensors"
        self.assertEqual(program.run("export", self.run_folder, "--output", weights).code, 0)
        self.assert_refused(program.run("apply", weights, "--data", self.table), "weights.safetensors: has the weights of a model alone")
        damaged = self.folder / "damaged.safetensors"
        content = bytearray(file.read_bytes())
        content[-3] ^= 1
        damaged.write_bytes(content)
        self.assert_refused(program.run("apply", damaged, "--data", self.table), "damaged.safetensors")
        self.assert_refused(program.run("apply", self.folder / "none.safetensors", "--data", self.table), "none.safetensors")
        self.assert_refused(program.run("export", self.run_folder, "--format", "model", "--output", file), "is there already")


if __name__ == "__main__":
    program.main()
