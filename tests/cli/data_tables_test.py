"""Tables that NumPy and pandas write are read to the values that they hold; what is wrong with a table is named."""

import json
import pathlib
import sys

import program
import reading

try:
    import numpy
    import pandas
    import sklearn.datasets
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class Tables(reading.DataTest):
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

    def test_missing_values_are_named_where_all_must_be_numbers(self):
        pandas.DataFrame({"a": [1, None, 3], "b": [1.5, 2, None]}).to_csv(self.path("a.csv"), index=False)
        result = program.run("data", json.dumps({"source": "csv", "files": self.path("a.csv"), "shape": [1, 1, 2]}))
        self.assertEqual(result.code, 2)
        self.assertEqual(
            [line.split("a.csv:")[1].split(";")[0] for line in result.stderr.splitlines()],
            ['3: column 0 ("a"): the value is missing', '4: column 1 ("b"): the value is missing',
             ' to leave out all of these: "ignore": ["a", "b"]'],
        )

    def test_reading_stops_after_ten_errors(self):
        (self.folder / "x.csv").write_text("a,b\n" + ("1,2\n" * 3 + "1,x,3\n") * 30)
        result = program.run("data", json.dumps({"source": "csv", "files": self.path("x.csv")}))
        self.assertEqual(result.code, 2)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 11)
        self.assertIn("x.csv: reading stopped after 10 errors", lines[-1])


if __name__ == "__main__":
    program.main()
