"""Files that NumPy, pandas, Pillow, safetensors and scikit-learn write are read to the values that they hold; what is
wrong with a file is named, and a run's folder knows what it was trained on."""

import gzip
import json
import pathlib
import signal
import struct
import subprocess
import sys
import time

import program

try:
    import numpy
    import pandas
    import sklearn.datasets
    from PIL import Image
    from safetensors.numpy import save_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

DTYPES = ["?", "u1", "i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">u4", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8"]
DTYPES += ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]


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


class Arrays(DataTest):
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
        self.refused({**source, "in_memory": False}, "z.idx.gz: cannot stay in its file")

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
            "complex.npy": 'its values are of type "<c8"',
            "object.npy": 'its values are of type "|O"',
        }.items():
            self.refused({"source": "npy", "files": self.path(name)}, f"{name}: {says}" if "byte" in says[:4] else says)
        self.refused({"source": "npy", "files": self.path("none.npy")}, "data.files: there is no file")
        bad = numpy.ones((10, 3), "f4")
        bad[7, 1] = numpy.nan
        for i in range(3):
            numpy.save(self.path(f"s{i}.npy"), bad if i == 2 else bad[:7])
        shards = {"source": "npy", "files": [self.path(f"s{i}.npy") for i in range(3)]}
        self.refused(shards, f"row 7 of {self.path('s2.npy')}, value 1")


