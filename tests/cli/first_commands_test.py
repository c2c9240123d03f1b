"""What newcomers write first, from habits of other programs: every refusal gives what to write instead."""

import json
import re
import shlex

import program
from program import small_run, write_json


class Options(program.TestCase):
    """Options of other programs are fields of the file: the override that is suggested works."""

    def suggested(self, command, file, *options):
        result = program.run(command, file, *options)
        self.assert_refused(result, "unknown option")
        written = re.search(r": write (.*)\. See aelab", result.stderr)
        self.assertTrue(written, result.stderr)
        return shlex.split(written[1])

    def test_options_of_run(self):
        file = write_json(self.folder / "run.json", small_run(training={"epochs": 1}))
        for options, overrides in (
            (["--epochs", "2"], ["training.epochs=2"]),
            (["--epochs=2"], ["training.epochs=2"]),
            (["--n-epochs", "2"], ["training.epochs=2"]),
            (["--epoch", "2"], ["training.epochs=2"]),
            (["--lr", "0.1"], ["training.optimizer.learning_rate=0.1"]),
            (["--learning-rate", ".1"], ["training.optimizer.learning_rate=.1"]),
            (["-lr", "0.1"], ["training.optimizer.learning_rate=0.1"]),
            (["--batch_size", "16"], ["training.batch_size=16"]),
            (["--seed", "3"], ["seed=3"]),
            (["--random-state", "3"], ["seed=3"]),
            (["--latent-dim", "4"], ["model.code=4"]),
            (["--hidden", "64,32"], ["model.hidden=[64,32]"]),
            (["--hidden", "64"], ["model.hidden=[64]"]),
            (["--variant", "pca"], ["model.variant=pca"]),
            (["--patience", "5"], ['callbacks=[{"kind": "early-stopping", "patience": 5}]']),
            (["--epochs", "2", "--lr", "0.1"], ["training.epochs=2", "training.optimizer.learning_rate=0.1"]),
        ):
            with self.subTest(options):
                found = self.suggested("run", file, *options)
                self.assertEqual(found, overrides)
                if "pca" not in found[0]:
                    result = program.run("run", file, *found, "--output", self.output, "--quiet")
                    self.assertEqual(result.code, 0, result.stderr)

    def test_options_of_compare(self):
        base = small_run(name=None, training=None)
        file = write_json(
            self.folder / "compare.json", {"name": "c", "base": base, "variants": [{"name": "a"}, {"name": "b", "set": {"model.code": 3}}], "seeds": [1], "budget": {"epochs": 1}}
        )
        for options, overrides in (
            (["--seeds", "3"], ["seeds=[1,2,3]"]),
            (["--n-seeds", "2"], ["seeds=[1,2]"]),
            (["--seeds", "4,7"], ["seeds=[4,7]"]),
            (["--epochs", "2"], ["budget.epochs=2"]),
            (["--lr", "0.1"], ["base.training.optimizer.learning_rate=0.1"]),
            (["--code", "4"], ["base.model.code=4"]),
        ):
            with self.subTest(options):
                found = self.suggested("compare", file, *options)
                self.assertEqual(found, overrides)
                result = program.run("compare", file, *found, "--dry-run")
                self.assertEqual(result.code, 0, result.stderr)

    def test_a_field_that_is_an_option(self):
        file = write_json(self.folder / "run.json", small_run())
        self.assert_refused(program.run("run", file, "--output-dir", "x"), 'Did you mean "--output"?')

    def test_options_of_no_field(self):
        file = write_json(self.folder / "run.json", small_run())
        self.assert_refused(program.run("run", file, "--xyzzy", "x"), 'unknown option "--xyzzy". Known: ')


class Commands(program.TestCase):
    def test_names_in_other_programs(self):
        for name, command in {
            "train": "run",
            "fit": "run",
            "eval": "evaluate",
            "test": "evaluate",
            "predict": "apply",
            "encode": "apply",
            "transform": "apply",
            "sweep": "compare",
            "continue": "resume",
        }.items():
            for words in ([name, "x"], ["help", name]):
                self.assert_refused(
                    program.run(*words), f'unknown command "{name}". Did you mean "{command}"? See aelab --help'
                )


