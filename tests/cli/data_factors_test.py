"""Factors of variation are described, written and recorded; dSprites is read from the file that NumPy writes."""

import json
import sys

import program
import reading

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

FEW = {"source": "sprites", "size": 8, "scales": 2, "angles": 3, "positions": 2, "test_rows": 12}
SMALL = {"bins": 5, "trees": 3, "rows": 500}


class Factors(reading.DataTest):
    def test_they_are_described_and_written(self):
        result = program.run("data", json.dumps(FEW))
        self.assertEqual(result.code, 0, result.stderr)
        words = " ".join(result.stdout.split())
        self.assertIn("factors shape (3 values), scale (2 values), angle (3 values), x (2 values), y (2 values)", words)
        read = self.read(FEW)
        self.assertEqual(read["train"].shape, (60, 1, 8, 8))
        rows = numpy.concatenate([read["train-factors"], read["test-factors"]])
        self.assertEqual(rows.dtype, numpy.int64)
        self.assertEqual(len(numpy.unique(rows, axis=0)), 3 * 2 * 3 * 2 * 2)
        numpy.testing.assert_array_equal(read["train-labels"], read["train-factors"][:, 0])
        plain = json.loads(program.run("data", "digits", "--json").stdout)
        self.assertNotIn("factors", plain)

    def test_a_run_records_and_measures_them(self):
        metric = {"kind": "disentanglement", **SMALL}
        folder = self.train(program.small_run(data={**FEW, "validation": 10}, evaluation=["reconstruction", metric]))
        recorded = program.read_json(folder / "data.json")
        self.assertEqual(recorded["factors"][1], {"name": "scale", "values": 2})
        measured = program.read_json(folder / "evaluation.json")
        self.assertIn("disentanglement/mig", json.dumps(measured))
        again = program.run("evaluate", folder, "--metrics", json.dumps(metric), "--json")
        self.assertEqual(again.code, 0, again.stderr)
        self.assertIn("disentanglement/factor_vae", again.stdout)

    def test_the_metric_needs_them(self):
        file = program.write_json(self.folder / "digits.json", program.small_run(evaluation=["disentanglement"]))
        self.assert_refused(program.run("run", file), "\"disentanglement\" needs known factors of variation")


class DSprites(reading.DataTest):
    def write(self, rows=300, **changed):
        sizes = [1, 3, 6, 40, 32, 32]
        arrays = {
            "imgs": self.random.integers(0, 2, (rows, 6, 7), "u1"),
            "latents_classes": self.random.integers(0, sizes, (rows, 6)),
            "latents_values": self.random.random((rows, 6)),
            "metadata": numpy.array({"title": "pickled"}),
        }
        arrays["latents_classes"][0] = numpy.array(sizes) - 1
        arrays.update(changed)
        numpy.savez_compressed(self.path("dsprites.npz"), **{name: array for name, array in arrays.items() if array is not None})
        return {"source": "dsprites", "files": self.path("dsprites.npz")}, arrays

    def test_rows_are_those_of_the_file(self):
        source, arrays = self.write()
        written = {tuple(row): image for row, image in zip(arrays["latents_classes"], arrays["imgs"])}
        self.assertEqual(len(written), 300)
        for counts in ({}, {"test_rows": 50}, {"rows": 100, "test_rows": 20, "seed": 3}):
            read = self.read({**source, **counts})
            train = counts.get("rows", 300 - counts.get("test_rows", 0))
            self.assertEqual(read["train"].shape, (train, 1, 6, 7))
            seen = set()
            for part in ("train", "test") if counts else ("train",):
                numpy.testing.assert_array_equal(read[f"{part}-labels"], read[f"{part}-factors"][:, 1])
                for row, image in zip(read[f"{part}-factors"], read[part]):
                    numpy.testing.assert_array_equal(image[0], written[tuple(row)])
                    seen.add(tuple(row))
            self.assertEqual(len(seen), train + counts.get("test_rows", 0))

    def test_factors_are_named(self):
        source, _ = self.write()
        described = json.loads(program.run("data", json.dumps(source), "--json").stdout)
        self.assertEqual([factor["name"] for factor in described["factors"]],
                         ["color", "shape", "scale", "orientation", "x", "y"])
        self.assertEqual([factor["values"] for factor in described["factors"]], [1, 3, 6, 40, 32, 32])
        self.assertEqual(described["class_names"], ["square", "ellipse", "heart"])

    def test_what_is_wrong_is_named(self):
        def refused(says, **changed):
            source, _ = self.write(**changed)
            self.refused(source, says)

        images = numpy.zeros((300, 6, 7), "u1")
        refused("imgs: dSprites has bytes of shape [300, height, width]", imgs=images[:299])
        refused("imgs: dSprites has bytes", imgs=images.astype("f4"))
        images[7, 3, 2] = 255
        refused("imgs: row 7 has the value 255; pixels of dSprites are 0 or 1", imgs=images)
        refused("is in Fortran order", imgs=numpy.asfortranarray(images))
        refused('has no array "imgs"', imgs=None)
        refused("latents_classes: dSprites has whole numbers of shape [rows, 6]", latents_classes=numpy.zeros((300, 5), int))
        refused("latents_classes: dSprites has numbers from 0 there, and three shapes",
                latents_classes=numpy.full((300, 6), 3))
        source, _ = self.write()
        self.refused({**source, "rows": 400}, "rows: there are 300 combinations of the factors' values, too few for 400")
        self.refused({"source": "dsprites"}, "files: names one file")

    def test_a_damaged_file_is_refused(self):
        source, _ = self.write()
        path = self.folder / "dsprites.npz"
        content = bytearray(path.read_bytes())
        place = content.index(b"imgs.npy") + 200
        content[place] ^= 0xFF
        path.write_bytes(content)
        self.refused(source, "imgs: is corrupted")


if __name__ == "__main__":
    program.main()
