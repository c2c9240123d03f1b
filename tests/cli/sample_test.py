"""aelab sample: what it draws, read by numpy, pillow and safetensors, and what it refuses."""

import json
import shutil
import sys

import program
from program import small_run

try:
    import numpy
    from PIL import Image
    from safetensors.numpy import load_file
    from sklearn.linear_model import LogisticRegression
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class Sample(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.vae = case.train(small_run(name="vae", model={"variant": "vae", "code": 6}, training={"epochs": 40}))
        cls.dense = case.train(small_run(name="dense", model={"variant": "dense", "code": 4}))
        quantized = {"variant": "vq-vae", "code": 16, "codes": 32, "restart": 20}
        cls.quantized = case.train(small_run(name="quantized", model=quantized, training={"epochs": 10}))
        cls.levels = case.train(small_run(name="levels", model={"variant": "fsq", "code": 9, "levels": [5, 5, 5]}))

    def runTest(self):
        pass

    def sample(self, run_folder, *arguments):
        """The folder that it made, and what its JSON says."""
        result = program.run("sample", run_folder, *arguments)
        self.assertEqual((result.code, result.stderr), (0, ""))
        folder = program.pathlib.Path(result.stdout.splitlines()[-1])
        return folder, program.read_json(folder / "sampling.json")

    def refused(self, *arguments, says, run_folder=None):
        before = sorted(self.vae.rglob("*"))
        result = program.run("sample", run_folder or self.vae, *arguments)
        self.assert_refused(result, *([says] if isinstance(says, str) else says))
        self.assertEqual(sorted(self.vae.rglob("*")), before)

    def test_draws_from_the_likeliest_sampler(self):
        folder, record = self.sample(self.vae, "--count", "10")
        self.assertEqual(
            sorted(path.name for path in folder.iterdir()),
            ["codes.npy", "sampler.safetensors", "samples.npy", "samples.png", "sampling.json"],
        )
        densities = [one["held_out_log_density"] for one in record["samplers"]]
        self.assertEqual(densities, sorted(densities, reverse=True))
        self.assertEqual(record["sampler"], record["samplers"][0]["sampler"])
        kinds = sorted(one["sampler"]["kind"] for one in record["samplers"])
        self.assertEqual(kinds, ["gaussian", "mixture", "prior"])
        samples = numpy.load(folder / "samples.npy")
        self.assertEqual(samples.shape, (10, 1, 8, 8))
        self.assertTrue(((samples >= 0) & (samples <= 1)).all())
        self.assertGreater(samples.std(axis=0).max(), 0.05)
        self.assertEqual(numpy.load(folder / "codes.npy").shape, (10, 6))
        with Image.open(folder / "samples.png") as image:
            self.assertEqual(image.size[0], 7 * (4 * 9 - 1))

    def test_draws_the_same_of_a_seed_and_more_of_them(self):
        few, many, other = (
            numpy.load(self.sample(self.vae, "--sampler", "mixture", *options)[0] / "samples.npy")
            for options in (("--count", "3"), ("--count", "8"), ("--count", "3", "--seed", "1"))
        )
        numpy.testing.assert_allclose(many[:3], few, atol=1e-6)
        self.assertGreater(abs(other - few).max(), 0.01)

    def test_the_priors_codes_are_normal_and_decoded_by_the_model(self):
        folder, record = self.sample(self.vae, "--sampler", "prior", "--count", "4000")
        codes = numpy.load(folder / "codes.npy")
        self.assertLess(abs(codes.mean(axis=0)).max(), 0.1)
        self.assertLess(abs(codes.std(axis=0) - 1).max(), 0.1)
        self.assertEqual(record["sampler"]["kind"], "prior")
        # Neighbours in code are neighbours in pixels: what is decoded belongs to its code.
        samples = numpy.load(folder / "samples.npy").reshape(4000, -1)
        by_code = numpy.linalg.norm(codes[:, None] - codes[None, :200], axis=2)[200:]
        by_pixel = numpy.linalg.norm(samples[:, None] - samples[None, :200], axis=2)[200:]
        nearest = by_pixel[numpy.arange(3800), by_code.argmin(axis=1)]
        self.assertLess(nearest.mean(), 0.8 * by_pixel.mean())

    def test_codes_of_a_codebook_are_drawn_index_by_index(self):
        for run_folder, dimension in ((self.quantized, 4), (self.levels, 3)):
            folder, record = self.sample(run_folder, "--count", "200")
            self.assertEqual([one["sampler"]["kind"] for one in record["samplers"]], ["autoregressive"])
            self.assertEqual(
                record["held_out"],
                "mean log probability of the indices of codes of the validation split, in nats",
            )
            # Every vector is one of those that training rows have, though not every code is a training row's.
            applied = self.folder / f"applied-{run_folder.parent.name}"
            result = program.run("apply", run_folder, "--part", "train", "--output", applied, "--write", "code")
            self.assertEqual(result.code, 0, result.stderr)
            known = numpy.load(applied / "code.npy")
            drawn = numpy.load(folder / "codes.npy")
            vectors = {vector.tobytes() for vector in known.reshape(-1, dimension)}
            of_rows = {row.tobytes() for row in known}
            is_known = [vector.tobytes() in vectors for vector in drawn.reshape(-1, dimension)]
            self.assertGreater(numpy.mean(is_known), 0.98)
            if run_folder == self.levels:  # after two epochs few of its codes are in use
                continue
            self.assertGreater(numpy.mean([row.tobytes() not in of_rows for row in drawn]), 0.05)
            # Likelier than places that do not depend on each other, with a half added to every count.
            index = {vector: i for i, vector in enumerate(sorted(vectors))}
            indices = numpy.array([[index[v.tobytes()] for v in row.reshape(-1, dimension)] for row in known])
            entropy = 0.0
            for place in indices.T:
                shares = numpy.bincount(place) / len(place)
                entropy -= (shares[shares > 0] * numpy.log(shares[shares > 0])).sum()
            self.assertGreater(record["samplers"][0]["held_out_log_density"], -entropy)

    def test_a_sampler_that_was_fitted_before_draws_the_same_without_data(self):
        for run_folder, sampler in (
            (self.quantized, '{"kind": "autoregressive", "epochs": 3}'),
            (self.vae, '{"kind": "flow", "epochs": 3, "layers": 2, "hidden": [16]}'),
            (self.vae, "mixture"),
        ):
            folder, _ = self.sample(run_folder, "--sampler", sampler, "--count", "9")
            copy = self.folder / f"{run_folder.parent.name}.safetensors"
            shutil.copy(run_folder / "checkpoints/best.safetensors", copy)
            again, record = self.sample(copy, "--fitted", folder / "sampler.safetensors", "--count", "9")
            for name in ("codes.npy", "samples.npy"):
                self.assertEqual((folder / name).read_bytes(), (again / name).read_bytes())
            self.assertEqual(record["fitted"], str(folder / "sampler.safetensors"))
            types = {tensor.dtype for tensor in load_file(folder / "sampler.safetensors").values()}
            self.assertIn(types, [{numpy.dtype("f4")}, {numpy.dtype("f4"), numpy.dtype("f8")}, {numpy.dtype("f8")}])
        self.refused(
            *("--fitted", folder / "sampler.safetensors"),
            run_folder=self.dense,
            says="sampler.safetensors: was fitted to codes of another model",
        )
        self.refused("--fitted", copy, says="is not a sampler that aelab sample wrote")
        self.refused("--fitted", "x", "--sampler", "flow", says="--sampler: conflicts with")
        damaged = bytearray((folder / "sampler.safetensors").read_bytes())
        damaged[-3] ^= 1
        (self.folder / "damaged").write_bytes(damaged)
        self.refused("--fitted", self.folder / "damaged", says="--fitted: ")

    def test_samples_of_a_class_look_like_it(self):
        applied = self.folder / "applied"
        result = program.run("apply", self.vae, "--part", "train", "--output", applied, "--write", "reconstruction,label")
        self.assertEqual(result.code, 0, result.stderr)
        pictures = numpy.load(applied / "reconstruction.npy").reshape(-1, 64)
        labels = numpy.load(applied / "label.npy").astype(int)
        judge = LogisticRegression(max_iter=2000).fit(pictures, labels)
        folder, record = self.sample(self.vae, "--label", "3", "--sampler", "gaussian", "--count", "200")
        self.assertEqual(record["label"], "3")
        samples = numpy.load(folder / "samples.npy").reshape(-1, 64)
        self.assertGreater((judge.predict(samples) == 3).mean(), 0.6)

    def test_the_prior_needs_no_data(self):
        copy = self.folder / "model.safetensors"
        shutil.copy(self.vae / "checkpoints/best.safetensors", copy)
        folder, _ = self.sample(copy, "--sampler", "prior", "--count", "5")
        in_run, _ = self.sample(self.vae, "--sampler", "prior", "--count", "5")
        self.assertEqual((folder / "samples.npy").read_bytes(), (in_run / "samples.npy").read_bytes())
        self.refused(says="--sampler: " + str(copy) + " is a model without data", run_folder=copy)

    def test_prints_json(self):
        result = program.run("sample", self.dense, "--count", "3", "--json")
        self.assertEqual(result.code, 0, result.stderr)
        printed = json.loads(result.stdout)
        self.assertIn(printed["sampler"]["kind"], ["gaussian", "mixture"])
        self.assertEqual(sorted(printed["held_out_log_density"]), ["gaussian", "mixture"])

    def test_refuses(self):
        self.refused("--sampler", "prior", says="--sampler: this model has no prior", run_folder=self.dense)
        self.refused("--sampler", "gausian", says='Did you mean "gaussian"')
        self.refused("--label", "eleven", says="--label: there is no class eleven in the run's data")
        self.refused("--label", "3", "--sampler", "prior", says="--label: is for samplers that are fitted")
        self.refused("--components", "5", says="--components: is of the sampler mixture")
        self.refused("--sampler", "mixture", "--components", "100000", says="--sampler")
        self.refused("--count", "0", says="--count: must be between 1 and")
        for sampler in ("prior", "gaussian", "mixture", "kde", "flow"):
            self.refused(
                *("--sampler", sampler),
                run_folder=self.quantized,
                says="--sampler: this model's codes are made of the 32 vectors of a codebook, and this sampler "
                'would draw others: choose "autoregressive"',
            )
        self.refused(
            *("--sampler", "autoregressive"),
            says="--sampler: this model's codes are not made of a codebook's vectors",
        )


if __name__ == "__main__":
    program.main()