class Files(program.TestCase):
    def refused(self, name, content, *expected):
        file = self.folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        for command in "run", "compare":
            result = program.run(command, name, cwd=self.folder)
            self.assert_refused(result, *(text.replace("KIND", {"run": "run", "compare": "comparison"}[command]) for text in expected))

    def test_tables(self):
        self.refused("wine.csv", "alcohol,class\n13.2,a\n", "wine.csv is a table, not a KIND file; see aelab data wine.csv")
        self.refused("wine.tsv", "13.2\t1\n", "wine.tsv is a table, not a KIND file; see aelab data wine.tsv")
        self.refused("wine.data", "13.2;1\n", "wine.data is a table, not a KIND file; see aelab data wine.data")

    def test_other_formats(self):
        self.refused("run.yaml", "data:\n  source: digits\n", "run.yaml is YAML, not a KIND file (JSON); convert it: python3 -c")
        self.refused("run", "name: x\n", "run is YAML, not a KIND file")
        self.refused("run.toml", "[data]\nsource = 'digits'\n", "run.toml is TOML, not a KIND file (JSON)")
        self.refused("x.npy", b"\x93NUMPY\x01\x00", "x.npy is a NumPy .npy file, not a KIND file; see aelab data x.npy")
        self.refused("x.parquet", b"PAR1\x00\x00", "x.parquet is a Parquet file, not a KIND file; see aelab data x.parquet")

    def test_json_that_is_nearly_right(self):
        for text, said in (
            ('{"name": "x",\n "seed": 1,\n}', "run.json:2:11: remove the trailing comma"),
            ("{'name': 'x'}", "run.json:1:2: JSON strings need double quotes"),
            ('{"seed": 1 // one\n}', "run.json:1:12: JSON has no comments"),
        ):
            self.refused("run.json", text, said)

    def test_files_that_are_not_there(self):
        file = write_json(self.folder / "run.json", small_run())
        folder = self.train(small_run(training={"epochs": 1}), "--quiet")
        (self.folder / "table.csv").write_text("a,b\n1,2\n3,4\n")
        here = self.folder.resolve()
        for words in (["data"], ["evaluate", folder, "--data"], ["apply", folder, "--data"]):
            for path in "nothere.csv", "some/where", "*.csv":
                self.assert_refused(program.run(*words, path, cwd=self.folder), f"there is no file {path} in {here}")
        for path in "nothere.csv", "./nothere":
            self.assert_refused(program.run("run", file, f"data={path}", cwd=self.folder), f"data: there is no file {path} in {here}")
            self.assert_refused(
                program.run("run", file, f"data.source={path}", cwd=self.folder), f"data.source: there is no file {path} in {here}"
            )
        self.assert_refused(program.run("data", "*.csv", cwd=self.folder), "patterns are not expanded")
        self.assert_refused(
            program.run("run", file, "data=table.csv", cwd=self.folder),
            'data: "table.csv" is a file, not the name of a source: write {"source": "csv", "files": "table.csv"}',
        )
        said = program.run("evaluate", folder, "--data", "table.csv", cwd=self.folder).stderr
        self.assertIn("""--data: table.csv is read as {"source": "csv", "files": "table.csv"}""", said)
        self.assert_refused(program.run("data", "digts"), 'unknown data source "digts". Did you mean "digits"?')

    def test_a_folder_of_tables(self):
        (self.folder / "tables").mkdir()
        (self.folder / "tables/a.csv").write_text("a,b\n1,2\n")
        result = program.run("data", ".", cwd=self.folder / "tables")
        self.assertEqual(result.code, 2)
        self.assertTrue(result.stderr.endswith("there is no PNG or JPEG file in .; it holds a.csv\n"), result.stderr)


class Folders(program.TestCase):
    def setUp(self):
        super().setUp()
        self.run_folder = self.train(small_run(training={"epochs": 1}), "--quiet")

    def test_a_folder_of_runs(self):
        for command in "resume", "evaluate", "apply", "export":
            result = program.run(command, self.run_folder.parent)
            self.assert_refused(result, f"{self.run_folder.parent}: is not a run folder: it has no config.json; did you mean {self.run_folder}?")
        self.assert_refused(program.run("resume", self.run_folder / "config.json"), f"did you mean {self.run_folder}?")
        self.train(small_run(training={"epochs": 1}), "--quiet")
        self.assert_refused(program.run("resume", self.run_folder.parent), f"it holds the runs {self.run_folder}, {self.run_folder.parent / '2'}")

    def test_a_folder_in_place_of_a_file(self):
        self.assert_refused(program.run("run", self.folder), f"{self.folder}: is a folder, not a run file; did you mean {self.folder / 'run.json'}?")
        self.assert_refused(program.run("compare", self.run_folder), f"is the folder of a run; resume it with: aelab resume {self.run_folder}")

    def test_the_folder_of_a_comparison(self):
        base = {"data": {"source": "digits", "train": 100}, "model": "pca"}
        file = write_json(self.folder / "c.json", {"name": "c", "base": base, "variants": [{"name": "a"}], "seeds": [1]})
        result = program.run("compare", file, "--output", self.output, "--quiet")
        self.assertEqual(result.code, 0, result.stderr)
        folder = self.output / "c"
        self.assert_refused(program.run("run", folder), f"{folder}: is the folder of a comparison; resume it with: aelab compare {folder}")
        for command in "resume", "evaluate":
            self.assert_refused(program.run(command, folder), f"{folder}: is the folder of a comparison, not of a run: name one of its runs, such as {folder}/runs/a/seed-1; to resume the comparison: aelab compare {folder}")
        self.assertEqual(program.run("compare", folder, "--quiet").code, 0)


