"""Tables as people have them: read, or refused with a message that names what they are and what to write. And from a
raw table to a comparison of all variants and its report, as its owner would go."""

import bz2
import gzip
import json
import lzma
import pathlib
import pickle
import random
import re
import sqlite3
import sys
import tarfile
import zipfile

import program
from program import small_run

try:
    import numpy
    import pandas
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

TABLE = "height,weight,kind\n" + "".join(f"{150 + i}.5,{60 + i % 7}.25,{'ab'[i % 2]}\n" for i in range(30))


class Tables(program.TestCase):
    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def described(self, path, **fields):
        source = json.dumps({"source": "csv", "files": str(path), **fields}) if fields else path
        result = program.run("data", source, "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def refusal(self, path, **fields):
        result = program.run("data", json.dumps({"source": "csv", "files": str(path), **fields}))
        self.assertEqual(result.code, 2, result.stdout)
        return result.stderr


class Formats(Tables):
    def test_text_in_any_dress(self):
        for name, content in {
            "plain.csv": TABLE.encode(),
            "mark.csv": b"\xef\xbb\xbf" + TABLE.encode(),
            "utf-16.txt": TABLE.replace(",", "\t").encode("utf-16"),
            "utf-16le.csv": TABLE.encode("utf-16-le"),
            "utf-16be.csv": b"\xfe\xff" + TABLE.encode("utf-16-be"),
            "mac.csv": TABLE.replace("\n", "\r").encode(),
            "windows.csv": TABLE.replace("\n", "\r\n").encode(),
            "packed.csv.gz": gzip.compress(TABLE.encode()),
            "semicolons.csv": TABLE.replace(",", ";").replace(".", ",").encode(),
            "excel.csv": ("sep=;\r\n" + TABLE.replace(",", ";").replace(".", ",").replace("\n", "\r\n")).encode(),
            "bars.csv": TABLE.replace(",", "|").encode(),
            "blanks.dat": TABLE.replace(",", "   ").encode(),
            "commented.csv": ("# from May\n" + TABLE).encode(),
        }.items():
            with self.subTest(name):
                data = self.described(self.file(name, content), label="kind")
                self.assertEqual((data["rows"]["train"], data["class_names"]), (30, ["a", "b"]))
                self.assertEqual([column["name"] for column in data["columns"]], ["height", "weight"])
                self.assertEqual(data["columns"][0]["first"], [150.5, 151.5, 152.5])

    def test_what_numpy_pandas_and_r_write(self):
        values = numpy.random.default_rng(0).normal(size=(20, 3))
        numpy.savetxt(self.folder / "a.txt", values)
        numpy.savetxt(self.folder / "b.txt", values, header="one two three")
        self.assertEqual(len(self.described(self.folder / "a.txt")["columns"]), 3)
        named = self.described(self.folder / "b.txt")
        self.assertEqual([column["name"] for column in named["columns"]], ["one", "two", "three"])
        frame = pandas.DataFrame(values, columns=["one", "two", "three"])
        frame.to_csv(self.folder / "c.csv", sep=";", decimal=",", encoding="utf-16")
        data = self.described(self.folder / "c.csv", ignore=["0"])
        numpy.testing.assert_allclose([c["mean"] for c in data["columns"]], values.mean(0), rtol=1e-5)
        index = self.described(self.folder / "c.csv")
        self.assertTrue(any('"0" numbers the rows' in note for note in index["notes"]), index["notes"])
        r = self.file("r.txt", '"a" "b"\n"1" 1.5 2\n"2" 2.5 3\n')  # write.table
        self.assertIn("as R writes them, add a name for that column to the header", self.refusal(r))

    def test_other_kinds_are_named_with_a_way_out(self):
        table = self.file("t.csv", TABLE)
        with zipfile.ZipFile(self.folder / "t.zip", "w") as archive:
            archive.write(table, "t.csv")
        with zipfile.ZipFile(self.folder / "t.xlsx", "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
        with tarfile.open(self.folder / "t.tar", "w") as archive:
            archive.add(table, "t.csv")
        with tarfile.open(self.folder / "t.tar.gz", "w:gz") as archive:
            archive.add(table, "t.csv")
        sqlite3.connect(self.folder / "t.db").execute("create table t (a)").connection.commit()
        self.file("t.csv.bz2", bz2.compress(TABLE.encode()))
        self.file("t.csv.xz", lzma.compress(TABLE.encode()))
        self.file("t.parquet", b"PAR1" + b"\0" * 20 + b"PAR1")
        self.file("t.pkl", pickle.dumps([1, 2]))
        self.file("t.html", "<!DOCTYPE html>\n<html></html>")
        self.file("t.json", '[{"a": 1}]')
        numpy.save(self.folder / "t.npy", numpy.ones((3, 2)))
        numpy.savez(self.folder / "t.npz", x=numpy.ones((3, 2)))
        for name, says in {
            "t.zip": f"{self.folder / 't.zip'} is a ZIP archive, which \"csv\" cannot read; unpack it: unzip {self.folder / 't.zip'}",
            "t.xlsx": "is an Excel workbook (.xlsx)",
            "t.tar": "is a tar archive",
            "t.tar.gz": "is a tar archive",
            "t.db": "is an SQLite database",
            "t.csv.bz2": "unpack it: bunzip2",
            "t.csv.xz": "unpack it: unxz",
            "t.parquet": 'is a Parquet file: use "source": "parquet"',
            "t.pkl": "is a Python pickle",
            "t.html": "is a web page",
            "t.json": "is a JSON file",
            "t.npy": 'use "source": "npy"',
            "t.npz": 'use "source": "npz"',
        }.items():
            with self.subTest(name):
                self.assertIn(says, self.refusal(self.folder / name))
        for source in ("npy", "npz", "safetensors", "idx", "parquet"):
            refused = program.run("data", json.dumps({"source": source, "files": str(self.folder / "t.zip")}))
            self.assert_refused(refused, f'is a ZIP archive, which "{source}" cannot read; unpack it: unzip')
        images = program.run("data", json.dumps({"source": "images", "files": str(self.folder / "t.zip")}))
        self.assert_refused(images, "it is a ZIP archive: unpack it: unzip")
        (self.folder / "pictures").mkdir()
        (self.folder / "t.zip").rename(self.folder / "pictures/t.zip")
        images = program.run("data", json.dumps({"source": "images", "files": str(self.folder / "pictures")}))
        self.assert_refused(images, "there is no PNG or JPEG file in")
        self.assertIn("t.zip; it is a ZIP archive: unpack it", images.stderr)

    def test_a_path_alone_is_described_and_leads_to_a_run_file(self):
        path = self.file("t.csv", TABLE.replace(",", ";"))
        result = program.run("data", json.dumps({"source": "csv", "files": str(path), "label": "kind"}))
        self.assertIn('note     ' + str(path) + ': fields are separated by ";"', result.stdout)
        self.assertRegex(result.stdout, r"height\s+number\s+150\.5\s+179\.5\s+165\s+150\.5, 151\.5, 152\.5")
        numbers = self.file("n.csv", "a,b\n" + "".join(f"{i * i},{-i}\n" for i in range(20)))
        result = program.run("data", numbers)
        self.assertEqual(result.code, 0, result.stderr)
        data = json.loads(re.search(r'"data": (\{.*\})', result.stdout)[1])
        self.assertEqual(data, {"source": "csv", "files": str(numbers)})
        self.train(small_run(data={**data, "validation": 4}, model={"variant": "dense", "code": 1}))
        numpy.save(self.folder / "t.npy", numpy.ones((3, 2)))
        self.assertIn("source   npy", program.run("data", self.folder / "t.npy").stdout)

    def test_quoted_na_is_a_class(self):
        rows = "".join(f"{i},{'DE' if i % 2 else QUOTED}\n" for i, QUOTED in enumerate(['"NA"'] * 20))
        path = self.file("countries.csv", "x,country\n" + rows)
        self.assertEqual(self.described(path, label="country")["class_names"], ["DE", "NA"])
        self.file("countries.csv", "x,country\n" + rows.replace('"', ""))
        self.assertIn('if it is a class, quote it: "NA"', self.refusal(path, label="country"))


def own_tables():
    """Six tables, each with the traps of its kind; and what its owner must say after a first refusal."""
    numbers = random.Random(5)
    normal = lambda mean, deviation: numbers.gauss(mean, deviation)
    rows = range(90)
    comma = lambda x: f"{x:.2f}".replace(".", ",")
    return {
        "german": ("Größe;Gewicht;Art\n" + "".join(
            f"{comma(normal(170, 10))};{comma(normal(70, 9))};{'ja' if i % 3 else 'nein'}\n" for i in rows), {"label": "Art"}),
        "text-label": ("a,b,c,species\n" + "".join(
            f"{normal(0, 1):.3f},{normal(5, 2):.3f},{normal(1, 1):.3f},{'xyz'[i % 3]}\n" for i in rows), {"label": "species"}),
        "identified": ("id,name,u,v\n" + "".join(
            f"{i + 1},person {i},{normal(0, 1):.4f},{normal(3, 1):.4f}\n" for i in rows), {"ignore": ["id", "name"]}),
        "years": ("2019,2020,2021,2022\n" + "".join(
            ",".join(f"{normal(100, 20):.1f}" for _ in range(4)) + "\n" for i in rows), {"header": True}),
        "magnitudes": ("income,age,share\n" + "".join(
            f"{normal(5e6, 1e6):.0f},{normal(40, 9):.0f},{numbers.random() * 1e-4:.8f}\n" for i in rows), {}),
        "constant": ("x,same,y\n" + "".join(f"{normal(0, 1):.3f},7,{normal(2, 1):.3f}\n" for i in rows), {}),
    }


class Owners(Tables):
    """The five minutes of somebody with a table: data, a comparison of all variants, its report."""

    MODELS = {
        "pca": {"variant": "pca", "code": 1},
        "linear": {"variant": "linear", "code": 1},
        "dense": {"variant": "dense", "code": 1, "hidden": [8]},
        "sparse": {"variant": "sparse", "code": 4},
        "denoising": {"variant": "denoising", "code": 1},
        "contractive": {"variant": "contractive", "code": 1},
        "stacked": {"variant": "stacked", "layers": [{"variant": "dense", "code": 2}, {"variant": "dense", "code": 1}]},
    }

    def test_from_raw_tables_to_reports(self):
        for name, (text, fields) in own_tables().items():
            with self.subTest(name):
                path = self.file(name + ".csv", text)
                first = program.run("data", path)
                if first.code != 0:  # the message says what to write
                    for key, value in fields.items():
                        hint = f'"{key}"' if key != "ignore" else '"ignore": ["name"]'
                        self.assertIn(hint, first.stderr)
                data = {"source": "csv", "files": str(path), "validation": 15, **fields}
                self.described(path, **fields)
                comparison = {
                    "name": name,
                    "base": {"data": data, "training": {"batch_size": 16}},
                    "variants": [{"name": n, "set": {"model": model}} for n, model in self.MODELS.items()],
                    "seeds": [1, 2],
                    "budget": {"epochs": 2},
                    "output": str(self.output),
                }
                file = program.write_json(self.folder / "comparison.json", comparison)
                result = program.run("compare", file, "--quiet", "--json", "--jobs", "1")
                self.assertEqual(result.code, 0, result.stderr)
                self.assertTrue((self.output / name / "report.html").stat().st_size > 10_000)
                kinds = {
                    program.read_json(path)["model"]["expanded"]["likelihood"]["kind"]
                    for path in (self.output / name).rglob("runs/*/seed-*/config.json")
                }
                self.assertEqual(kinds, {"gaussian"})

    def test_what_looks_odd_is_said(self):
        tables = own_tables()
        notes = lambda name, **fields: " ".join(self.described(self.file(name + ".csv", tables[name][0]), **fields)["notes"])
        self.assertIn('the same value in every row: "same"; leave it out: "ignore": ["same"]', notes("constant"))
        self.assertIn('"id" numbers the rows; if it is an index, leave it out: "ignore": ["name", "id"]', notes("identified", ignore=["name"]))
        self.assertIn("numbers have decimal commas", notes("german", label="Art"))

    def test_a_table_is_no_picture(self):
        path = self.file("t.csv", own_tables()["magnitudes"][0])
        file = program.write_json(
            self.folder / "run.json", small_run(data={"source": "csv", "files": str(path)}, model="convolutional")
        )
        result = program.run("run", file, "--output", self.output)
        self.assertEqual(result.code, 2)
        self.assertRegex(result.stderr, "dense|channels, height, width")


if __name__ == "__main__":
    program.main()
