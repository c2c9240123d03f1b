"""Arrays that NumPy and safetensors write are read to the values that they hold; what is wrong with a file is named."""

import gzip
import struct
import sys

import program
import reading

try:
    import numpy
    import sklearn.datasets
    from safetensors.numpy import save_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

DTYPES = ["?", "u1", "i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8"]
DTYPES += ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]


class Arrays(reading.DataTest):
    def test_npy_of_every_type_order_and_shape(self):
        for i, dtype in enumerate(DTYPES):
            values = self.numbers(dtype, ((7, 3), (4, 2, 3), (3, 2, 4, 5))[i % 3])
            if i % 2:
                values = numpy.asfortranarray(values)
            numpy.save(self.path("x.npy"), values)
            read = self.read({"source": "npy", "files": self.path("x.npy")})["train"]
            self.same(read, values[:, None] if values.ndim == 3 else values)

    def test_npy_shards_labels_and_versions(self):
        x, y = self.random.normal(size=(2, 6, 4)).astype("f4"), self.random.integers(0, 3, (2, 6))
        for i in range(2):
            with open(self.path(f"x{i}.npy"), "wb") as file:
                numpy.lib.format.write_array(file, x[i], version=(1 + i, 0))
            numpy.save(self.path(f"y{i}.npy"), y[i].astype(["u1", ">i8"][i]))
        files = lambda name: [self.path(f"{name}{i}.npy") for i in range(2)]
        for in_memory in (True, False):
            source = {"source": "npy", "files": files("x"), "label_files": files("y"), "in_memory": in_memory}
            read = self.read({**source, "test_files": self.path("x0.npy"), "test_label_files": self.path("y0.npy")})
            self.same(read["train"], x.reshape(12, 4))
            numpy.testing.assert_array_equal(read["train-labels"], y.ravel())
            self.same(read["test"], x[0])

    def test_rows_of_a_given_shape(self):
        """The values of a row keep their order; channels at the end come first."""
        series = self.random.normal(size=(12, 2, 9)).astype("f4")
        save_file({"x": series.reshape(12, 18)}, self.path("flat.safetensors"))
        numpy.savez(self.path("a.npz"), x=series)
        numpy.save(self.path("x.npy"), series)
        numpy.save(self.path("last.npy"), series.transpose(0, 2, 1))
        files = {"flat.safetensors": "safetensors", "a.npz": "npz", "x.npy": "npy"}
        for name, kind in files.items():
            for how in ({},) if kind == "npz" else ({}, {"in_memory": False}):
                with self.subTest(name, **how):
                    source = {"source": kind, "files": self.path(name), **how}
                    self.same(self.read({**source, "shape": [2, 9]})["train"], series)
                    self.same(self.read({**source, "shape": [18]})["train"], series.reshape(12, 18))
                    self.same(self.read({**source, "shape": [1, 6, 3]})["train"], series.reshape(12, 1, 6, 3))
                    self.same(self.read({**source, "shape": [6, 3], "channels_last": True})["train"],
                              series.reshape(12, 6, 3).transpose(0, 2, 1))
                    self.refused({**source, "shape": [2, 8]}, f"shape: 2x8 has 16 values, a row of {self.path(name)}")
                    self.refused({**source, "shape": [2, 0]}, "shape[1]: must be at least 1")
        self.same(self.read({"source": "npy", "files": self.path("x.npy")})["train"], series[:, None])
        last = {"source": "npy", "files": self.path("last.npy"), "shape": [9, 2], "channels_last": True}
        self.same(self.read({**last, "test_files": self.path("last.npy")})["test"], series)
        self.refused({**last, "shape": [18]}, "they are not images")

    def test_every_token_of_activations_is_a_row(self):
        x = self.random.normal(size=(6, 5, 8)).astype("f4")
        y = self.random.integers(0, 3, (6, 5))
        save_file({"x": x, "y": y}, self.path("a.safetensors"))
        numpy.savez(self.path("a.npz"), x=x, y=y)
        for part in (0, 1):
            numpy.save(self.path(f"x{part}.npy"), x[3 * part : 3 * part + 3])
            numpy.save(self.path(f"y{part}.npy"), y[3 * part : 3 * part + 3])
        shards = lambda name: [self.path(f"{name}{part}.npy") for part in (0, 1)]
        sources = [
            {"source": "npy", "files": shards("x"), "label_files": shards("y")},
            {"source": "npy", "files": shards("x"), "label_files": shards("y"), "in_memory": False},
            {"source": "npz", "files": self.path("a.npz"), "inputs": "x", "labels": "y"},
            {"source": "safetensors", "files": self.path("a.safetensors"), "inputs": "x", "labels": "y", "in_memory": False},
        ]
        for source in sources:
            with self.subTest(source["source"]):
                read = self.read({**source, "tokens_as_rows": True})
                self.same(read["train"], x.reshape(30, 8))
                numpy.testing.assert_array_equal(read["train-labels"], y.ravel())
        numpy.save(self.path("fortran.npy"), numpy.asfortranarray(x))
        self.refused({"source": "npy", "files": self.path("fortran.npy"), "tokens_as_rows": True}, "is in Fortran order; save it")
        numpy.save(self.path("flat.npy"), x[0, 0])
        self.refused({"source": "npy", "files": self.path("flat.npy"), "tokens_as_rows": True}, "more than one axis are needed")

    def test_matrices_for_a_dictionary_may_be_tokens(self):
        numpy.save(self.path("x.npy"), self.random.normal(size=(40, 5, 8)).astype("f4"))
        config = program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "validation": 10},
            model={"variant": "top-k", "code": 24, "k": 3},
        )
        said = "a row of shape 1x5x8 is one vector of 40 numbers for the model; if the arrays are activations"
        self.assertIn(said, (self.train(config) / "log.txt").read_text())
        config["data"]["tokens_as_rows"] = True
        folder = self.train(config)
        self.assertNotIn("tokens_as_rows", (folder / "log.txt").read_text())
        self.assertEqual(program.read_json(folder / "data.json")["shape"], [8])

    def test_series_are_trained_from_their_shape(self):
        numpy.save(self.path("x.npy"), self.random.normal(size=(60, 2, 32)).astype("f4"))
        config = program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "shape": [2, 32], "validation": 10},
            model={"variant": "denoising", "backbone": "convolutional-1d", "code": 3, "likelihood": "gaussian"},
        )
        folder = self.train(config)
        self.assertEqual(program.read_json(folder / "data.json")["shape"], [2, 32])
        self.assertEqual(program.read_json(folder / "config.json")["data"]["shape"], [2, 32])
        result = program.run("apply", folder, "--data", self.path("x.npy"))  # as the run reads its own
        self.assertEqual(result.code, 0, result.stderr)

    def test_npz_packed_or_not(self):
        x, y = self.random.normal(size=(9, 5)), self.random.integers(0, 3, 9)
        for save in (numpy.savez, numpy.savez_compressed):
            save(self.path("a.npz"), x_train=x[:6], y_train=y[:6], x_test=x[6:], y_test=y[6:])
            source = {"source": "npz", "files": self.path("a.npz"), "inputs": "x_train", "labels": "y_train"}
            read = self.read({**source, "test_inputs": "x_test", "test_labels": "y_test"})
            self.same(read["train"], x[:6])
            self.same(read["test"], x[6:])
            numpy.testing.assert_array_equal(read["test-labels"], y[6:])

    def test_safetensors_of_every_type(self):
        for dtype in ("u1", "i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8", "?"):
            x, y = self.numbers(dtype, (8, 2, 3, 3)), self.random.integers(0, 4, 8)
            save_file({"x": x, "y": y, "between": numpy.ones(3, "u1")}, self.path("a.safetensors"))
            source = {"source": "safetensors", "files": self.path("a.safetensors"), "inputs": "x", "labels": "y"}
            for in_memory in (True, False):
                read = self.read({**source, "in_memory": in_memory})
                self.same(read["train"], x)
                numpy.testing.assert_array_equal(read["train-labels"], y)

    def test_idx_in_memory_or_not(self):
        x = self.random.integers(0, 256, (10, 4, 5)).astype("u1")
        content = struct.pack(">4B3I", 0, 0, 8, 3, *x.shape) + x.tobytes()
        (self.folder / "x.idx").write_bytes(content)
        (self.folder / "z.idx.gz").write_bytes(gzip.compress(content))
        source = {"source": "idx", "files": self.path("x.idx")}
        self.same(self.read(source)["train"], x[:, None].astype("f4") / 255)
        self.same(self.read({**source, "in_memory": False})["train"], x[:, None].astype("f4") / 255)
        source["files"] = self.path("z.idx.gz")
        self.refused({**source, "in_memory": False}, "z.idx.gz: cannot be read in parts")

    def test_what_is_wrong_is_named(self):
        numpy.save(self.path("x.npy"), numpy.ones((4, 3)))
        content = (self.folder / "x.npy").read_bytes()
        (self.folder / "cut.npy").write_bytes(content[:-1])
        (self.folder / "long.npy").write_bytes(content + b"x")
        numpy.save(self.path("complex.npy"), numpy.ones((4, 3), "c8"))
        numpy.save(self.path("object.npy"), numpy.array([[None]]), allow_pickle=True)
        for name, says in {
            "cut.npy": f"byte {len(content) - 1}: the file is truncated: 96 bytes of values expected, 95 found",
            "long.npy": f"byte {len(content)}: 1 bytes follow the values",
            "complex.npy": 'its values are complex numbers ("<c8")',
            "object.npy": 'its values are Python objects ("|O")',
        }.items():
            self.refused({"source": "npy", "files": self.path(name)}, f"{name}: {says}" if "byte" in says[:4] else says)
        self.refused({"source": "npy", "files": self.path("none.npy")}, f"aelab: files: there is no file {self.path('none.npy')}")
        bad = numpy.ones((10, 3), "f4")
        bad[7, 1] = numpy.nan
        for i in range(3):
            numpy.save(self.path(f"s{i}.npy"), bad if i == 2 else bad[:7])
        shards = {"source": "npy", "files": [self.path(f"s{i}.npy") for i in range(3)]}
        self.refused(shards, f"row 7 of {self.path('s2.npy')}, value 1")


class Manifolds(reading.DataTest):
    def test_the_swiss_roll_is_scikit_learns(self):
        ours = self.read({"source": "synthetic", "of": "manifold", "rows": 3000})["train"]
        theirs, _ = sklearn.datasets.make_swiss_roll(3000, random_state=0)
        numpy.testing.assert_allclose(ours.mean(0), theirs.mean(0) / 10, atol=0.06)
        numpy.testing.assert_allclose(numpy.cov(ours.T), numpy.cov(theirs.T) / 100, atol=0.03)


if __name__ == "__main__":
    program.main()