class Tables(DataTest):
    def test_what_pandas_writes(self):
        iris = sklearn.datasets.load_iris(as_frame=True)
        table = iris.frame.rename(columns={"target": "kind"})
        table.to_csv(self.path("iris.csv"), index=False)
        read = self.read({"source": "csv", "files": self.path("iris.csv"), "label": "kind"})
        self.same(read["train"], iris.data.to_numpy())
        numpy.testing.assert_array_equal(read["train-labels"], iris.target)
        table["kind"] = iris.target_names[iris.target]
        table.to_csv(self.path("iris.tsv.gz"), sep="\t", quoting=1)
        source = {"source": "csv", "files": self.path("iris.tsv.gz"), "label": "kind", "delimiter": "\t", "ignore": ["0"]}
        read = self.read({**source, "header": True})
        self.same(read["train"], iris.data.to_numpy())
        numpy.testing.assert_array_equal(read["train-labels"], iris.target)  # its names are in their order

    def test_what_numpy_writes(self):
        values = self.random.normal(size=(20, 6))
        numpy.savetxt(self.path("a.csv"), values, delimiter=",")
        self.same(self.read({"source": "csv", "files": self.path("a.csv")})["train"], values)
        read = self.read({"source": "csv", "files": self.path("a.csv"), "shape": [1, 2, 3]})["train"]
        self.same(read, values.reshape(20, 1, 2, 3))

    def test_classes_of_other_data_are_those_of_the_run(self):
        """They are numbered as they are found: in other data the same number may mean another class."""
        rows = "".join(f"{i},{i % 4},{('ant', 'bee', 'cat')[i % 3]}\n" for i in range(60))
        whole, part = self.folder / "whole.csv", self.folder / "part.csv"
        whole.write_text("x,y,kind\n" + rows)
        part.write_text("x,y,kind\n" + "".join(line + "\n" for line in rows.splitlines() if "ant" not in line))
        config = program.small_run(
            data={"source": "csv", "files": str(whole), "label": "kind", "test": 15, "transforms": ["standardize"]},
            model={"variant": "dense", "code": 2, "likelihood": "gaussian"},
        )
        folder = self.train(config)
        self.assertEqual(program.read_json(folder / "data.json")["class_names"], ["ant", "bee", "cat"])
        other = json.dumps({"source": "csv", "files": str(part), "label": "kind", "test": 0.5})
        result = program.run("evaluate", folder, "--data", other, "--metrics", "probe")
        self.assert_refused(result, "its classes are bee, cat, the run's ant, bee, cat")

    def test_other_data_that_nobody_divides_are_measured_whole(self):
        rows = [[i, i % 4] for i in range(60)]
        numpy.savetxt(self.path("x.csv"), rows, delimiter=",")
        source = {"source": "csv", "files": self.path("x.csv")}
        folder = self.train(program.small_run(
            data={**source, "test": 15, "transforms": ["standardize"]}, model={"variant": "dense", "code": 1, "likelihood": "gaussian"}
        ))
        measured = json.loads(program.run("evaluate", folder, "--data", json.dumps(source), "--json").stdout)
        errors = self.folder / "errors"
        result = program.run("apply", folder, "--data", json.dumps(source), "--write", "error", "--output", errors)
        self.assertEqual(result.code, 0, result.stderr)
        whole = numpy.load(errors / "error.npy")
        self.assertEqual(len(whole), 60)
        self.assertAlmostEqual(measured["reconstruction/squared_error"], whole.mean(), 5)

    def test_what_is_not_utf8_is_refused(self):
        (self.folder / "x.csv").write_bytes(b"x,kind\n1,s\xe9t\n2,b\n")
        source = json.dumps({"source": "csv", "files": self.path("x.csv"), "label": "kind"})
        self.assert_refused(program.run("data", source, "--json", "--output", self.folder / "o"), "x.csv:2: column 1 (\"kind\"): is not UTF-8")
        self.assertFalse((self.folder / "o").exists())
        self.assert_refused(program.run("data", "s\udce9"), "argument 2 is not UTF-8")

    def test_classes_have_their_names_in_what_is_shown(self):
        rows = "".join(f"{i},{i % 4},{('ant', 'bee', 'cat')[i % 3]}\n" for i in range(60))
        (self.folder / "x.csv").write_text("x,y,kind\n" + rows)
        config = program.small_run(
            data={"source": "csv", "files": self.path("x.csv"), "label": "kind", "test": 15, "transforms": ["standardize"]},
            model={"variant": "dense", "code": 2, "likelihood": "gaussian"},
        )
        folder = self.train(config)
        result = program.run("interpolate", folder, "--from-class", "bee", "--to-class", "ant", "--json")
        self.assertEqual(result.code, 0, result.stderr)
        ends = program.read_json(pathlib.Path(json.loads(result.stdout)["folder"]) / "interpolation.json")
        self.assertEqual([(ends[end]["label"], ends[end]["class"]) for end in ("from", "to")], [(1, "bee"), (0, "ant")])
        self.assert_refused(
            program.run("interpolate", folder, "--from-class", "dog", "--to-class", "ant"),
            "--from-class: there is no class dog in the test split, whose classes are ant, bee, cat",
        )
        self.assertEqual(program.run("interpolate", folder, "--from-class", 1, "--to-class", 0).code, 0)
        self.assertIn("classes  3: ant, bee, cat\n", program.run("data", json.dumps(config["data"])).stdout)
        page = (folder / "report.html").read_text()
        self.assertIn('"classes":["ant","bee","cat"]', page)

    def test_what_terminals_take_for_commands_is_written_out(self):
        path = self.folder / "x.csv"
        path.write_bytes(b"a,b\n1,2\n\x1b]0;title\x07,3\n")
        result = program.run("data", json.dumps({"source": "csv", "files": str(path)}))
        self.assertEqual(result.code, 2)
        self.assertNotIn("\x1b", result.stderr)
        self.assertIn("\\x1b]0;title\\x07", result.stderr)

    def test_missing_values_are_named(self):
        pandas.DataFrame({"a": [1, None, 3], "b": [1.5, 2, None]}).to_csv(self.path("a.csv"), index=False)
        result = program.run("data", json.dumps({"source": "csv", "files": self.path("a.csv")}))
        self.assertEqual(result.code, 2)
        self.assertEqual(
            [line.split("a.csv:")[1].split(";")[0] for line in result.stderr.splitlines()],
            ['3: column 0 ("a"): the value is missing', '4: column 1 ("b"): the value is missing'],
        )

    def test_reading_stops_after_ten_errors(self):
        (self.folder / "x.csv").write_text("a,b\n1,2\n" + "1,x\n" * 30)
        result = program.run("data", json.dumps({"source": "csv", "files": self.path("x.csv")}))
        self.assertEqual(result.code, 2)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 11)
        self.assertIn("x.csv: reading stopped after 10 errors", lines[-1])


