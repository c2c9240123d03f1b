"""summary/dictionary.json, latents.csv and latents.png of runs, recomputed with NumPy from the codes that aelab apply
writes and from the decoder's weights in the checkpoint."""

import csv
import sys

import program

try:
    import numpy
    from PIL import Image
    from safetensors.numpy import load_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

MODEL = {"variant": "batch-top-k", "code": 96, "k": 4, "norm": "free", "aux_k": {"dead_after": 1500}}
TRAINING = {"epochs": 4, "batch_size": 64, "optimizer": {"kind": "adam", "learning_rate": 0.01}}


class DictionarySummary(program.TestCase):
    def dictionary(self, **changes):
        """A run, and what it was made of: codes, places in the source, labels, unit vectors, their norms."""
        self.run_folder = self.train(program.small_run(model=MODEL, training=TRAINING, evaluation=["dictionary"], **changes))
        applied = self.folder / f"applied-{self.run_folder.name}"
        result = program.run("apply", self.run_folder, "--output", applied)
        self.assertEqual(result.code, 0, result.stderr)
        self.codes = numpy.load(applied / "code.npy")
        self.places = numpy.load(applied / "row.npy")
        self.labels = numpy.load(applied / "label.npy") if (applied / "label.npy").exists() else None
        tensors = load_file(self.run_folder / "checkpoints/best.safetensors")
        vectors = next(tensor for name, tensor in tensors.items() if name.endswith("backbone.decoder_weight")).astype(float)
        self.norms = numpy.linalg.norm(vectors, axis=1)
        self.vectors = vectors / self.norms[:, None]
        return program.read_json(self.run_folder / "summary/dictionary.json")

    def densities(self):
        return (self.codes != 0).mean(axis=0)

    def table(self):
        with open(self.run_folder / "summary/latents.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_densities(self):
        record = self.dictionary()
        active = (self.codes != 0).sum(axis=0)
        self.assertEqual((record["part"], record["rows"], record["of"], record["latents"]), ("test", len(self.codes), len(self.codes), 96))
        self.assertEqual(record["dead"], int((active == 0).sum()))
        self.assertGreater(record["dead"], 0)
        edges = record["densities"]["edges"]
        self.assertEqual(edges[-1], 0)
        numpy.testing.assert_allclose(numpy.diff(edges), .25)
        self.assertTrue(edges[0] <= numpy.log10(1 / len(self.codes)) < edges[1])
        expected, _ = numpy.histogram(numpy.log10(active[active > 0] / len(self.codes)), bins=edges)
        self.assertEqual(record["densities"]["counts"], expected.tolist())
        density = self.densities()
        self.assertEqual(record["bands"], {"rare": int(((0 < density) & (density < 1e-3)).sum()), "dense": int((density > .1).sum()),
                                           "middle": int(((density >= 1e-3) & (density <= .1)).sum())})
        measured = program.read_json(self.run_folder / "evaluation.json")["metrics"]
        self.assertEqual(measured["dictionary/dead"], record["dead"])
        self.assertEqual([int(row["active_rows"]) for row in self.table()], active.tolist())

    def test_cosines(self):
        record = self.dictionary()
        cosines = abs(self.vectors @ self.vectors.T)
        numpy.fill_diagonal(cosines, -1)
        largest = cosines.max(axis=1)
        rows = self.table()
        written = numpy.array([float(row["largest_cosine"]) for row in rows])
        numpy.testing.assert_allclose(written, largest, atol=2e-6)
        self.assertEqual([int(row["nearest_latent"]) for row in rows], cosines.argmax(axis=1).tolist())
        numpy.testing.assert_allclose([float(row["decoder_norm"]) for row in rows], self.norms, rtol=1e-5)
        edges = numpy.array(record["cosines"]["edges"])
        numpy.testing.assert_allclose(edges, numpy.linspace(0, 1, 51))
        on_edge = abs(written[:, None] - edges).min(axis=1) < 1e-6
        expected, _ = numpy.histogram(written, bins=edges)
        self.assertLessEqual(abs(expected - record["cosines"]["counts"]).sum(), 2 * on_edge.sum())
        self.assertEqual(sum(record["cosines"]["counts"]), 96)
        self.assertAlmostEqual(program.read_json(self.run_folder / "evaluation.json")["metrics"]["dictionary/largest_cosine"], largest.mean(), 5)

    def assert_strongest(self, record):
        density, strength = self.densities(), abs(self.codes).max(axis=0) * self.norms
        bands = {"rare": (density > 0) & (density < 1e-3), "middle": (density >= 1e-3) & (density <= .1), "dense": density > .1}
        expected = [(band, latent) for band, within in bands.items()
                    for latent in sorted(numpy.flatnonzero(within), key=lambda one: -strength[one])[:4]]
        self.assertEqual([(one["band"], one["latent"]) for one in record["strongest"]], expected)
        self.assertGreater(len(expected), 4)
        for one in record["strongest"]:
            column = self.codes[:, one["latent"]]
            order = numpy.argsort(-abs(column), kind="stable")[:min(8, (column != 0).sum())]
            self.assertEqual([row["row"] for row in one["rows"]], self.places[order].tolist())
            self.assertEqual(one["active_rows"], int((column != 0).sum()))
            numpy.testing.assert_allclose([row["activation"] for row in one["rows"]], column[order], rtol=6e-4)
            if self.labels is not None:
                self.assertEqual([row["label"] for row in one["rows"]], self.labels[order].tolist())
            yield one, order

    def test_strongest_rows_with_pictures(self):
        record = self.dictionary()
        sheet = numpy.asarray(Image.open(self.run_folder / "summary/latents.png"))
        self.assertIsNotNone(self.labels)
        exported = self.folder / "data"
        result = program.run("data", "digits", "--output", exported)
        self.assertEqual(result.code, 0, result.stderr)
        arrays = {path.name: numpy.load(path) for path in exported.rglob("*.npy")}
        pixels = next(array for name, array in arrays.items() if array.ndim == 4 and array.shape[0] == 1797)
        place = record["pictures"]
        self.assertEqual((place["columns"], sheet.shape[1]), (8, 8 * place["width"] + 7 * place["gap"]))
        for line, (one, _) in enumerate(self.assert_strongest(record)):
            for column, row in enumerate(one["rows"]):
                top, left = line * (place["height"] + place["gap"]), column * (place["width"] + place["gap"])
                drawn = sheet[top:top + place["height"], left:left + place["width"]]
                drawn = drawn[::place["height"] // 8, ::place["width"] // 8]
                self.assertNotIn("values", row)
                numpy.testing.assert_allclose(drawn, pixels[row["row"], 0] * 255, atol=1)

    def test_strongest_rows_with_values(self):
        random = numpy.random.default_rng(3)
        directions = random.normal(size=(60, 12))
        rows = ((random.random((900, 60)) * (random.random((900, 60)) < .06)) @ directions).astype(numpy.float32)
        numpy.save(self.folder / "rows.npy", rows)
        record = self.dictionary(data={"source": "npy", "files": str(self.folder / "rows.npy"), "validation": 100, "test": 300})
        self.assertNotIn("pictures", record)
        self.assertFalse((self.run_folder / "summary/latents.png").exists())
        for one, order in self.assert_strongest(record):
            for row in one["rows"]:
                self.assertNotIn("label", row)
                numpy.testing.assert_allclose(row["values"], rows[row["row"], :8], rtol=6e-4, atol=1e-6)

    def test_other_models_have_none(self):
        folder = self.train(program.small_run(model={"variant": "linear", "code": 4}))
        self.assertEqual([path.name for path in (folder / "summary").iterdir() if path.name.startswith(("dictionary", "latents"))], [])


if __name__ == "__main__":
    program.main()
