"""aelab export: weights for other programs, read by safetensors and numpy."""

import json
import sys
import zipfile

import program
from program import small_run

try:
    import numpy
    from safetensors import safe_open
    from safetensors.numpy import load_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class Export(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.run_folder = case.train(small_run())

    def runTest(self):
        pass

    def checkpoint(self, name="best"):
        tensors = load_file(self.run_folder / f"checkpoints/{name}.safetensors")
        return {
            name.removeprefix("model."): tensor
            for name, tensor in tensors.items()
            if name.startswith("model.")
        }

    def export(self, *arguments, says=""):
        result = program.run("export", self.run_folder, *arguments)
        self.assertEqual((result.code, result.stderr), (0, says and f"--output: by its name, the weights alone are written, as {says}; --format model writes a model for aelab apply and interpolate\n"))
        path = program.pathlib.Path(result.stdout.splitlines()[-1])
        self.addCleanup(path.unlink)
        return path

    def refused(self, *arguments, says, run_folder=None):
        before = sorted(self.run_folder.rglob("*"))
        self.assert_refused(program.run("export", run_folder or self.run_folder, *arguments), says)
        self.assertEqual(sorted(self.run_folder.rglob("*")), before)

    def assert_same(self, tensors, expected):
        self.assertEqual(set(tensors), set(expected))
        for name, tensor in expected.items():
            self.assertEqual(tensors[name].dtype, tensor.dtype)
            self.assertEqual(tensors[name].shape, tensor.shape)
            self.assertTrue((tensors[name] == tensor).all(), name)

    def test_safetensors(self):
        path = self.export()
        self.assertEqual(path, self.run_folder / "model.safetensors")
        self.assert_same(load_file(path), self.checkpoint())
        self.assertIn("backbone.encoder_0.weight", load_file(path))
        with safe_open(path, framework="np") as file:
            metadata = file.metadata()
        self.assertEqual(metadata["variant"], "dense")
        self.assertEqual(metadata["aelab"], program.run("--version").stdout.strip())

    def test_npz(self):
        path = self.export("--format", "npz")
        self.assertEqual(path, self.run_folder / "model.npz")
        with numpy.load(path) as file:
            self.assert_same(dict(file), self.checkpoint())
        with zipfile.ZipFile(path) as archive:
            self.assertIsNone(archive.testzip())  # every CRC-32
            self.assertEqual({item.compress_type for item in archive.infolist()}, {zipfile.ZIP_STORED})
        again = self.export("--output", self.folder / "new/again.npz", says="npz")
        self.assertEqual(again.read_bytes(), path.read_bytes())

    def test_every_shape_and_buffer_in_npz(self):
        """What a classifier fitted goes along, whatever its shape and type."""
        folder = self.train(
            small_run(
                model={
                    "variant": "stacked",
                    "layers": [{"variant": "dense", "code": 6}],
                    "layer_epochs": 1,
                    "classifier": "nearest-neighbors",
                }
            )
        )
        result = program.run("export", folder, "--format", "npz", "--json")
        self.assertEqual(result.code, 0, result.stderr)
        file = json.loads(result.stdout)["file"]
        tensors = load_file(folder / "checkpoints/best.safetensors")
        expected = {
            name.removeprefix("model."): tensor
            for name, tensor in tensors.items()
            if name.startswith(("model.", "fitted."))
        }
        with numpy.load(file) as arrays:
            self.assert_same(dict(arrays), expected)
        self.assertTrue(any(name.startswith("fitted.") for name in expected))

    def test_last(self):
        path = self.export("--checkpoint", "last", "--output", self.folder / "last.safetensors", says="safetensors")
        self.assert_same(load_file(path), self.checkpoint("last"))

    def test_the_name_and_the_format_agree(self):
        for format, name, suffix in (("safetensors", "x.npz", ".safetensors"), ("model", "x.npz", ".safetensors"), ("npz", "x.safetensors", ".npz")):
            self.refused("--format", format, "--output", self.folder / name,
                         says=f"--format: {format} is not what the name {self.folder / name} says: let it end in {suffix}, or choose another format")
        for name in ("x.pt", "x", "x.NPZ"):
            self.refused("--output", self.folder / name, says=f"--format: is missing, and the name {self.folder / name} does not say it: give safetensors, npz or model")
        self.assertFalse(any(self.folder.iterdir()))
        self.assert_same(load_file(self.export("--format", "safetensors", "--output", self.folder / "x.bin")), self.checkpoint())
        with numpy.load(self.export("--format", "npz", "--output", self.folder / "y.bin")) as file:
            self.assert_same(dict(file), self.checkpoint())
        self.export("--format", "model", "--output", self.folder / "x.safetensors")

    def test_without_the_data(self):
        rows = self.folder / "rows.csv"
        rows.write_text("a,b\n" + "".join(f"{i % 5},{i % 3}\n" for i in range(60)))
        folder = self.train(program.small_run(data={"source": "csv", "files": str(rows), "validation": 10}, model={"variant": "dense", "code": 1}))
        rows.unlink()
        self.assertEqual(program.run("evaluate", folder).code, 2)
        result = program.run("export", folder)
        self.assertEqual(result.code, 0, result.stderr)

    def test_refusals(self):
        self.refused("--format", "onnx", says="--format: ")
        self.refused(
            "--checkpoint", "ema", says="ema.safetensors: does not exist; the run's checkpoints are: best, last"
        )
        self.refused(run_folder=self.folder / "none", says="is not a run folder")
        self.export("--output", self.folder / "taken.npz", says="npz")
        self.refused("--output", self.folder / "taken.npz", says="taken.npz is there already")
        self.refused("--output", self.run_folder / "checkpoints/x.npz", says="lies among the checkpoints of a run")
        (self.folder / "file").write_text("")
        self.refused("--output", self.folder / "file/x.npz", says="--output: cannot create")


if __name__ == "__main__":
    program.main()