class Forms(program.TestCase):
    """Values of another type, and keys in their natural place."""

    def refused(self, overrides, *expected, config=None):
        file = write_json(self.folder / "run.json", config or small_run())
        result = program.run("run", file, *overrides, "--output", self.output)
        self.assert_refused(result, *expected)
        self.assertFalse(self.output.exists())

    def test_lists(self):
        for override, said in (
            ("model.hidden=64", "model.hidden: must be a list, not 64: write [64]"),
            ("model.hidden=64,32", 'model.hidden: must be a list, not "64,32": write [64, 32]'),
            ("evaluation=accuracy", 'evaluation: must be a list, not "accuracy": write ["accuracy"]'),
            ("data.transforms=standardize", 'data.transforms: must be a list, not "standardize": write ["standardize"]'),
            ("callbacks=early-stopping", 'callbacks: must be a list, not "early-stopping": write ["early-stopping"]'),
        ):
            self.refused([override], said)
        self.refused(["evaluation=mse"], 'evaluation: must be a list, not "mse": write ["mse"]', 'evaluation[0]: unknown metric "mse". Did you mean "reconstruction"?')

    def test_seeds(self):
        comparison = {"name": "c", "base": small_run(name=None), "variants": [{"name": "a"}], "seeds": 3}
        file = write_json(self.folder / "c.json", comparison)
        self.assert_refused(program.run("compare", file), "seeds: must be a list, not 3: write [1, 2, 3]")
        self.refused(["seed=-1"], "seed: must be at least 0, is -1")
        self.assert_refused(program.run("compare", file, "seeds=[-1]"), "seeds[0]: must be at least 0, is -1")
        self.assertRegex(program.run("describe", "seed").stdout, r"integer,\s+at\s+least\s+0")

    def test_strings_and_numbers(self):
        csv = {"source": "csv", "files": "x.csv"}
        self.refused([], 'data.delimiter: must be a string, not 4: write "4"', config=small_run(data={**csv, "delimiter": 4}))
        self.refused(['training.epochs="3"'], 'training.epochs: must be a whole number, not "3": write 3')
        self.refused(["model.activation=ReLU"], 'not "ReLU": write "relu"')

    def test_parts_of_variants(self):
        config = small_run(model={"variant": "denoising", "hidden": [16]})
        self.refused([], 'model.hidden: unknown key. Write "backbone": {"hidden": [16]}', config=config)
        self.refused(["model.backbone.hidden=[32]"], "model.backbone: unknown key. Write model.hidden instead of model.backbone.hidden")
        config = small_run(model={"variant": "denoising", "encoder": [{"conv": 3}]})
        self.refused([], 'model.encoder: unknown key. Write "backbone": {"encoder": [{"conv": 3}], "kind": "convolutional"}', config=config)

    def test_what_is_suggested_for_parts_works(self):
        file = write_json(self.folder / "run.json", small_run(model={"variant": "denoising", "code": 4, "backbone": {"hidden": [16]}}, training={"epochs": 1}))
        self.assertEqual(program.run("run", file, "--output", self.output, "--quiet").code, 0)

    def test_other_names_of_values_and_types(self):
        for override, name in (
            ('data.transforms=["normalize"]', "standardize"),
            ('data.transforms=["minmax"]', "scale"),
            ('data.transforms=["min-max"]', "scale"),
            ('data.transforms=["StandardScaler"]', "standardize"),
            ("model.likelihood=BCE", "bernoulli"),
            ("model.likelihood=mse", "gaussian"),
            ("model=MLP", "dense"),
            ('callbacks=["ReduceLROnPlateau"]', "plateau"),
            ('callbacks=["EarlyStopping"]', "early-stopping"),
        ):
            self.refused([override], f'Did you mean "{name}"?')
        self.refused(["model=gan"], 'unknown variant "gan"')
        self.refused([], 'data.sep: unknown key. Did you mean "delimiter"?', config=small_run(data={"source": "csv", "files": "x.csv", "sep": ";"}))

    def test_a_misspelt_key_of_a_comparisons_variant_without_a_type(self):
        comparison = {"name": "c", "base": {"data": "digits"}, "variants": [{"name": "a", "set": {"model.cod": 3}}], "seeds": [1]}
        file = write_json(self.folder / "c.json", comparison)
        said = program.run("compare", file).stderr
        self.assertIn('model.cod: unknown key. Did you mean "code"?', said)
        self.assertIn('lacks "variant"', said)


class Words(program.TestCase):
    def test_the_first_line(self):
        self.assertTrue(program.run("--help").stdout.startswith("Trains and compares autoencoders.\n"))

    def test_types_of_lists(self):
        self.assertIn("list of integers", program.run("describe", "models", "dense").stdout)
        self.assertIn("list of strings", program.run("describe", "data", "csv").stdout)

    def test_no_archaisms(self):
        lists = json.loads(program.run("list", "--json").stdout)
        text = "".join(program.run("describe", kinds, kind["name"]).stdout for kinds in lists for kind in lists[kinds])
        text += program.run("list").stdout + program.run("describe", "run").stdout + program.run("describe", "comparison").stdout
        text = re.sub(r"\s+", " ", text)
        for words in "left out", "found out", "brings them", "all else", "list of string;", "list of integer,", "list of integer;", "in training alone", "parts by default":
            self.assertNotIn(words, text)


if __name__ == "__main__":
    program.main()
