"""What aelab reads of a source, by the files that it writes."""

import json

import program

try:
    import numpy
except ImportError:
    numpy = None


class DataTest(program.TestCase):
    def setUp(self):
        super().setUp()
        self.random = numpy.random.default_rng(0)

    def path(self, name):
        return str(self.folder / name)

    def read(self, source):
        """What aelab reads, by the names of the files that it writes."""
        place = self.folder / f"written-{len(list(self.folder.iterdir()))}"
        result = program.run("data", json.dumps(source), "--output", place, "--json")
        self.assertEqual(result.code, 0, result.stderr)
        description = json.loads(result.stdout)
        read = {name.removesuffix(".npy"): numpy.load(place / name) for name in description["written"]}
        for part, (least, most) in description["range"].items():
            self.assertEqual((least, most), (read[part].min(), read[part].max()))
        return read

    def refused(self, source, *says):
        self.assert_refused(program.run("data", json.dumps(source)), *says)

    def same(self, read, values):
        self.assertEqual(read.dtype, numpy.float32)
        self.assertEqual(read.shape, values.shape)
        numpy.testing.assert_array_equal(read, values.astype(numpy.float32))

    def numbers(self, dtype, shape):
        scale = 1 if dtype == "?" else 100 if dtype[-1] == "1" else 1000
        values = self.random.integers(0, scale, shape, endpoint=True)
        if "i" in dtype:
            values = values - scale // 2
        if "f" in dtype:
            values = values / 7
        return values.astype(dtype)
