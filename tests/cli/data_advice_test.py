"""What aelab says about a raw table leads on: each message and note is followed to the letter, and the table is read."""

import json
import random
import re

import program
from program import small_run


class Advice(program.TestCase):
    def file(self, text, name="t.csv"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def data(self, path, *arguments, **fields):
        return program.run("data", json.dumps({"source": "csv", "files": str(path), **fields}), *arguments)

    def described(self, path, **fields):
        result = self.data(path, "--json", **fields)
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def said(self, path, **fields):
        """What people see, as one line."""
        result = self.data(path, **fields)
        self.assertEqual(result.code, 0, result.stderr)
        return " ".join(result.stdout.split())

    def options(self, text):
        """The options of a run file that a message names, the last of each."""
        found = {}
        for key, value in re.findall(r'"(ignore|label|comment|skip_lines|delimiter|header)": (\[[^\]]*\]|"[^"]*"|\d+)', text):
            found[key] = json.loads(value)
        return found

    def followed(self, text, **fields):
        """Follows the first refusal; the table's description."""
        path = self.file(text)
        refused = self.data(path, **fields)
        self.assertEqual(refused.code, 2, refused.stdout)
        advice = self.options(refused.stderr)
        self.assertTrue(advice, refused.stderr)
        return self.described(path, **{**fields, **advice}), advice

    def test_preambles_and_comments(self):
        table = "a,b\n" + "".join(f"{i},{i * i}\n" for i in range(9))
        for above in ("Sensor log\nstation 4\n\n", "% made by X\n% columns: a, b\n", "// one, two, three\n", "Title\n", "Log, of May\n\n"):
            with self.subTest(above):
                data, advice = self.followed(above + table)
                self.assertIn(list(advice), (["skip_lines"], ["comment"]))
                self.assertEqual(([c["name"] for c in data["columns"]], data["rows"]["train"]), (["a", "b"], 9))

    def test_identifiers_dates_and_missing_values(self):
        rows = "".join(f"{i},u{i},2023-01-{i + 1:02},{i * 7 % 5},{i % 2}\n" for i in range(20))
        for fields in ({}, {"label": "kind"}, {"label": "kind", "ignore": ["y"]}):
            with self.subTest(fields):
                data, advice = self.followed("x,user,signup_date,y,kind\n" + rows, **fields)
                self.assertEqual(set(advice["ignore"]), {"user", *fields.get("ignore", [])})
                types = {column["name"]: column["type"] for column in data["columns"]}
                self.assertEqual((types["x"], types["signup_date"]), ("numeric", "date"))

    def test_notes_about_columns(self):
        numbers = random.Random(3)
        text = 'id,batch,"a ""b"", c",t,x,y\n' + "".join(
            f"{i},7,0.1,{1700000000000 + 997 * i},{numbers.random()},{'Yes' if i % 3 else 'no'}\n" for i in range(60))
        path = self.file(text)
        notes = self.described(path)["notes"]
        ignored = []
        for number in range(3):  # each note as it is written, with what the last ones asked for
            note = next((note for note in self.described(path, ignore=ignored)["notes"] if '"ignore"' in note), None)
            self.assertIsNotNone(note, notes)
            ignored = json.loads(re.search(r'"ignore": (\[.*?\])$', note)[1])
        self.assertEqual(set(ignored), {"id", "batch", 'a "b", c', "t"})
        left = self.described(path, ignore=ignored)
        self.assertEqual([note for note in left["notes"] if "ignore" in note], [])
        self.assertEqual([(c["name"], c["type"]) for c in left["columns"]], [("x", "number"), ("y", "binary")])
        self.assertIn('the same value in every row: "batch", "a \\"b\\", c"; leave them out', " ".join(notes))
        self.assertIn('yes and no are read as 1 and 0: "y"', " ".join(notes))
        types = {c["name"]: c["type"] for c in self.described(path)["columns"]}
        self.assertEqual((types["batch"], types["t"]), ("constant", "integer"))

    def test_large_integers(self):
        path = self.file("t,x\n" + "".join(f"{1700000000000 + 997 * i},{i * i % 17}.5\n" for i in range(60)))
        said = self.said(path)
        self.assertIn('"t": 60 different values become 1 as 32-bit floats; subtract an offset in the table, or leave it out: '
                      '"ignore": ["t"]', said)
        self.assertNotIn("the same value", said)
        self.assertIn("t integer 1700000000000 1700000058823 1700000029412", said)
        column = self.described(path)["columns"][0]
        self.assertEqual(column["first"], [1700000000000, 1700000000997, 1700000001994])
        self.assertEqual((column["least"], column["most"], column["mean"]), (1700000000000, 1700000058823, 1700000029411.5))
        file = program.write_json(self.folder / "run.json", small_run(
            data={"source": "csv", "files": str(path), "ignore": ["x"]}, model={"variant": "dense", "code": 1},
            training={"epochs": 1}))
        run = program.run("run", file, "--output", self.output)
        self.assertIn("60 different values become 1 as 32-bit floats", " ".join(run.stderr.split()))

    def test_numbers_are_told_apart(self):
        path = self.file("a,b\n" + "".join(f"{1000.12345 + i / 1e5:.5f},{i / 7}\n" for i in range(30)))
        said = self.said(path)
        self.assertIn("a number 1000.12345 1000.12374 1000.1236", said)
        self.assertIn("a 1000.12345, 1000.12346, 1000.", said)
        self.assertIn("b number 0 4.1429 2.0714", said)
        self.assertIn("b 0, 0.14286, 0.28571", said)

    def test_columns_by_number(self):
        path = self.file("".join(",".join(str(i * j % 11 + 0.5) for j in range(24)) + "\n" for i in range(1, 20)))
        for number in (24, -1):
            self.assert_refused(self.data(path, label=number), f"t.csv:1: has no column {number}: columns are numbered 0 to 23.")
            self.assert_refused(self.data(path, ignore=[number]), f"has no column {number}: columns are numbered 0 to 23.")
        self.assertEqual(self.described(path, label=3, ignore=[0, "1"])["shape"], [21])

    def test_many_classes(self):
        path = self.file("x,d\n" + "".join(f"{i * i},2023-{i // 28 + 1:02}-{i % 28 + 1:02}\n" for i in range(260)))
        result = self.data(path, label="d")
        said = " ".join(result.stdout.split())
        self.assertIn("classes 260: 2023-01-01, 2023-01-02", said)
        self.assertIn("2023-01-10 and 250 more", said)
        self.assertIn('"d": 260 classes for 260 rows: is this column a label?', said)
        self.assertLess(len(result.stdout.splitlines()), 20)
        few = self.file("x,d\n" + "".join(f"{i * i},{'abc'[i % 3]}\n" for i in range(260)), "few.csv")
        self.assertNotIn("is this column a label", self.said(few, label="d"))

    def test_snippets_can_be_pasted(self):
        path = self.file('id,batch,"note,    text, of some length",x\n' + "".join(f"{i * 3},7,a,{i * i}\n" for i in range(9)),
                         "a table with a long name, and spaces in it.csv")
        ignored = ["batch", "note,    text, of some length", "id"]
        result = program.run("data", json.dumps({"source": "csv", "files": str(path), "ignore": ignored}))
        self.assertEqual(result.code, 0, result.stderr)
        plain = program.run("data", self.file("a,b\n1,2\n3,5\n", "x, y.csv"))
        for text in (result.stdout, plain.stdout):
            for match in re.finditer(r'"data": ', text):
                json.JSONDecoder().raw_decode(text, match.end())
        self.assertIn("In a run file:", plain.stdout)

    def test_files_that_are_not_what_their_suffix_says(self):
        contents = {"text": b"a,b\n1,2\n3,4\n", "bytes": bytes(range(1, 9)) * 40, "empty": b""}
        kinds = {"npy": "a NumPy .npy file", "npz": "a NumPy .npz file", "safetensors": "a safetensors file",
                 "idx": "an IDX file", "png": "an image", "jpg": "an image"}
        looks = {"text": "a text file", "bytes": "a binary file that begins with the bytes 01 02 03 04", "empty": "an empty file"}
        for suffix, kind in kinds.items():
            for content, data in contents.items():
                with self.subTest(suffix=suffix, content=content):
                    path = self.file(data, f"{content}.{suffix}")
                    self.assert_refused(program.run("data", path), f"{path} is not {kind}; it looks like {looks[content]}")


if __name__ == "__main__":
    program.main()
