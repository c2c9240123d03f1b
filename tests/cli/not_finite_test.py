"""Rows with NaN or infinite values are no input of a trained model: every command that takes rows names the first."""

import json
import sys

import program
import reading

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

BAD = {"nan": numpy.nan, "infinity": numpy.inf, "minus infinity": -numpy.inf}


class NotFinite(reading.DataTest):
    def setUp(self):
        super().setUp()
        numpy.save(self.path("x.npy"), self.random.random((200, 6)).astype("f4"))
        self.run_folder = self.trained()

    def trained(self, **data):
        return self.train(program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "validation": 20, **data},
            model={"variant": "dense", "hidden": [5], "code": 2, "likelihood": "gaussian"},
            evaluation=["reconstruction"],
        ))

    def rows(self, value, name="new.npy", count=3000, row=2345):
        """Rows of which one, in the third batch that apply reads, has such a value."""
        rows = self.random.random((count, 6)).astype("f4")
        rows[row, 4] = value
        numpy.save(self.path(name), rows)
        return rows

    def commands(self, folder, data):
        given = ("--data", json.dumps(data))
        return {
            "apply": ("apply", folder, *given),
            "apply to csv": ("apply", folder, *given, "--format", "csv"),
            "apply for codes": ("apply", folder, *given, "--write", "code"),
            "interpolate from it": ("interpolate", folder, *given, "--from", 2345, "--to", 1),
            "interpolate between others": ("interpolate", folder, *given, "--from", 0, "--to", 1),
            "interpolate a manifold": ("interpolate", folder, *given, "--kind", "manifold"),
            "evaluate": ("evaluate", folder, *given),
        }

    def refuse(self, folder, data, says):
        before = sorted(folder.rglob("*"))
        for name, command in self.commands(folder, data).items():
            with self.subTest(name, **data):
                self.assert_refused(program.run(*command), says)
        files = [path for path in folder.rglob("*") if path not in before and path.name not in ("applications", "interpolations")]
        self.assertEqual(files, [])

    def test_rows_of_other_data(self):
        says = f"--data: NaN or infinite values: row 2345 of {self.path('new.npy')}, value 4"
        for name, value in BAD.items():
            self.rows(value)
            for in_memory in (True, False):
                with self.subTest(name):
                    self.refuse(self.run_folder, {"source": "npy", "files": self.path("new.npy"), "in_memory": in_memory}, says)

    def test_a_file_among_several_is_named_with_its_own_row(self):
        self.rows(0.5, "first.npy", count=1500, row=0)
        self.rows(numpy.nan, "second.npy", count=1500, row=845)
        files = [self.path("first.npy"), self.path("second.npy")]
        for in_memory in (True, False):
            self.refuse(self.run_folder, {"source": "npy", "files": files, "in_memory": in_memory}, f"row 845 of {files[1]}, value 4")
            self.refuse(self.run_folder, {"source": "npy", "files": files[0], "test_files": files[1], "in_memory": in_memory},
                        f"row 845 of {files[1]}, value 4")

    def test_values_that_a_transform_would_hide_or_make(self):
        """Clipping makes an ordinary value of infinity, and dividing by a small deviation infinity of a number."""
        clipping = self.trained(transforms=[{"kind": "scale", "from": [0, 1], "clip": True}])
        self.rows(numpy.inf)
        for in_memory in (True, False):
            self.refuse(clipping, {"source": "npy", "files": self.path("new.npy"), "in_memory": in_memory}, "row 2345 of")
        standardizing = self.trained(transforms=["standardize"])
        self.rows(3e38)
        for in_memory in (True, False):
            self.refuse(standardizing, {"source": "npy", "files": self.path("new.npy"), "in_memory": in_memory}, "row 2345 of")

    def test_a_table(self):
        table = self.folder / "new.csv"
        for text in ("nan", "inf", "1e999", "1e39"):
            table.write_text("a,b,c,d,e,f\n1,2,3,4,5,6\n1,2,3,4," + text + ",6\n")
            self.assert_refused(program.run("apply", self.run_folder, "--data", table), f"{table}:3: column 4")

    def test_the_same_rows_corrected_are_taken(self):
        rows = self.rows(numpy.nan)
        rows[2345, 4] = 0.25
        numpy.save(self.path("new.npy"), rows)
        for name, command in self.commands(self.run_folder, {"source": "npy", "files": self.path("new.npy"), "in_memory": False}).items():
            with self.subTest(name):
                self.assertEqual(program.run(*command).code, 0)

    def test_rows_of_the_run_itself(self):
        """Of rows that stay in files, training reads its own split alone: there is a model, but no evaluation."""
        rows = self.random.random((50, 6)).astype("f4")
        rows[30, 1] = numpy.nan
        numpy.save(self.path("t.npy"), rows)
        config = program.small_run(
            name="own", data={"source": "npy", "files": self.path("x.npy"), "test_files": self.path("t.npy"), "validation": 20, "in_memory": False},
            model={"variant": "dense", "hidden": [5], "code": 2, "likelihood": "gaussian"}, evaluation=[],
        )
        result = program.run("run", program.write_json(self.folder / "own.json", config), "--output", self.output)
        self.assertEqual(result.code, 1, result.stderr)
        folder = self.output / "own/1"
        for command in (("apply", folder), ("apply", folder, "--part", "all"), ("interpolate", folder, "--from", 30, "--to", 2),
                        ("evaluate", folder, "--metrics", "reconstruction")):
            with self.subTest(command):
                self.assert_refused(program.run(*command), f"row 30 of {self.path('t.npy')}, value 1")

    def test_values_that_the_likelihood_does_not_have(self):
        folder = self.train(program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "validation": 20},
            model={"variant": "dense", "hidden": [5], "code": 2, "likelihood": "bernoulli"}, evaluation=["reconstruction"]))
        self.rows(7)
        for in_memory, says in ((True, "--data: values from "), (False, f"--data: row 2345 of {self.path('new.npy')}: values from ")):
            data = json.dumps({"source": "npy", "files": self.path("new.npy"), "in_memory": in_memory})
            self.assert_refused(program.run("evaluate", folder, "--data", data), says)
            self.assertEqual(program.run("apply", folder, "--data", data).code, 0)


if __name__ == "__main__":
    program.main()
