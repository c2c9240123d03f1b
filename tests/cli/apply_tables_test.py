"""aelab apply on tables: reconstructions have the columns' names and the input's units, beside the rows' places and
classes. The oracle is PCA with as many components as there are columns, which reconstructs every row exactly: what
apply writes must be the table itself."""

import json
import sys

import program
from program import small_run

try:
    import numpy
    import pandas
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

ROWS = 80


class ApplyTables(program.TestCase):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(0)
        mixing = numpy.array([[1, 0.5, 0], [0, 1, 0.2], [0, 0, 1]])
        values = random.normal(size=(ROWS, 3)) @ mixing * [30, 2, 500] + [5, 70, -3000]
        self.table = pandas.DataFrame(values.astype("f4"), columns=["height, in cm", 'the "share"', "income"])
        self.table["species"] = numpy.array(["ant", "bee, wild", "cat"])[numpy.arange(ROWS) % 3]
        self.table.to_csv(self.folder / "table.csv", index=False, float_format="%.9g")
        self.data = {"source": "csv", "files": str(self.folder / "table.csv"), "label": "species", "validation": 10}
        self.names = list(self.table.columns[:3])

    def trained(self, transforms, code=3, **data):
        return self.train(
            small_run(data={**self.data, **data, "transforms": transforms}, model={"variant": "pca", "code": code}), "--quiet"
        )

    def apply(self, folder, *arguments, code=0):
        result = program.run("apply", folder, *arguments, "--json")
        self.assertEqual(result.code, code, result.stderr)
        said = json.loads(result.stdout)
        return program.pathlib.Path(said["folder"]), said

    def rows(self, folder, name="reconstruction"):
        return pandas.read_csv(folder / f"{name}.csv")

    def test_the_table_comes_back_through_every_transform_with_an_inverse(self):
        for transforms in (
            [],
            ["standardize"],
            [{"kind": "standardize", "over": "all"}],
            ["scale"],
            [{"kind": "scale", "by_feature": False, "to": [-1, 1]}],
            [{"kind": "scale", "from": [-6000, 6000]}],
            [{"kind": "whiten", "epsilon": 1e-9}],
            [{"kind": "whiten", "method": "pca", "epsilon": 1e-9}],
            ["standardize", {"kind": "scale", "to": [0, 2]}, "flatten"],
        ):
            with self.subTest(transforms):
                folder, said = self.apply(self.trained(transforms), "--part", "all", "--format", "csv")
                rows = self.rows(folder)
                self.assertEqual(list(rows.columns), ["row", "species", *self.names])
                self.assertEqual(said["columns"], self.names)
                self.assertEqual(said["units"]["reconstruction"], "in the units of the source")
                self.assertEqual(list(rows["row"]), list(range(ROWS)))
                self.assertEqual(list(rows["species"]), list(self.table["species"]))
                for name in self.names:
                    numpy.testing.assert_allclose(rows[name], self.table[name], atol=0.02, err_msg=name)

    def test_rows_of_a_split_are_found_in_the_table(self):
        run = self.trained(["standardize"])
        for part, count in (("test", 16), ("validation", 10), ("train", 54)):
            rows = self.rows(self.apply(run, "--part", part, "--format", "csv")[0])
            self.assertEqual(len(rows), count)
            of_table = self.table.iloc[rows["row"]].reset_index(drop=True)
            self.assertEqual(list(rows["species"]), list(of_table["species"]))
            numpy.testing.assert_allclose(rows["income"], of_table["income"], rtol=1e-4)

    def test_codes_and_errors_have_their_rows_too(self):
        folder, said = self.apply(self.trained(["standardize"], code=2), "--format", "csv")
        code, error = self.rows(folder, "code"), self.rows(folder, "error")
        self.assertEqual(list(code.columns), ["row", "species", "code_0", "code_1"])
        self.assertEqual(list(error.columns), ["row", "species", "error"])
        self.assertEqual(said["units"]["error"], "of values transformed by standardize")
        self.assertEqual(list(code["row"]), list(error["row"]))
        # In the units of the source, divided by the training split's deviations, the squares are the error.
        rows = self.rows(folder)
        train = self.table.iloc[self.rows(self.apply(said_run(folder), "--part", "train", "--format", "csv")[0])["row"]]
        deviation = train[self.names].to_numpy("f8").std(0)
        difference = (rows[self.names].to_numpy("f8") - self.table.iloc[rows["row"]][self.names].to_numpy("f8")) / deviation
        numpy.testing.assert_allclose(error["error"], (difference**2).sum(1), rtol=2e-2, atol=1e-4)
        self.assertEqual([item["row"] for item in said["error"]["largest"]],
                         list(error.sort_values("error", ascending=False)["row"][:5]))

    def test_what_cannot_be_undone_is_said(self):
        folder, said = self.apply(self.trained([{"kind": "binarize", "threshold": 1}, "standardize"]), "--format", "csv")
        self.assertEqual(said["units"]["reconstruction"], 'as transformed by binarize: "binarize" has no inverse')
        rows = self.rows(folder)
        self.assertEqual(list(rows.columns)[2:], self.names)  # feature by feature, so that names remain
        expected = (self.table[self.names] > 1).iloc[rows["row"]].to_numpy("f8")
        numpy.testing.assert_allclose(rows[self.names], expected, atol=1e-3)
        people = program.run("apply", said_run(folder))
        self.assertIn('reconstructions    as transformed by binarize: "binarize" has no inverse', people.stdout)

    def test_fewer_whitened_components_give_the_projection(self):
        run = self.trained(["standardize", {"kind": "whiten", "method": "pca", "components": 2, "epsilon": 0}], code=2)
        folder, _ = self.apply(run, "--part", "all", "--format", "csv")
        rows = self.rows(folder)[self.names].to_numpy("f8")
        train = self.rows(self.apply(run, "--part", "train", "--format", "csv")[0])["row"]
        table = self.table[self.names].to_numpy("f8")
        mean, deviation = table[train].mean(0), table[train].std(0)
        standard = (table - mean) / deviation
        _, _, axes = numpy.linalg.svd(standard[train] - standard[train].mean(0), full_matrices=False)
        projected = standard @ axes[:2].T @ axes[:2] * deviation + mean
        numpy.testing.assert_allclose((rows - projected) / deviation, 0, atol=2e-2)

    def test_other_tables_keep_their_own_classes_and_rows(self):
        run = self.trained(["standardize"])
        other = self.table.iloc[::-1].reset_index(drop=True)
        other["species"] = "dog"
        other.to_csv(self.folder / "other.csv", index=False, float_format="%.9g")
        source = {"source": "csv", "files": str(self.folder / "other.csv"), "label": "species"}
        rows = self.rows(self.apply(run, "--data", json.dumps(source), "--format", "csv")[0])
        self.assertEqual(set(rows["species"]), {"dog"})
        numpy.testing.assert_allclose(rows["income"], other["income"], rtol=1e-4)
        other[[*self.names[::-1], "species"]].to_csv(self.folder / "other.csv", index=False)
        folder, _ = self.apply(run, "--data", json.dumps(source), "--format", "csv")
        self.assertEqual(list(self.rows(folder).columns), ["row", "species", *self.names])
        numpy.testing.assert_allclose(self.rows(folder)["income"], other["income"], rtol=1e-4)

    def test_columns_of_other_tables_are_found_by_name(self):
        """The oracle: what evaluate and apply say of the table in its own order."""
        run = self.trained(["standardize"], code=2)
        evaluated = lambda source: json.loads(program.run("evaluate", run, "--data", json.dumps(source), "--json").stdout)
        own = {"source": "csv", "files": str(self.folder / "table.csv"), "label": "species"}
        shuffled = self.table[["species", *self.names[::-1]]].copy()
        shuffled.insert(1, "note", "a text")
        shuffled.to_csv(self.folder / "shuffled.csv", index=False, float_format="%.9g")
        source = {**own, "files": str(self.folder / "shuffled.csv")}
        self.assertEqual(evaluated(source), evaluated(own))
        result = program.run("apply", run, "--data", json.dumps(source), "--format", "csv", "--json")
        self.assertIn("its columns are in another order than those of the run; they are matched by name", result.stderr)
        self.assertIn('columns that the model was not trained on are left out: "note"', result.stderr)
        written = lambda source: self.rows(self.apply(run, "--data", json.dumps(source), "--format", "csv")[0], "code")
        pandas.testing.assert_frame_equal(written(source), written(own))
        shuffled.drop(columns=["income", self.names[0]]).to_csv(self.folder / "part.csv", index=False)
        for command in "apply", "evaluate":
            refused = program.run(command, run, "--data", json.dumps({**own, "files": str(self.folder / "part.csv")}))
            self.assert_refused(refused, 'part.csv:1: lacks columns that the model was trained on: "height, in cm", "income"')

    def test_columns_of_the_model_cannot_be_left_out(self):
        """A remedy must work: the model takes the columns that it was trained on."""
        run = self.trained(["standardize"])
        gaps = self.table.astype({"income": object})
        gaps.loc[3, "income"] = None
        gaps.to_csv(self.folder / "gaps.csv", index=False, float_format="%.9g")
        source = json.dumps({"source": "csv", "files": str(self.folder / "gaps.csv"), "label": "species"})
        result = program.run("apply", run, "--data", source)
        self.assert_refused(result, "the value is missing; fill it, or remove its row")
        gaps.loc[3, "income"] = "much"
        gaps.to_csv(self.folder / "gaps.csv", index=False, float_format="%.9g")
        words = program.run("apply", run, "--data", source)
        self.assert_refused(words, '"much" is not a number; correct it, or remove its row')
        self.assertNotIn("ignore", result.stderr + words.stderr)

    def test_other_tables_may_lack_labels(self):
        run = self.trained(["standardize"])
        self.table[self.names].to_csv(self.folder / "rows.csv", index=False, float_format="%.9g")
        source = json.dumps({**self.data, "files": str(self.folder / "rows.csv"), "validation": 0})
        for command in (["apply", run, "--format", "csv", "--output", self.folder / "applied"], ["evaluate", run]):
            result = program.run(*command, "--data", source)
            self.assertEqual(result.code, 0, result.stderr)
            self.assertIn('rows.csv: has no label column "species": its rows have no labels', result.stderr)
        self.assertEqual(list(self.rows(self.folder / "applied").columns), ["row", *self.names])

    def test_numbered_columns_must_be_as_many(self):
        numpy.savetxt(self.folder / "seven.csv", numpy.random.default_rng(1).normal(size=(40, 7)), delimiter=",")
        numpy.savetxt(self.folder / "five.csv", numpy.random.default_rng(2).normal(size=(40, 5)), delimiter=",")
        config = small_run(data={"source": "csv", "files": str(self.folder / "seven.csv")}, model={"variant": "pca", "code": 2})
        run = self.train(config, "--quiet")
        other = json.dumps({"source": "csv", "files": str(self.folder / "five.csv")})
        self.assert_refused(program.run("apply", run, "--data", other), "--data: has 5 columns, the model was trained on 7")
        self.assert_refused(program.run("apply", run, "--format", "png"),
                            "png needs images of 1 or 3 channels, and these data have shape [7]")

    def test_training_and_test_files_are_told_apart(self):
        self.table.iloc[:20].to_csv(self.folder / "test.csv", index=False, float_format="%.9g")
        run = self.trained(["standardize"], test_files=str(self.folder / "test.csv"))
        rows = self.rows(self.apply(run, "--part", "all", "--format", "csv")[0])
        self.assertEqual(list(rows.columns)[:3], ["row", "split", "species"])
        self.assertEqual(list(rows["split"]), ["train"] * ROWS + ["test"] * 20)
        self.assertEqual(list(rows["row"]), [*range(ROWS), *range(20)])
        test = self.rows(self.apply(run, "--format", "csv")[0])
        self.assertEqual(list(test["row"]), list(range(20)))

    def test_pictures_come_back_as_well(self):
        config = small_run(
            data={"source": "digits", "validation": 100, "transforms": [{"kind": "scale", "to": [-1, 1]}, "flatten"]},
            model={"variant": "pca", "code": 64},
        )
        folder, said = self.apply(self.train(config, "--quiet"), "--part", "all")
        digits = numpy.loadtxt(program.SOURCE / "data/digits/digits.csv.gz", delimiter=",")[:, :64].reshape(-1, 1, 8, 8) / 16
        numpy.testing.assert_allclose(numpy.load(folder / "reconstruction.npy"), digits, atol=1e-4)
        self.assertNotIn("columns", said)


def said_run(application):
    """The run's folder of an application's: <run>/applications/<n>."""
    return application.parent.parent


if __name__ == "__main__":
    program.main()
