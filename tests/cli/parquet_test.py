"""Parquet files that pyarrow writes, read as the same tables in CSV files are."""

import csv
import datetime
import decimal
import json
import pathlib
import sys
import unittest

import program
from program import small_run

try:
    import numpy
    import pyarrow
    import pyarrow.parquet
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

HAS_ARROW = json.loads(program.run("doctor", "--json").stdout)["arrow"] != "not found"
COMPRESSIONS = [name for name in ("none", "snappy", "gzip", "brotli", "zstd", "lz4")
                if name == "none" or pyarrow.Codec.is_available(name)]
DAY = datetime.date(2023, 1, 2)
NOON = datetime.datetime(2023, 1, 2, 12, 30)


def as_text(value):
    """A cell of a CSV file, "" where it is missing."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def every_type(rows=60):
    """A column of each type that is read, with missing cells."""
    random = numpy.random.default_rng(0)
    small, x = random.integers(0, 100, rows), random.normal(size=rows)
    halves = numpy.round(x * 8) / 8
    columns = {
        "x": (numpy.round(x, 3).tolist(), pyarrow.float64()),
        "single": (halves.tolist(), pyarrow.float32()),
        "half": ([numpy.float16(value) for value in halves], pyarrow.float16()),
        "large": ((small * 10**9 + 7).tolist(), pyarrow.int64()),
        "natural": (small.tolist(), pyarrow.uint64()),
        "cents": ([decimal.Decimal(int(value)) / 100 for value in small], pyarrow.decimal128(12, 2)),
        "wide": ([decimal.Decimal(int(value)) / 8 for value in small], pyarrow.decimal256(50, 3)),
        "ok": ((x > 0).tolist(), pyarrow.bool_()),
        "city": (numpy.array(["Ulm", "Bonn", "Köln"])[small % 3].tolist(), pyarrow.string()),
        "long": (numpy.array(["b", "a, \"c\""])[small % 2].tolist(), pyarrow.large_string()),
        "view": (numpy.array(["north", "south by southwest"])[small % 2].tolist(), pyarrow.string_view()),
        "packed": (numpy.array(["u", "v", "w"])[small % 3].tolist(), pyarrow.dictionary(pyarrow.int8(), pyarrow.string())),
        "answer": (numpy.array(["yes", "no"])[small % 2].tolist(), pyarrow.string()),
        "written": ([str(DAY + datetime.timedelta(int(day))) for day in small], pyarrow.string()),
        "day": ([DAY + datetime.timedelta(int(day)) for day in small], pyarrow.date32()),
        "midnight": ([DAY + datetime.timedelta(int(day)) for day in small], pyarrow.date64()),
    }
    for width in "int8", "int16", "int32", "uint8", "uint16", "uint32":
        columns[width] = (small.tolist(), getattr(pyarrow, width)())
    for unit in "s", "ms", "us", "ns":
        columns["time_" + unit] = ([NOON + datetime.timedelta(hours=int(hour)) for hour in small], pyarrow.timestamp(unit))
    for place, (values, _) in enumerate(columns.values()):
        for row in random.choice(rows, place % 4, replace=False):
            values[row] = None
    columns["x"][0][3] = float("nan")
    return pyarrow.table({name: pyarrow.array(values, kind) for name, (values, kind) in columns.items()})


class ParquetCase(program.TestCase):
    def parquet(self, table, name="table.parquet", **options):
        path = self.folder / name
        if isinstance(table, dict):
            table = pyarrow.table(table)
        pyarrow.parquet.write_table(table, path, **options)
        return path

    def csv(self, table, name="table.csv"):
        path = self.folder / name
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(table.column_names)
            rows.writerows(zip(*([as_text(cell) for cell in column.to_pylist()] for column in table.columns)))
        return path

    @staticmethod
    def source(path, **fields):
        paths = path if isinstance(path, list) else [path]
        kind = "csv" if str(paths[0]).endswith(".csv") else "parquet"
        return {"source": kind, "files": [str(path) for path in paths], **fields}

    def described(self, path, **fields):
        result = program.run("data", json.dumps(self.source(path, **fields)), "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def values(self, path, **fields):
        """What is read, as aelab writes it: the values, and the labels if there are some."""
        self.written = getattr(self, "written", 0) + 1
        folder = self.folder / f"written-{self.written}"
        result = program.run("data", json.dumps(self.source(path, **fields)), "--output", folder)
        self.assertEqual(result.code, 0, result.stderr)
        return {file.name: numpy.load(file) for file in sorted(folder.glob("*.npy"))}

    def assert_same(self, path, table, **fields):
        other = self.csv(table)
        mine, others = self.described(path, **fields), self.described(other, **fields)
        for key in "columns", "rows", "labels", "class_names", "range":
            self.assertEqual(mine.get(key), others.get(key), key)
        mine, others = self.values(path, **fields), self.values(other, **fields)
        self.assertEqual(list(mine), list(others))
        for name in mine:
            numpy.testing.assert_array_equal(mine[name], others[name], name)

    def refusal(self, path, *says, **fields):
        result = program.run("data", json.dumps(self.source(path, **fields)))
        self.assert_refused(result, *says)
        return result.stderr


@unittest.skipIf(HAS_ARROW, "this aelab was built with Arrow")
class WithoutArrow(ParquetCase):
    def test_says_what_to_do(self):
        path = self.parquet({"a": [1, 2]})
        self.assertIn("to_csv", self.refusal(path, "this aelab was built without Arrow"))
        self.assertIn("third_party/install", program.run("data", path).stderr)


@unittest.skipUnless(HAS_ARROW, "this aelab was built without Arrow")
class Parquet(ParquetCase):
    def test_every_type_is_read_as_from_a_csv_file(self):
        table = every_type()
        for place, options in enumerate((
            {}, {"row_group_size": 7}, {"row_group_size": 1, "use_dictionary": False}, {"data_page_version": "2.0"},
            {"use_dictionary": False, "data_page_size": 64}, {"store_schema": False}, {"version": "2.4"},
            *({"compression": name} for name in COMPRESSIONS),
        )):
            with self.subTest(options):
                path = self.parquet(table, f"{place}.parquet", **options)
                self.assert_same(path, table)
        self.assertEqual({column["name"]: column["type"] for column in self.described(path)["columns"]}, {
            **dict.fromkeys(table.column_names, "numeric"), **dict.fromkeys(("ok", "answer"), "flag"),
            **dict.fromkeys(("city", "long", "view", "packed"), "categorical"),
            **dict.fromkeys(("written", "day", "midnight", "time_s", "time_ms", "time_us", "time_ns"), "date")})

    def test_kinds_that_are_given(self):
        table = pyarrow.table({"n": [3, 1, None, 3, 10], "f": [1.0, 0.0, 1.0, None, 0.0], "zip": ["01", "7", "01", "7", None],
                               "w": ["on", "off", None, "on", "on"], "t": ["2023-01-02", None, "2.1.2023", "2023-01-05", "2023-01-05"]})
        path = self.parquet(table)
        self.assert_same(path, table, categorical=["n", "w"], flags=["f"], numeric=["zip"], dates=["t"])
        self.assert_same(path, table, counts=["n"], categorical=["zip"], missing=["off"], ignore=["t", "w"])

    def test_numbers_in_strings_and_in_dictionaries_are_categories(self):
        table = pyarrow.table({"zip": ["01", "7", "01"], "x": [0.5, 1.5, 2.5],
                               "grade": pyarrow.array([10, 9, 10]).dictionary_encode()})
        path = self.parquet(table)
        data = self.described(path)
        self.assertEqual([column["type"] for column in data["columns"]], ["categorical", "numeric", "categorical"])
        self.assertEqual([entry["category"] for entry in data["columns"][2]["categories"]], ["10", "9"])
        self.assertIn('"numeric": ["zip"]', " ".join(data["notes"]))
        self.assertEqual([column["type"] for column in self.described(path, numeric=["zip", "grade"])["columns"]], ["numeric"] * 3)

    def test_labels(self):
        for values in ([1, 0, 2, 1], ["b", "a", "a", "b"], [True, False, True, True], [1.0, 0.0, 2.0, 1.0], [DAY, DAY, NOON.date(), DAY],
                       pyarrow.array(["b", "a", "a", "b"]).dictionary_encode(), [1.5, 1.5, 2.5, 1.5]):
            with self.subTest(values):
                table = pyarrow.table({"x": [0.5, 1.5, 2.5, 3.5], "y": values, "z": ["p", "q", "p", "q"]})
                written = table if values[0] != 1.0 or isinstance(values[0], bool) else table.set_column(1, "y", [[1, 0, 2, 1]])
                self.assert_same(self.parquet(table), written, label="y")
        path = self.parquet({"x": [0.5, 1.5], "y": ["a", None]})
        self.refusal(path, 'row 1: column 1 ("y"): the label is missing', label="y")
        path = self.parquet({"x": [0.5, 1.5], "y": [[1], [2]]})
        self.refusal(path, "cells of type list<element: int64> cannot be labels", label="y")

    def test_several_files(self):
        first = pyarrow.table({"x": [0.5, 1.5, 2.5], "city": ["Ulm", "Bonn", "Ulm"], "ok": [True, False, None]})
        second = pyarrow.table({"x": [3.5, None, 5.5], "city": ["Aalen", None, "Bonn"], "ok": [True, True, True]})
        paths = [self.parquet(first, "a.parquet"), self.parquet(second, "b.parquet")]
        both = pyarrow.concat_tables([first, second])
        self.assert_same(paths, both)
        tests = self.csv(second, "tests.csv")
        mine = self.values(paths[0], test_files=str(paths[1]))
        others = self.values(self.csv(first), test_files=str(tests))
        for name in "train.npy", "test.npy":
            numpy.testing.assert_array_equal(mine[name], others[name])
        other = self.parquet({"x": [1.0], "town": ["Ulm"], "ok": [True]}, "c.parquet")
        self.refusal([paths[0], other], 'feature 1 is "town" instead of "city"')

    def test_a_run_has_the_bits_of_one_on_a_csv_file_and_each_is_applied_to_the_other(self):
        table = every_type(200)
        path, other = self.parquet(table, row_group_size=64), self.csv(table)
        folders = {}
        for file in path, other:
            config = small_run(data=self.source(file, validation=30),
                               model={"variant": "denoising", "code": 3, "likelihood": {"kind": "mixed", "learned": True},
                                      "corruption": {"kind": "column-masking", "level": 0.2}}, training={"epochs": 3})
            folders[file] = self.train(config)
        tensors = [program.without_clocks(folder / "checkpoints/best.safetensors")[1] for folder in folders.values()]
        self.assertEqual(*tensors)
        reordered = table.select(table.column_names[::-1]).append_column("more", [[0.0] * 200])
        new, new_csv = self.parquet(reordered, "new.parquet", row_group_size=50), self.csv(reordered, "new.csv")
        path.unlink()
        other.unlink()
        codes = []
        for folder in folders.values():
            for file in new, new_csv:
                result = program.run("apply", folder, "--data", file, "--write", "code,imputed", "--format", "csv", "--json")
                self.assertEqual(result.code, 0, result.stderr)
                written = pathlib.Path(json.loads(result.stdout)["folder"])
                codes.append([(written / name).read_bytes() for name in ("code.csv", "imputed.csv")])
        for code in codes[1:]:
            self.assertEqual(code, codes[0])
        result = program.run("detect", folders[other], "--data", new)
        self.assertEqual(result.code, 2)  # its training rows are gone
        lacking = self.parquet(table.drop_columns(["x"]), "lacking.parquet")
        self.assert_refused(program.run("apply", folders[path], "--data", lacking), 'lacks a column that the model was trained on: "x"')

    def test_series_are_those_of_a_csv_file(self):
        random = numpy.random.default_rng(4)
        begin = datetime.datetime(2024, 1, 1)
        times = [begin + datetime.timedelta(hours=int(i)) for i in random.permutation(200)]
        columns = {"when": times * 2, "machine": ["a"] * 200 + ["b"] * 200,
                   "x": numpy.round(random.normal(size=400), 3).tolist(), "state": (["fine", "broken"] * 200)}
        pyarrow.parquet.write_table(pyarrow.table(columns), self.folder / "t.parquet")
        with open(self.folder / "t.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values()))
        found = {}
        for kind in "csv", "parquet":
            table = {"source": kind, "files": str(self.folder / f"t.{kind}"), "time": "when", "group": "machine", "ignore": ["state"]}
            run = self.train(small_run(name=kind, data={"source": "windows", "of": table, "length": 12, "stride": 3},
                                       model={"variant": "autoencoder", "code": 3, "backbone": {"kind": "dense", "hidden": [8]}}))
            found[kind] = [program.run("detect", run, "--data", str(self.folder / f"t.{other}")) for other in ("csv", "parquet")]
        for result in found["csv"] + found["parquet"]:
            self.assertEqual(result.code, 0, result.stderr)
            self.assertTrue("2024-01-09T05:00:00" in result.stdout)
            self.assertTrue(result.stdout == found["csv"][0].stdout)

    def test_the_fields_of_a_run_are_taken_for_files_of_the_other_kind(self):
        random = numpy.random.default_rng(5)
        columns = {"x": random.normal(size=60).tolist(), "code": random.integers(0, 3, 60).tolist(), "state": ["fine", "broken"] * 30}
        pyarrow.parquet.write_table(pyarrow.table(columns), self.folder / "t.parquet")
        with open(self.folder / "t.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows((x, "" if i == 7 else float(code), state) for i, (x, code, state) in enumerate(zip(*columns.values())))
        source = {"files": str(self.folder / "t.csv"), "label": "state", "categorical": ["code"]}
        run = self.train(small_run(data={"source": "csv", **source, "validation": 10}, model={"variant": "dense", "code": 2}))
        result = program.run("apply", run, "--data", str(self.folder / "t.parquet"), "--write", "code,imputed", "--format", "csv",
                             "--output", str(self.folder / "applied"))
        self.assertEqual(result.code, 0, result.stderr)
        with open(self.folder / "applied/code.csv", newline="") as file:
            self.assertEqual([row["state"] for row in csv.DictReader(file)], columns["state"])
        with open(self.folder / "applied/imputed.csv", newline="") as file:
            self.assertEqual([row["code"] for row in csv.DictReader(file)], [str(code) for code in columns["code"]])
        described = json.loads(program.run("data", json.dumps({"source": "csv", **source}), "--json").stdout)
        self.assertNotIn("1.0", json.dumps(described))

    def test_anomalies_are_detected_in_parquet_files(self):
        random = numpy.random.default_rng(1)
        x = random.normal(size=300)
        path = self.parquet({"x": x, "twice": 2 * x, "city": numpy.where(x > 0, "Ulm", "Bonn").tolist()})
        folder = self.train(small_run(data=self.source(path, validation=0.2), model={"variant": "dense", "code": 1}, training={"epochs": 30}))
        new = self.parquet({"x": [0.5, 0.5], "twice": [1.0, -9.0], "city": ["Ulm", "Ulm"]}, "new.parquet")
        result = program.run("detect", folder, "--data", new)
        self.assertEqual(result.code, 0, result.stderr)
        rows = list(csv.DictReader(result.stdout.splitlines()))
        self.assertEqual([row["decision"] for row in rows], ["normal", "anomaly"])
        self.assertEqual(rows[1]["feature_1"], "twice")

    def test_shapes(self):
        pixels = numpy.random.default_rng(0).uniform(size=(20, 12))
        path = self.parquet({str(i): pixels[:, i] for i in range(12)})
        values = self.values(path, shape=[1, 3, 4])["train.npy"]
        numpy.testing.assert_array_equal(values, pixels.reshape(20, 1, 3, 4).astype("float32"))
        missing = self.parquet({"a": [1.0, None], "b": ["u", "v"]})
        self.refusal(missing, 'column 1 ("b"): cells of type string are not numbers; leave it out: "ignore": ["b"]', shape=[2])
        self.refusal(missing, 'row 1: column 0 ("a"): the value is missing', shape=[1], ignore=["b"])

    def test_notes(self):
        noon = datetime.datetime(2023, 1, 2, 0, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
        table = pyarrow.table({
            "when": pyarrow.array([noon, noon + datetime.timedelta(days=1)], pyarrow.timestamp("us", "Europe/Berlin")),
            "utc": pyarrow.array([noon, noon + datetime.timedelta(days=1)], pyarrow.timestamp("us", "UTC")),
            "id": [2**60, 2**60 + 1], "big": [10**9 + 0.25, 10**9 + 0.5], "__index_level_0__": [5, 7], "answer": ["Yes", "no"]})
        data = self.described(self.parquet(table))
        notes = " ".join(data["notes"])
        self.assertIn('the times of "when" are of the zone Europe/Berlin, and are read in UTC', notes)
        self.assertNotIn("UTC, and", notes)
        self.assertIn('"id": 2 different values become 1 as 32-bit floats', notes)
        self.assertIn('"big": 2 different values become 1 as 32-bit floats', notes)
        self.assertIn('"__index_level_0__" is an index that pandas wrote, and is left out', notes)
        self.assertIn('yes and no are read as 1 and 0: "answer"', notes)
        columns = {column["name"]: column for column in data["columns"]}
        self.assertEqual(columns["when"]["least"], "2023-01-01T23:30")
        self.assertEqual(self.described(self.parquet(table), numeric=["__index_level_0__"])["columns"][-2]["name"], "__index_level_0__")

    def test_what_is_not_read_is_named(self):
        nested = {"l": [[1], [2]], "s": [{"a": 1}, {"a": 2}], "b": [b"x", b"y"], "t": [datetime.time(1), datetime.time(2)], "x": [0.5, 1.5],
                  "m": pyarrow.array([[("k", 1)], []], pyarrow.map_(pyarrow.string(), pyarrow.int64()))}
        said = program.run("data", self.parquet(nested)).stderr
        for name in "lsbtm":
            self.assertIn(f'("{name}"): cells of type ', said)
        self.assertIn('column 1 ("s"): cells of type struct<a: int64> are not read; leave it out: "ignore": ["s"]', said)
        self.assertEqual([c["name"] for c in self.described(self.folder / "table.parquet", ignore=list("lsbtm"))["columns"]], ["x"])
        rows = 40
        for name, values, says in (
            ("identifiers", [f"Doe {i}" for i in range(rows)], "40 different texts in 40 rows: names or identifiers"),
            ("packed", pyarrow.array([f"Doe {i}" for i in range(rows)]).dictionary_encode(), "40 different texts in 40 rows"),
            ("times", ["10:30"] * rows, '"10:30" is a time: leave it out: "ignore": ["c"]'),
            ("money", ["$3"] * rows, "remove thousands separators, currency signs"),
            ("infinite", [1.0] * 7 + [float("inf")] * 33, 'row 7: column 1 ("c"): inf is infinite'),
            ("empty", [None] * rows, 'column 1 ("c"): has no values; leave it out: "ignore": ["c"]'),
            ("void", pyarrow.array([None] * rows, pyarrow.string()), 'column 1 ("c"): has no values'),
            ("never", pyarrow.array([None] * rows, pyarrow.date32()), 'column 1 ("c"): has no values'),
            ("late", pyarrow.array([2**40] * rows, pyarrow.timestamp("s")), "days after 1970\" is not a date with year"),
        ):
            with self.subTest(name):
                self.refusal(self.parquet({"x": numpy.arange(rows) * 0.5, "c": values}), says)
        path = self.parquet({"x": [0.5, 3.0], "c": ["a", "b"]})
        self.refusal(path, 'row 0: column 0 ("x"): "0.5" is not a whole number from 0, as counts are', counts=["x"])
        self.refusal(path, 'row 0: column 1 ("c"): "a" is not a number', numeric=["c"])
        self.refusal(path, 'has no column "d". Known: x, c.', ignore=["d"])
        self.refusal(path, "is the label or left out", label="c", flags=["c"])
        self.refusal(path, "choose one", flags=["x"], counts=["x"])

    def test_names_that_several_columns_have(self):
        table = pyarrow.Table.from_arrays([pyarrow.array([1.5, 2.5]), pyarrow.array([3.5, 4.5]), pyarrow.array(["p", "q"])], ["a", "a", "b"])
        path = self.parquet(table)
        self.assertIn('several columns are called "a"', " ".join(self.described(path)["notes"]))
        self.refusal(path, 'columns 0 and 1 are both called "a": give the number of one', ignore=["a"])
        self.assertEqual(self.values(path, ignore=["1", "b"])["train.npy"].tolist(), [[1.5], [2.5]])

    def test_files_that_cannot_be_read(self):
        table = pyarrow.table({"x": numpy.arange(3000) * 0.5, "c": ["a", "b", "b"] * 1000})
        whole = self.parquet(table, write_page_checksum=True, compression="none", use_dictionary=False).read_bytes()

        def file(content, name="bad.parquet"):
            (self.folder / name).write_bytes(content)
            return self.folder / name

        self.refusal(file(whole[:-9]), "bad.parquet: is cut off: a Parquet file ends with its footer")
        self.refusal(file(whole[:100]), "is cut off")
        self.refusal(file(b"PAR1"), "is cut off")
        self.refusal(file(b""), "is not a Parquet file; it looks like an empty file")
        self.refusal(file(b"x,c\n1,a\n"), 'it looks like a text file: if it is a table, use "source": "csv"')
        self.refusal(file(b"PARE" + whole[4:]), "is an encrypted Parquet file")
        self.refusal(file(whole[:-60] + b"\xff" * 50 + whole[-10:]), "Arrow")
        self.refusal(file(whole[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1"), "Arrow")
        flipped = bytearray(whole)
        at = whole.index(numpy.arange(200, 210).astype(float).__mul__(0.5).tobytes())
        flipped[at] ^= 1
        self.assertIn("row group 0", self.refusal(file(flipped), 'column 0 ("x")'))
        self.refusal(self.folder / "none.parquet", "none.parquet")
        self.refusal(self.parquet(table.slice(0, 0)), "has no rows")
        pyarrow.parquet.write_table(pyarrow.table({}), self.folder / "no.parquet")
        self.refusal(self.folder / "no.parquet", "has no columns")
        self.refusal(self.parquet({"x": [1.0]}), "no feature columns are left", ignore=["x"])
        result = program.run("data", json.dumps({"source": "csv", "files": str(self.parquet(table))}))
        self.assert_refused(result, 'is a Parquet file: use "source": "parquet" instead of "csv"')
        random = numpy.random.default_rng(0)
        for _ in range(60):  # nothing but messages, whatever is damaged
            damaged = bytearray(whole)
            for at in random.integers(4, len(whole) - 8, 3):
                damaged[at] = random.integers(256)
            result = program.run("data", json.dumps(self.source(file(damaged))))
            self.assertIn(result.code, (0, 2), result.stderr)

    def test_files_are_recognized_by_their_first_bytes(self):
        path = self.parquet({"x": [0.5, 1.5, 2.5]}, "table.dat")
        result = program.run("data", path, "--json")
        self.assertEqual(json.loads(result.stdout)["columns"][0]["name"], "x")
        import pyarrow.feather
        pyarrow.feather.write_feather(pyarrow.table({"x": [1.0]}), self.folder / "t.feather")
        self.assert_refused(program.run("data", self.folder / "t.feather"), "is an Arrow (Feather) file")


if __name__ == "__main__":
    program.main()
