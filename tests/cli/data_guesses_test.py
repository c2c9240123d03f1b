"""What is guessed about a table is said or asked, never silent: headers, indices, labels; and what a description shows."""

import json

import program


class Guesses(program.TestCase):
    def file(self, text):
        path = self.folder / "t.csv"
        path.write_text(text)
        return path

    def source(self, path, **fields):
        return json.dumps({"source": "csv", "files": str(path), **fields})

    def described(self, text, **fields):
        result = program.run("data", self.source(self.file(text), **fields), "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def asked(self, text, **fields):
        refused = program.run("data", self.source(self.file(text), **fields))
        self.assert_refused(refused, 't.csv:1: say whether this row names the columns: set "header" to true or false')

    def test_headers_that_are_numbers_are_asked_about(self):
        rows = "".join(f"{i}.5,{i * i % 7},{i}.25,{3 * i % 11}\n" for i in range(20))
        narrow = "".join(f"{i}.5,{i * i % 7}\n" for i in range(20))
        self.asked("2019,2020,2021,2022\n" + rows)
        self.asked("1990,2000,2010,2015\n" + rows)
        self.asked("2021,2022\n" + narrow)
        self.asked("400,402,404,406\n" + rows)  # wavelengths
        self.asked("0,1,2,3\n" + rows)
        self.asked("id,2020,2021,2022\n" + rows)
        data = self.described("2021,2022\n" + narrow, header=True)
        self.assertEqual(([column["name"] for column in data["columns"]], data["rows"]["train"]), (["2021", "2022"], 20))
        data = self.described("2021,2022\n" + narrow, header=False)
        self.assertEqual((data["rows"]["train"], data["columns"][0]["most"]), (21, 2021))

    def test_rows_of_years_are_rows(self):
        self.assertEqual(self.described("".join(f"{1990 + i},{2000 + i}\n" for i in range(9)))["rows"]["train"], 9)
        self.assertIn("no header: columns are numbered from 0", self.described("5.5,3\n4,2\n7,1\n")["notes"][0])

    def test_labels_of_other_texts_are_other_classes(self):
        zip_codes = ["01234", "1234", "1234", "01234", "99999"]
        data = self.described("x,zip\n" + "".join(f"{i * i},{code}\n" for i, code in enumerate(zip_codes)), label="zip")
        self.assertEqual((data["classes"], data["class_names"]), (3, ["01234", "1234", "99999"]))
        self.assertEqual(data["first_labels"], ["01234", "1234", "1234"])
        self.assertTrue(any('read as names, such as "01234"' in note for note in data["notes"]), data["notes"])
        data = self.described("x,y\n1,1\n2,01\n3,001\n4,+1\n5,1.0\n", label="y")
        self.assertEqual(data["class_names"], ["+1", "001", "01", "1", "1.0"])
        data = self.described("x,y\n1,0\n2,10\n3,2\n", label="y")
        self.assertEqual((data["classes"], data["first_labels"]), (11, [0, 10, 2]))
        self.assertNotIn("class_names", data)

    def test_test_labels_are_not_taken_for_others(self):
        train = self.folder / "train.csv"
        train.write_text("x,y\n1,0\n2,1\n3,1\n")
        test = self.file("x,y\n1,0\n2,01\n")
        refused = program.run("data", self.source(train, test_files=str(test), label="y"))
        self.assert_refused(refused, 't.csv: row 1: the label "01" is not a class number')

    def test_indices_are_pointed_out(self):
        values = [((7 * i) % 23) / 4 for i in range(20)]
        tables = {
            ",x": [3, 5, 6, 9, 12, 13, 17, 20, 21, 22],  # of a filtered table
            "Unnamed: 0,x": [4, 2, 9, 1, 0, 8, 3],  # of a shuffled one
            "ID,x": [1001, 1007, 1003, 1002],
            "n,x": range(5, 20),
        }
        for header, index in tables.items():
            with self.subTest(header):
                text = header + "\n" + "".join(f"{i},{x}\n" for i, x in zip(index, values))
                data = self.described(text)
                name = header.split(",")[0] or "0"  # a column without a name is called by its number
                self.assertTrue(any(f'"ignore": ["{name}"]' in note for note in data["notes"]), data["notes"])
                again = self.described(text, ignore=[name])
                self.assertEqual([note for note in again["notes"] if "ignore" in note], [])
        data = self.described("id,x\n1.5,2\n2.5,3\n4.5,9\n1.5,2\n")
        self.assertEqual([note for note in data["notes"] if "ignore" in note], [])

    def test_descriptions_show_columns_types_and_first_rows(self):
        text = "age,height,smokes,kind\n" + "".join(f"{20 + i * i},{150 + i / 4},{i % 2},{'ab'[i % 2]}\n" for i in range(9))
        path = self.file(text)
        result = program.run("data", self.source(path, label="kind"))
        self.assertEqual(result.code, 0, result.stderr)
        for line in (
            r"column\s+type\s+min\s+max\s+mean\s+first rows",
            r"age\s+integer\s+20\s+84\s+\S+\s+20, 21, 24",
            r"height\s+number\s+150\s+152\s+151\s+150, 150.25, 150.5",
            r"smokes\s+binary\s+0\s+1\s+0.44444\s+0, 1, 0",
            r"kind\s+label\s+a, b, a",
        ):
            self.assertRegex(result.stdout, line)
        result = program.run("data", path)  # a column of text, without a word about it
        self.assertEqual(result.code, 0, result.stderr)
        self.assertRegex(result.stdout, r"kind +categorical +0 % +2: a \(5\), b \(4\)")
        self.assertRegex(result.stdout, r"smokes +flag +0 % ")

    def test_columns_that_may_be_classes(self):
        path = self.folder / "k.csv"
        path.write_text("label,x,target,y\n" + "".join(f"{1 + i % 3},{i / 7},{i / 3},2\n" for i in range(30)))
        said = program.run("data", path).stdout.replace("\n", " ")
        said = " ".join(said.split())
        self.assertIn('"label" is used as a feature and has 3 whole values; if these are classes: "label": "label"', said)
        self.assertNotIn('"target" is used', said)  # not whole
        self.assertNotIn('"y" is used', said)  # one value
        named = program.run("data", json.dumps({"source": "csv", "files": str(path), "label": "label"})).stdout
        self.assertIn("the classes are 1 to 3, and no row is of class 0", " ".join(named.split()))

    def test_texts_that_no_other_row_has_are_asked_about(self):
        path = self.folder / "t.csv"
        path.write_text("Name,Age,Sex\n" + "".join(f'"Doe, {i}",{i if i % 2 else ""},{"mf"[i % 2]}\n' for i in range(60)))
        result = program.run("data", path)
        self.assertEqual(result.code, 2)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn('t.csv:2: column 0 ("Name"): 60 different texts in 60 rows', lines[0])
        data = self.described(path.read_text(), ignore=["Name"])
        self.assertEqual([(column["type"], column["missing"]) for column in data["columns"]], [("numeric", 0.5), ("categorical", 0)])

    def test_a_table_for_convolutions_needs_a_shape(self):
        path = self.folder / "p.csv"
        path.write_text("".join(",".join(str((i * j) % 7) for j in range(64)) + "\n" for i in range(1, 30)))
        file = program.write_json(self.folder / "run.json", {"data": {"source": "csv", "files": str(path), "header": False}, "model": "convolutional"})
        self.assert_refused(program.run("run", file, "--output", self.output), 'give their shape in "data", such as "shape": [1, 8, 8]')


if __name__ == "__main__":
    program.main()