class Pictures(DataTest):
    def picture(self, mode, size):
        channels = {"L": 1, "RGB": 3, "RGBA": 4, "P": 3, "LA": 2, "1": 1}[mode]
        smooth = numpy.add.outer(numpy.arange(size[0]) * 5, numpy.arange(size[1]) * 3)[..., None]
        noise = self.random.integers(0, 120, (*size, channels))
        values = ((smooth + noise) % 256).astype("u1").squeeze()
        if mode in ("P", "1"):
            return Image.fromarray(values).convert(mode)
        return Image.fromarray(values)

    def test_what_pillow_writes(self):
        folder = self.folder / "pictures"
        folder.mkdir()
        wanted = {"grey": [], "rgb": []}
        cases = [("L", "a.png", {}), ("RGB", "b.png", {}), ("RGBA", "c.png", {}), ("P", "d.png", {}), ("1", "e.png", {})]
        cases += [("RGB", "f.jpg", {}), ("RGB", "g.jpeg", {"quality": 30, "progressive": True}), ("L", "h.JPG", {})]
        cases += [("RGB", "i.jpg", {"subsampling": 0, "quality": 95}), ("LA", "j.png", {})]
        for mode, name, options in cases:
            self.picture(mode, (13, 10)).save(folder / name, **options)
        for path in sorted(folder.iterdir()):
            for colour, to in (("grey", "L"), ("rgb", "RGB")):
                pixels = numpy.asarray(Image.open(path).convert(to), "f4") / 255
                wanted[colour].append(pixels[None] if to == "L" else pixels.transpose(2, 0, 1))
        for colour, values in wanted.items():
            read = self.read({"source": "images", "files": str(folder), "colour": colour})["train"]
            self.same(read, numpy.stack(values))

    def test_sizes_and_classes_as_pillow_brings_them(self):
        wanted = []
        for label, name in enumerate(("cats", "dogs")):
            (self.folder / "p" / name).mkdir(parents=True)
            for i, size in enumerate(((20, 31), (9, 7), (33, 8))):
                picture = self.picture("RGB", size)
                picture.save(self.folder / "p" / name / f"{i}.png")
                bilinear = Image.Resampling.BILINEAR  # at once, Pillow chooses which side comes first
                scaled = picture.resize((10, size[0]), bilinear).resize((10, 12), bilinear)
                wanted.append((numpy.asarray(scaled, "f4") / 255).transpose(2, 0, 1)[:, 2:10, 1:9])
        source = {"source": "images", "files": self.path("p"), "colour": "rgb", "resize": [12, 10], "crop": [8, 8]}
        read = self.read(source)
        self.same(read["train"], numpy.stack(wanted))
        numpy.testing.assert_array_equal(read["train-labels"], [0, 0, 0, 1, 1, 1])

    def test_damaged_pictures_are_named(self):
        folder = self.folder / "p"
        folder.mkdir()
        for name in ("a.png", "b.jpg"):
            self.picture("RGB", (30, 30)).save(folder / name)
            content = (folder / name).read_bytes()
            (folder / name).write_bytes(content[: len(content) // 2])
        self.picture("RGB", (30, 30)).convert("CMYK").save(folder / "c.jpg")
        result = program.run("data", json.dumps({"source": "images", "files": str(folder)}))
        self.assertEqual(result.code, 2)
        for name in ("a.png", "b.jpg", "c.jpg"):
            self.assertIn(f"{name}: cannot be read as a picture: ", result.stderr)

    def test_other_formats_are_refused_not_passed_over(self):
        (self.folder / "p").mkdir()
        for name in ("a.png", "b.gif"):
            self.picture("L", (8, 8)).save(self.folder / "p" / name)
        result = program.run("data", json.dumps({"source": "images", "files": self.path("p")}))
        self.assert_refused(result, "b.gif is neither PNG nor JPEG: convert it, or move it out of the folder")

    def test_a_picture_that_changed_is_named(self):
        folder = self.folder / "p"
        folder.mkdir()
        for i in range(12):
            self.picture("L", (8, 8)).save(folder / f"{i}.png")
        run = self.train(program.small_run(
            data={"source": "images", "files": str(folder), "validation": 2},
            model={"variant": "dense", "code": 3}, evaluation=[],
        ))
        self.picture("L", (8, 8)).save(folder / "7.png")
        (folder / "5.png").rename(folder / "50.png")
        (folder / "notes.txt").write_text("no picture")
        self.assert_refused(
            program.run("apply", run), f"{folder} is not what the run used (5.png is gone, 7.png changed, 50.png was added): "
        )


class Manifolds(DataTest):
    def test_the_swiss_roll_is_scikit_learns(self):
        ours = self.read({"source": "synthetic", "of": "manifold", "rows": 3000})["train"]
        theirs, _ = sklearn.datasets.make_swiss_roll(3000, random_state=0)
        numpy.testing.assert_allclose(ours.mean(0), theirs.mean(0) / 10, atol=0.06)
        numpy.testing.assert_allclose(numpy.cov(ours.T), numpy.cov(theirs.T) / 100, atol=0.03)


class RunFolders(DataTest):
    def config(self, **data):
        numpy.save(self.path("x.npy"), self.random.normal(size=(300, 6)))
        return program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "validation": 50, **data},
            model={"variant": "dense", "code": 3, "likelihood": "gaussian"},
        )

    def test_know_their_data(self):
        folder = self.train(self.config())
        record = program.read_json(folder / "data.json")
        self.assertEqual((record["source"], record["shape"], record["rows"]["train"]), ("npy", [6], 300))
        file = record["files"][0]
        import zlib

        content = (self.folder / "x.npy").read_bytes()
        self.assertEqual((file["bytes"], file["crc32"]), (len(content), f"{zlib.crc32(content):08x}"))
        numpy.save(self.path("x.npy"), numpy.zeros((300, 6)))
        for command in ("evaluate", "apply"):
            result = program.run(command, folder)
            self.assert_refused(result, f"{self.path('x.npy')} is not what the run used: its checksum is ")

    def test_in_memory_or_not_is_the_same_run(self):
        weights = []
        for in_memory in (True, False):
            folder = self.train(self.config(in_memory=in_memory) if not weights else {
                **program.read_json(self.folder / "run.json"),
                "data": {"source": "npy", "files": self.path("x.npy"), "validation": 50, "in_memory": False},
            })
            weights.append((folder / "checkpoints/best.safetensors").read_bytes())
        tensors = [content[8 + struct.unpack("<Q", content[:8])[0] :] for content in weights]
        self.assertEqual(*tensors)

    def test_a_file_that_is_overwritten_with_nan_ends_the_run_and_is_named(self):
        config = self.config(in_memory=False)
        config["training"] = {"epochs": 100000}
        config["callbacks"] = [{"kind": "checkpoint", "seconds": 0}]
        process = program.start(
            "run", program.write_json(self.folder / "run.json", config), "--output", self.output,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.assertTrue(program.wait_for((self.output / "small/1/checkpoints/last.safetensors").exists))
        with open(self.path("x.npy"), "r+b") as changed:
            header = 128
            changed.seek(header)
            changed.write(numpy.full(300 * 6, numpy.nan).tobytes())
        result = program.finish(process)
        self.assertEqual(result.code, 1, result.stderr)
        self.assertRegex(result.stderr, r"row \d+ of \S+x\.npy, value 0 is NaN or infinite now: the file was changed")

    def test_a_file_that_shrinks_ends_the_run_with_a_checkpoint(self):
        config = self.config(in_memory=False)
        config["training"] = {"epochs": 100000}
        config["callbacks"] = [{"kind": "checkpoint", "seconds": 0}]
        file = program.write_json(self.folder / "run.json", config)
        process = program.start("run", file, "--output", self.output, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        last = self.output / "small/1/checkpoints/last.safetensors"
        self.assertTrue(program.wait_for(last.exists))
        content = (self.folder / "x.npy").read_bytes()
        with open(self.path("x.npy"), "r+b") as shrunk:
            shrunk.truncate(len(content) - 1)
        result = program.finish(process)
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn(f"{self.path('x.npy')}: became shorter while it was in use: row ", result.stderr)
        self.assertEqual(program.read_json(self.output / "small/1/status.json")["status"], "failed")
        self.assertTrue(last.exists())
        self.assert_refused(program.run("resume", self.output / "small/1"), "the file is truncated")
        (self.folder / "x.npy").write_bytes(content[:-8] + bytes(8))
        self.assert_refused(program.run("resume", self.output / "small/1"), "x.npy is not what the run used: its checksum is ")
        (self.folder / "x.npy").write_bytes(content)
        resumed = program.start("resume", self.output / "small/1", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        resumed.send_signal(signal.SIGTERM)
        self.assertEqual(program.finish(resumed).code, 128 + 15)

    def test_whitening_is_saved_with_the_model(self):
        config = self.config(transforms=[{"kind": "whiten", "method": "pca", "components": 4}])
        folder = self.train(config)
        from safetensors.numpy import load_file

        saved = load_file(folder / "checkpoints/best.safetensors")
        self.assertEqual(saved["transforms.0.matrix"].shape, (6, 4))
        other = self.random.normal(size=(40, 6)).astype("f4")
        numpy.save(self.path("other.npy"), other)
        source = json.dumps({"source": "npy", "files": self.path("other.npy")})
        result = program.run("apply", folder, "--data", source, "--write", "reconstruction", "--output", self.path("r"))
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(numpy.load(self.path("r") + "/reconstruction.npy").shape, (40, 6))  # unwhitened
        result = program.run("evaluate", folder, "--data", source, "--part", "train", "--json")
        self.assertEqual(result.code, 0, result.stderr)


if __name__ == "__main__":
    program.main()
