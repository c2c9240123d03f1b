"""When the values of data are checked, and what tells that data are those of a run."""

import json
import sys
import zlib

import program
import reading

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class BadValues(reading.DataTest):
    def result(self, value, likelihood="gaussian", **data):
        values = self.random.random((300, 6)).astype("f4")
        values[123, 4] = value
        numpy.save(self.path("x.npy"), values)
        config = program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "validation": 0, "test": 0, **data},
            model={"variant": "dense", "code": 3, **({"likelihood": likelihood} if likelihood else {})},
        )
        return program.run("run", program.write_json(self.folder / "run.json", config), "--output", self.output)

    def test_in_memory_are_refused_before_anything_is_created(self):
        self.assert_refused(self.result(numpy.nan), f"row 123 of {self.path('x.npy')}, value 4")
        self.assert_refused(self.result(2, "bernoulli"), "bernoulli is for values between 0 and 1")
        self.assertFalse(self.output.exists())

    def test_in_files_end_the_run_that_reads_them(self):
        for value, likelihood, says in (
            (numpy.nan, "gaussian", f"the training split has NaN or infinite values: row 123 of {self.path('x.npy')}, value 4"),
            (2, "bernoulli", f"bernoulli is for values between 0 and 1, and row 123 of {self.path('x.npy')}"),
        ):
            with self.subTest(says):
                result = self.result(value, likelihood, in_memory=False)
                self.assertEqual((result.code, result.stdout), (1, ""))
                self.assertIn(says, result.stderr)
                folder = max((self.output / "small").iterdir(), key=lambda run: int(run.name))
                status = program.read_json(folder / "status.json")
                self.assertEqual(status["status"], "failed")
                self.assertIn(says, status["message"])
                self.assertIn(says, (folder / "log.txt").read_text())

    def test_in_files_leave_the_default_likelihood_without_a_range(self):
        for value in (numpy.nan, numpy.inf):
            result = self.result(value, None, in_memory=False)
            self.assertEqual(result.code, 1)
            log = (max((self.output / "small").iterdir(), key=lambda run: int(run.name)) / "log.txt").read_text()
            self.assertIn('model.likelihood: "gaussian" by default, since the source has NaN or infinite values\n', log)
            self.assertNotIn("from -inf", log + result.stderr)

    def test_in_files_that_transforms_are_fitted_to_are_refused_before_anything_is_created(self):
        for transforms in (["standardize"], ["scale"], [{"kind": "whiten", "components": 2}]):
            with self.subTest(transforms):
                self.assert_refused(self.result(numpy.inf, in_memory=False, transforms=transforms),
                                    f"data.transforms[0]: the training split has NaN or infinite values: row 123 of {self.path('x.npy')}, value 4")
        self.assertFalse(self.output.exists())


