"""Thirty-five ways in which tables are broken: each is refused with one message that names the file and the place, and
says what to do, before anything is created."""

import gzip

import program

NUMBERS = "a,b\n" + "".join(f"{i},{2 * i}\n" for i in range(20))
COLUMN_OF_DATES = "day,x\n{},1\n{},2\n{},3\n"

# Name, content, fields of the source, and what the message says.
BROKEN = [
    ("empty.csv", b"", {}, ["has no rows"]),
    ("header.csv", "a,b,c\n", {}, ["has no rows below its header"]),
    ("short.csv", "a,b,c\n1,2,3\n4,5\n6,7,8\n", {}, [":3: has 2 fields, the first row has 3", "Add the missing fields"]),
    ("long.csv", "a,b,c\n1,2,3\n4,5,6,7\n8,9,10\n", {}, [":3: has 4 fields", "Quote a field"]),
    ("word.csv", NUMBERS + "7,abc\n", {}, [':22: column 1 ("b"): "abc" is not a number', '"missing": ["abc"]', '"categorical": ["b"]']),
    ("infinite.csv", "a,b\n1,2\ninf,3\n", {}, [':3: column 0 ("a"): inf is infinite']),
    ("huge.csv", "a,b\n1,2\n1e60,3\n", {}, [':3: column 0 ("a"): 1e60', "too large for a 32-bit float"]),
    ("open.csv", 'a,b\n1,"2\n3,4\n', {}, [":2: a quote is opened and never closed"]),
    ("behind.csv", 'a,b\n1,"2"x\n3,4\n', {}, [":2: column 2: text follows a closing quote"]),
    ("thousands.csv", "a;b\n1,234;2\n2,345;3\n", {}, [':2: "1,234" may have a decimal comma or a thousands separator', '"decimal"']),
    ("mixed.csv", "a;b\n1,5;2\n2.5;3\n", {}, [':2: "1,5" has a comma', "line 3"]),
    ("latin.csv", "stadt,x\nKöln,1\nBonn,2\nKöln,3\nBonn,4\n".encode("latin1"), {}, [':2: column 0 ("stadt"): is not UTF-8', "iconv -f WINDOWS-1252"]),
    ("wide.csv", "a,b\n1,2\n".encode("utf-32"), {}, ["is UTF-32", "iconv -f UTF-32"]),
    ("cut.csv", "a,b\n1,2\n3,4\n".encode("utf-16")[:-1], {}, ["is not valid UTF-16", "save the file as UTF-8"]),
    ("zero.csv", b"a,b\n1,2\n3,\x004\n", {}, ["byte 10: is a zero byte"]),
    ("zip.csv", b"PK\x03\x04" + bytes(100), {}, ["is a ZIP archive", "unzip"]),
    ("cut.csv.gz", gzip.compress(NUMBERS.encode())[:40], {}, ["the gzip stream is truncated"]),
    ("page.csv", "<!DOCTYPE html>\n<html><body>login</body></html>\n", {}, ["is a web page", "download the file itself"]),
    ("objects.csv", '[{"a": 1, "b": 2}]\n', {}, ["is a JSON file", "pandas.read_json"]),
    ("names.csv", "id,x\n" + "".join(f"user{i},{i}\n" for i in range(50)), {}, ['column 0 ("id"): 50 different texts in 50 rows', '"ignore": ["id"]', '"categorical": ["id"]']),
    ("money.csv", "price,x\n$1.50,1\n$2.50,2\n$3.50,3\n", {}, [':2: column 0 ("price"): "$1.50" is not a number', "currency signs"]),
    ("share.csv", "share,x\n15%,1\n20%,2\n30%,3\n", {}, [':2: column 0 ("share"): "15%" is not a number', "percent signs"]),
    ("order.csv", COLUMN_OF_DATES.format("1/2/2023", "3/4/2023", "5/6/2023"), {}, [':2: column 0 ("day")', "the day or the month may be first", "2023-01-31"]),
    ("february.csv", COLUMN_OF_DATES.format("2023-01-31", "2023-02-30", "2023-03-01"), {}, [':3: column 0 ("day"): "2023-02-30" is not a date']),
    ("hours.csv", COLUMN_OF_DATES.format("12:30:00", "13:30:00", "14:00:00"), {}, [':2: column 0 ("day"): "12:30:00" is a time', '"ignore": ["day"]']),
    ("nothing.csv", "a,b\n1,\n2,\n3,\n", {}, ['column 1 ("b"): has no values', '"ignore": ["b"]']),
    ("unlabeled.csv", "a,y\n1,0\n2,\n3,1\n", {"label": "y"}, [':3: column 1 ("y"): the label is missing']),
    ("twice.csv", "a,a,b\n1,2,3\n3,4,5\n", {"label": "a"}, ['columns 0 and 1 are both called "a"', "give the number"]),
    ("years.csv", "2001,2002\n1,2\n3,4\n", {}, [":1: say whether this row names the columns", '"header"']),
    ("sparse.csv", "1 1:0.5 2:3\n0 1:0.1 7:2\n", {}, [":1: looks like LIBSVM's sparse format", "load_svmlight_file"]),
    ("report.csv", "Report of 2023\nmade by X\n\na,b,c\n1,2,3\n4,5,6\n7,8,9\n", {}, [":4: the table begins in this line", '"skip_lines": 3']),
    ("negative.csv", "n,x\n1,2.5\n-3,4.5\n5,1.5\n", {"counts": ["n"]}, [':3: column 0 ("n"): "-3" is not a whole number from 0', '"numeric": ["n"]']),
    ("two.csv", "f,x\n0,2.5\n2,4.5\n1,1.5\n", {"flags": ["f"]}, [':3: column 0 ("f"): "2" is neither 0 nor 1', '"numeric": ["f"]']),
    ("nowhere.csv", "height,weight\n1,2\n3,4\n", {"label": "hight"}, ['has no column "hight"', 'Did you mean "height"']),
    ("unwritten.csv", "a,b\n1,2\n3,4\n", {"label": "5"}, ["has no column 5", "numbered 0 to 1"]),
]


class BrokenTables(program.TestCase):
    def test_each_is_refused_with_its_place_and_a_remedy(self):
        self.assertGreaterEqual(len(BROKEN), 35)
        for name, content, fields, expected in BROKEN:
            with self.subTest(name):
                path = self.folder / name
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
                config = program.small_run(data={"source": "csv", "files": str(path), **fields}, output=str(self.folder / "runs"))
                result = program.run("run", program.write_json(self.folder / "run.json", config))
                self.assertEqual((result.code, result.stdout), (2, ""), result.stderr)
                self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)
                for text in (name, *expected):
                    self.assertIn(text, result.stderr)
                self.assertFalse((self.folder / "runs").exists())


if __name__ == "__main__":
    program.main()
