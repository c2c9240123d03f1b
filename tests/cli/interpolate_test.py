"""aelab interpolate: what it writes, read by numpy and pillow, and what it refuses."""

import json
import sys

import program
from program import small_run

try:
    import numpy
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

ENLARGED, GAP = 7, 1


def side(count):
    """Pixels of so many 8x8 pictures in a row."""
    return ENLARGED * (count * (8 + GAP) - GAP)


def tile(path, column, row):
    """One of a picture's 8x8 pictures, [0, 1]."""
    with Image.open(path) as image:
        pixels = numpy.asarray(image)[::ENLARGED, ::ENLARGED]
    left, top = column * (8 + GAP), row * (8 + GAP)
    return pixels[top : top + 8, left : left + 8] / 255


class Interpolate(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.plain = case.train(small_run(name="plain"))
        cls.plane = case.train(small_run(name="plane", model={"variant": "pca", "code": 2}))
        vae = {"variant": "vae", "code": 4, "beta": 0.5}
        cls.vae = case.train(small_run(name="vae", model=vae, training={"epochs": 5}))
        result = program.run("apply", cls.plain, "--output", case.folder / "applied")
        case.assertEqual(result.code, 0, result.stderr)
        cls.code, cls.reconstruction = (
            numpy.load(case.folder / f"applied/{name}.npy") for name in ("code", "reconstruction")
        )

    def runTest(self):
        pass

    def interpolate(self, run_folder, *arguments):
        """The folder that it made, and what its JSON says."""
        result = program.run("interpolate", run_folder, *arguments)
        self.assertEqual((result.code, result.stderr), (0, ""))
        folder = program.pathlib.Path(result.stdout.splitlines()[-1])
        return folder, program.read_json(folder / "interpolation.json")

    def refused(self, *arguments, says, run_folder=None):
        before = sorted(self.plain.rglob("*"))
        result = program.run("interpolate", run_folder or self.plain, *arguments)
        self.assert_refused(result, *([says] if isinstance(says, str) else says))
        self.assertEqual(sorted(self.plain.rglob("*")), before)

    def test_strip(self):
        folder, said = self.interpolate(self.plain, "--from", 3, "--to", 17, "--steps", 6)
        self.assertEqual(folder.parent, self.plain / "interpolations")
        self.assertEqual(
            sorted(path.name for path in folder.iterdir()),
            ["decoded.npy", "interpolation.json", "interpolation.png"],
        )
        self.assertEqual(
            (said["from"]["row"], said["to"]["row"], said["picture_rows"]), (3, 17, ["decoded", "pixels"])
        )
        points = said["points"]
        numpy.testing.assert_allclose([point["t"] for point in points], numpy.linspace(0, 1, 6), atol=1e-6)
        codes = numpy.array([point["code"] for point in points])
        numpy.testing.assert_allclose(codes[[0, -1]], self.code[[3, 17]], rtol=1e-5, atol=1e-6)
        numpy.testing.assert_allclose(codes, numpy.linspace(codes[0], codes[-1], 6), rtol=1e-4, atol=1e-5)
        decoded = numpy.load(folder / "decoded.npy")
        self.assertEqual(decoded.shape, (6, 1, 8, 8))
        numpy.testing.assert_allclose(decoded[[0, -1]], self.reconstruction[[3, 17]], atol=1e-5)
        picture = folder / "interpolation.png"
        with Image.open(picture) as image:
            self.assertEqual((image.size, image.mode), ((side(6), side(2)), "L"))
        for column in range(6):
            numpy.testing.assert_allclose(tile(picture, column, 0), decoded[column, 0], atol=0.51 / 255)
        ends = tile(picture, 0, 1), tile(picture, 5, 1)
        numpy.testing.assert_allclose(tile(picture, 1, 1), 0.8 * ends[0] + 0.2 * ends[1], atol=1.1 / 255)

    def test_distance_from_the_nearest_training_image(self):
        """The training split's own rows lie at distance 0 from it, their mixtures and reconstructions do not."""
        result = program.run("apply", self.plain, "--part", "train", "--output", self.folder / "train")
        self.assertEqual(result.code, 0, result.stderr)
        folder, said = self.interpolate(self.plain, "--part", "train", "--from", 5, "--to", 6, "--steps", 3)
        pixels = [point["pixels"] for point in said["points"]]
        self.assertEqual([pixels[0]["nearest"], pixels[2]["nearest"]], [5, 6])
        self.assertEqual([pixels[0]["distance"], pixels[2]["distance"]], [0, 0])
        self.assertGreater(pixels[1]["distance"], 0.1)
        error = numpy.load(self.folder / "train/error.npy")[5]
        self.assertLessEqual(said["points"][0]["distance"], error**0.5 * 1.0001)

    def test_classes(self):
        _, said = self.interpolate(self.plain, "--from-class", 3, "--to-class", 8)
        self.assertEqual((said["from"]["label"], said["to"]["label"]), (3, 8))
        drawn = []
        for seed in (1, 1, 2):
            _, other = self.interpolate(self.plain, "--from-class", 3, "--to", 0, "--seed", seed)
            self.assertEqual((other["from"]["label"], other["to"]["row"]), (3, 0))
            drawn.append(other["from"]["row"])
        self.assertEqual(drawn[0], drawn[1])
        self.assertGreater(len(set(drawn)), 1)
        self.assertLess(said["from"]["row"], max(drawn))

    def test_grid(self):
        folder, said = self.interpolate(
            self.plain,
            *("--kind", "grid", "--from", 0, "--to", 1, "--down", 2, "--diagonal", 3, "--steps", 4),
            *("--output", self.folder / "grid"),
        )
        self.assertEqual(folder, self.folder / "grid")
        decoded = numpy.load(folder / "decoded.npy")
        self.assertEqual(decoded.shape, (16, 1, 8, 8))
        numpy.testing.assert_allclose(decoded[[0, 3, 12, 15]], self.reconstruction[:4], atol=1e-5)
        self.assertEqual(said["points"][1]["t"][1], 0)
        picture = folder / "interpolation.png"
        with Image.open(picture) as image:
            self.assertEqual(image.size, (side(4), side(4)))
        numpy.testing.assert_allclose(tile(picture, 3, 2), decoded[11, 0].clip(0, 1), atol=0.51 / 255)

    def test_manifold(self):
        folder, said = self.interpolate(self.plane, "--kind", "manifold", "--steps", 5)
        result = program.run("apply", self.plane, "--write", "code", "--output", self.folder / "codes")
        self.assertEqual(result.code, 0, result.stderr)
        low, high = numpy.quantile(numpy.load(self.folder / "codes/code.npy"), (0.05, 0.95), axis=0)
        codes = numpy.array([point["code"] for point in said["points"]]).reshape(5, 5, 2)
        numpy.testing.assert_allclose(codes[0, 0], (low[0], high[1]), rtol=1e-5)
        numpy.testing.assert_allclose(codes[-1, -1], (high[0], low[1]), rtol=1e-5)
        self.assertNotIn("t", said["points"][0])
        with Image.open(folder / "interpolation.png") as image:
            self.assertEqual(image.size, (side(5), side(5)))

    def test_traversal(self):
        folder, said = self.interpolate(self.vae, "--kind", "traversal", "--from", 3, "--steps", 5)
        result = program.run("apply", self.vae, "--write", "code", "--output", self.folder / "codes")
        self.assertEqual(result.code, 0, result.stderr)
        rows = numpy.load(self.folder / "codes/code.npy")
        deviations = rows.std(axis=0)
        order = [one["dimension"] for one in said["dimensions"]]
        self.assertEqual(order, list(numpy.argsort(-deviations)))
        codes = numpy.array([point["code"] for point in said["points"]]).reshape(4, 5, 4)
        for path, dimension in zip(codes, order):
            expected = numpy.tile(rows[3], (5, 1))
            expected[:, dimension] = rows[:, dimension].mean() + deviations[dimension] * numpy.linspace(-2, 2, 5)
            numpy.testing.assert_allclose(path, expected, rtol=1e-4, atol=1e-5)
        first = said["points"][6]
        self.assertEqual(first["dimension"], order[1])
        self.assertAlmostEqual(first["value"], codes[1, 1, order[1]], places=5)
        self.assertEqual(numpy.load(folder / "decoded.npy").shape, (20, 1, 8, 8))
        with Image.open(folder / "interpolation.png") as image:
            self.assertEqual(image.size, (side(5), side(4)))
        # The divergences are those that the metric measures of all test rows.
        result = program.run("evaluate", self.vae, "--metrics", "latent", "--json")
        self.assertEqual(result.code, 0, result.stderr)
        divergences = [one["kl"] for one in said["dimensions"]]
        self.assertTrue(all(value >= 0 for value in divergences))
        self.assertAlmostEqual(sum(divergences), self.measured(result.stdout, "latent/kl"), delta=1e-3)

    @staticmethod
    def measured(text, name):
        """A metric's value in what evaluate prints."""
        found = json.loads(text)
        metrics = found.get("metrics", found)
        value = metrics[name]
        return value["value"] if isinstance(value, dict) else value

    def test_traversal_of_few_dimensions(self):
        """Of deterministic codes there is no divergence."""
        folder, said = self.interpolate(
            self.plain, "--kind", "traversal", "--from-class", 3, "--dimensions", 2, "--steps", 3
        )
        self.assertEqual([list(one) for one in said["dimensions"]], [["dimension"], ["dimension"]])
        self.assertEqual(said["from"]["label"], 3)
        self.assertEqual(numpy.load(folder / "decoded.npy").shape, (6, 1, 8, 8))
        self.assertNotIn("t", said["points"][0])

    def test_through_samples(self):
        """Codes that are drawn are functions of the seed, spread as the encoder says, around the means."""
        both = ("--from", 3, "--to", 17, "--steps", 3)

        def ends(*options):
            _, said = self.interpolate(self.vae, *both, *options)
            return numpy.array([said["points"][i]["code"] for i in (0, 2)])

        means = ends()
        drawn = numpy.array([ends("--codes", "sample", "--seed", seed) for seed in range(12)])
        self.assertTrue((drawn[1] == ends("--codes", "sample", "--seed", 1)).all())
        self.assertTrue((drawn[0] == ends("--codes", "sample")).all())
        self.assertTrue((drawn.std(axis=0) > 0.02).all())
        self.assertTrue((abs(drawn.mean(axis=0) - means) < 4 * drawn.std(axis=0) / 12**0.5).all())
        _, said = self.interpolate(self.vae, *both, "--codes", "sample", "--seed", 7)
        self.assertEqual(said["codes"], {"drawn_with_seed": 7})
        same = self.interpolate(self.vae, "--from", 3, "--to", 3, "--steps", 2, "--codes", "sample")[1]["points"]
        self.assertNotEqual(same[0]["code"], same[1]["code"])

    def test_spherical_and_input_space(self):
        _, said = self.interpolate(self.plain, "--from", 3, "--to", 17, "--method", "spherical", "--steps", 5)
        norms = [numpy.linalg.norm(point["code"]) for point in said["points"]]
        numpy.testing.assert_allclose(norms, numpy.linspace(norms[0], norms[-1], 5), rtol=1e-5)
        folder, said = self.interpolate(self.plain, "--from", 3, "--to", 17, "--space", "input")
        numpy.testing.assert_allclose(
            numpy.load(folder / "decoded.npy")[[0, -1]], self.reconstruction[[3, 17]], atol=1e-5
        )

    def test_json(self):
        result = program.run("interpolate", self.plain, "--from", 3, "--to", 17, "--json")
        said = json.loads(result.stdout)
        self.assertEqual(set(said), {"folder", "files", "distance"})
        points = program.read_json(program.pathlib.Path(said["folder"]) / "interpolation.json")["points"]
        self.assertAlmostEqual(
            said["distance"]["decoded"], numpy.mean([point["distance"] for point in points]), places=9
        )
        self.assertAlmostEqual(
            said["distance"]["pixels"],
            numpy.mean([point["pixels"]["distance"] for point in points]),
            places=9,
        )

    def test_what_is_not_there(self):
        rows = "there is no row 359: the test split has 359 rows, counted from 0"
        self.refused(
            *("--from", 359, "--to-class", 10),
            says=(
                f"--from: {rows}",
                "--to-class: there is no class 10 in the test split, whose classes are 0, 1,",
            ),
        )
        self.refused(
            "--form",
            3,
            "--to",
            1,
            says='unknown option "--form". Did you mean "--from"? See aelab interpolate',
        )
        self.refused("--from", 3, says="--to: is missing: give a row of the split, --to 3, or a class")
        self.refused(
            "--from", 1, "--to", 2, "--checkpoint", "ema", says="ema.safetensors: does not exist; the run's"
        )
        self.refused(
            "--from", 1, "--to", 2, run_folder=self.folder, says="is not a run folder: it has no config.json"
        )

    def test_what_makes_no_sense(self):
        both = ("--from", 3, "--to", 17)
        self.refused(*both, "--from-class", 3, says="--from-class: conflicts with --from")
        self.refused(*both, "--down", 3, says="--down: is a corner of a grid: add --kind grid")
        self.refused(*both, "--seed", 3, says="--seed: draws a sample of a class")
        self.refused(*both, "--steps", 1, says="--steps: must be between 2 and 1000, is 1")
        self.refused(
            *both,
            "--steps",
            "ten",
            "--down",
            -1,
            says=("--steps: must be a whole number", "--down: must be at least 0"),
        )
        self.refused(
            *("--kind", "grd", "--method", "sperical"),
            says=("--kind: ", "--method: ",
                  "--from: is missing", "--to: is missing"),
        )  # fmt: skip
        self.refused(
            "--kind", "manifold", says="--kind: a manifold needs a 2-dimensional latent code, this model's has 8 dimensions"
        )
        self.refused(
            *("--kind", "manifold", "--from", 3, "--space", "input"),
            says=("--from: does not apply to a manifold", "--space: must be \"code\" for a manifold"),
        )
        self.refused(
            *("--kind", "grid", "--from", 3, "--to", 1, "--down", 2, "--steps", 51),
            says=("--diagonal: is missing", "--steps: must be at most 50 in a grid"),
        )

    def test_what_makes_no_sense_of_drawn_codes_and_traversals(self):
        both = ("--from", 3, "--to", 17)
        self.refused(
            *both, "--codes", "sample", says="--codes: sample is for models that draw codes at random, and this"
        )
        self.refused(*both, "--codes", "sample", "--space", "input", says="--codes: does not apply to a path between")
        self.refused("--kind", "manifold", "--codes", "sample", says="--codes: does not apply to a manifold")
        self.refused(*both, "--dimensions", 3, says="--dimensions: are those of a traversal: add --kind traversal")
        self.refused(*both, "--kind", "traversal", says="--to: does not apply to a traversal, which begins at one")
        self.refused(
            *("--kind", "traversal", "--method", "spherical", "--space", "input"),
            says=(
                "--from: is missing",
                "--method: does not apply to a traversal",
                '--space: must be "code" for a traversal',
            ),
        )

    def test_nothing_is_overwritten(self):
        target = self.folder / "once"
        folder, _ = self.interpolate(self.plain, "--from", 1, "--to", 2, "--output", target)
        before = (folder / "interpolation.json").read_bytes()
        self.refused("--from", 3, "--to", 4, "--output", target, says="interpolation.json already exists")
        self.assertEqual((folder / "interpolation.json").read_bytes(), before)
        self.refused(
            "--from",
            3,
            "--to",
            4,
            "--output",
            target / "decoded.npy",
            says="decoded.npy is not a folder; choose another path",
        )

    def test_a_zero_code_has_no_direction(self):
        """PCA's codes of pictures that are all black are zero."""
        black = self.folder / "black.idx"
        black.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 4]) + bytes(320))
        folder = self.train(
            small_run(
                name="black",
                data={"source": "idx", "files": str(black)},
                model={"variant": "pca", "code": 2},
            )
        )
        self.refused(
            *("--from", 0, "--to", 1, "--method", "spherical"),
            run_folder=folder,
            says="--method: spherical needs directions, and the first end is zero; use linear",
        )
        self.assertFalse((folder / "interpolations").exists())
        self.refused(
            *("--from-class", 0, "--to", 1),
            run_folder=folder,
            says="--from-class: the data have no labels; name a row with --from",
        )


if __name__ == "__main__":
    program.main()