class Verification(reading.DataTest):
    def setUp(self):
        super().setUp()
        self.values = self.random.normal(size=(300, 6))
        for name in ("x", "t"):
            numpy.save(self.path(f"{name}.npy"), self.values)
        self.run_folder = self.train(program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "test_files": self.path("t.npy"), "validation": 50},
            model={"variant": "dense", "code": 3},
        ))

    def crc(self, name):
        return f"{zlib.crc32((self.folder / name).read_bytes()):08x}"

    def test_of_a_run_names_the_file_that_differs(self):
        result = program.run("data", self.run_folder, "--verify")
        self.assertEqual(result.code, 0, result.stderr)
        for name in ("x.npy", "t.npy"):
            self.assertIn(self.crc(name), result.stdout)
        self.assertIn("as recorded in", result.stdout)
        said = json.loads(program.run("data", self.run_folder, "--verify", "--json").stdout)
        self.assertEqual([file["crc32"] for file in said["files"]], [self.crc("x.npy"), self.crc("t.npy")])
        with open(self.path("t.npy"), "r+b") as changed:
            changed.seek(200)
            changed.write(b"?")
        result = program.run("data", self.run_folder, "--verify")
        self.assert_refused(result, f"{self.path('t.npy')} is not what the run used: its checksum is {self.crc('t.npy')}")
        self.assertNotIn(f"{self.path('x.npy')} is not", result.stderr)
        (self.folder / "t.npy").unlink()
        self.assert_refused(program.run("data", self.run_folder, "--verify"), self.path("t.npy"))
        (self.run_folder / "data.json").unlink()
        self.assert_refused(program.run("data", self.run_folder, "--verify"), "data.json: is missing")

    def test_of_a_record_of_blocks_computes_both(self):
        record = program.read_json(self.run_folder / "data.json")
        content = (self.folder / "x.npy").read_bytes() + self.random.bytes(300_000)
        (self.folder / "x.npy").write_bytes(content)  # only the record says what it holds
        blocks = b"".join(content[(begin := (len(content) - 4096) * i // 63) : begin + 4096] for i in range(64))
        file = record["files"][0]
        del file["crc32"]
        file.update(bytes=len(content), crc32_of_blocks=f"{zlib.crc32(blocks):08x}")
        program.write_json(self.run_folder / "data.json", record)
        result = program.run("data", self.run_folder, "--verify")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn(self.crc("x.npy"), result.stdout)
        self.assertNotIn("\nas recorded", result.stdout)
        self.assertIn("CRC-32 of 64 blocks of each file, are as recorded", " ".join(result.stdout.split()))
        between = (4096 + (len(content) - 4096) // 63) // 2  # two blocks: only the checksum of all bytes tells it
        (self.folder / "x.npy").write_bytes(content[:between] + bytes([content[between] ^ 1]) + content[between + 1 :])
        changed = program.run("data", self.run_folder, "--verify")
        self.assertEqual(changed.code, 0)
        self.assertIn("is not on record", " ".join(changed.stdout.split()))
        self.assertIn(self.crc("x.npy"), changed.stdout)
        files = json.loads(program.run("data", self.run_folder, "--verify", "--json").stdout)["files"]
        self.assertEqual([file["compared"] for file in files], ["crc32_of_blocks", "crc32"])
        (self.folder / "x.npy").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        self.assert_refused(program.run("data", self.run_folder, "--verify"), f"{self.path('x.npy')} is not what the run used")

    def test_of_a_run_names_a_missing_file_by_its_full_path(self):
        config = program.small_run(data={"source": "npy", "files": "x.npy", "test_files": "t.npy", "validation": 50}, model={"variant": "dense", "code": 3})
        run_folder = self.train(config, cwd=self.folder)
        self.assertEqual(program.read_json(run_folder / "data.json")["files"][1]["path"], "t.npy")
        self.assertEqual(program.run("data", run_folder, "--verify").code, 0)
        (self.folder / "t.npy").unlink()
        self.assert_refused(program.run("data", run_folder, "--verify"), self.path("t.npy"))

    def test_of_a_table_comes_before_its_errors(self):
        """A damaged copy is told by its checksum, whatever is wrong with its content."""
        table, other = self.folder / "x.csv", self.folder / "y.csv"
        table.write_text("a,b\n1,2\n3,oops\n")
        other.write_text("a,b\n1,2\n")
        source = json.dumps({"source": "csv", "files": [str(other), str(table)], "test_files": str(self.folder / "none.csv")})
        for given, names in ((table, ["x.csv"]), (source, ["y.csv", "x.csv"])):
            result = program.run("data", given, "--verify")
            self.assertEqual(result.code, 2)
            self.assertEqual([line.split()[1:] for line in result.stdout.splitlines()],
                             [[self.path(name), str((self.folder / name).stat().st_size), "bytes,", "CRC-32", self.crc(name)] for name in names])
            said = json.loads(program.run("data", given, "--verify", "--json").stdout)
            self.assertEqual([file["crc32"] for file in said["files"]], [self.crc(name) for name in names])
            self.assertEqual((program.run("data", given).stdout, result.stderr), ("", program.run("data", given).stderr))
        self.assertIn("x.csv:3: column 1", program.run("data", table, "--verify").stderr)

    def test_of_a_file_is_its_whole_checksum(self):
        result = program.run("data", self.path("x.npy"), "--verify", "--json")
        self.assertEqual(json.loads(result.stdout)["files"][0]["crc32"], self.crc("x.npy"))


if __name__ == "__main__":
    program.main()
