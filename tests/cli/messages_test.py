"""What the program says, to whom, and with which exit code."""

import json
import os
import pty
import re
import select

import program
from program import small_run

COMMANDS = ("run", "resume", "evaluate", "list", "describe", "schema", "doctor")


class Arguments(program.TestCase):
    def test_unknown_commands_and_options(self):
        self.assert_refused(
            program.run("resum", "x"), 'unknown command "resum". Did you mean "resume"? See aelab --help'
        )
        self.assert_refused(
            program.run("xyzzy", "x.json"), 'unknown command "xyzzy". Known: run, resume, evaluate'
        )
        for arguments in (
            [],
            ["run"],
            ["run", "--nonsense", "x"],
            ["describe", "models"],
            ["list", "a", "b"],
        ):
            with self.subTest(arguments):
                result = program.run(*arguments)
                self.assertEqual((result.code, result.stdout), (2, ""))
                self.assertIn("--help", result.stderr)

    def test_what_users_often_write(self):
        (self.folder / "wine.csv").write_text("a,b\n1,2\n")
        folder = self.train(small_run())
        for arguments, said in (
            (["--verison"], 'unknown option "--verison". Did you mean "--version"? See aelab --help'),
            (["--quiet", "run", "x"], 'unknown option "--quiet"'),
            (["run", "x", "--output"], "run: --output needs a value: FOLDER. See aelab run --help"),
            (["run", folder], f"{folder}: is a folder; resume its run with: aelab resume {folder}"),
            (["list", "a", "b"], 'list: unexpected argument "b". See aelab list --help'),
            (["describe", "dens"], 'unknown name "dens". Did you mean "dense"?'),
            (["describe", "xyzzy"], 'unknown name "xyzzy". See aelab list'),
            (["compare", "x", "--plan", "--dry-run"], "cannot be combined with"),
            (["compare", "x", "--jobs", "two"], "compare: --jobs: must be a whole number from 1"),
            (["bench", "--seconds", "-1"], "bench: --seconds: must be a number above 0"),
            (["evaluate", folder, "--data", "wine.csv"], "--data: the samples have shape [2], the model was trained on [1, 8, 8]"),
            (["completion", "powershell"], 'completion: must be bash, zsh or fish, not "powershell"'),
        ):
            with self.subTest(arguments):
                self.assert_refused(program.run(*arguments, cwd=self.folder), said)

    def test_help_of_every_command_has_an_example(self):
        top = program.run("--help")
        self.assertEqual(top.code, 0)
        for command in COMMANDS:
            with self.subTest(command):
                self.assertRegex(top.stdout, rf"\n\s+{command}\s")
                result = program.run(command, "--help")
                self.assertEqual((result.code, result.stderr), (0, ""))
                self.assertRegex(result.stdout, rf"\nExamples?:\n  aelab {command}")

    def test_examples_of_help_run(self):
        for command in ("list", "describe", "schema", "doctor"):
            with self.subTest(command):
                example = re.search(r"\nExamples?:\n  aelab ([^>\n]*)", program.run(command, "--help").stdout)[1]
                self.assertEqual(program.run(*example.split()).code, 0)

    def test_version(self):
        self.assertRegex(program.run("--version").stdout, r"^\d+\.\d+\.\d+\n$")

    def test_names_that_are_unknown(self):
        for arguments, said in (
            (["list", "modells"], 'unknown list "modells". Did you mean "models"?'),
            (["describe", "model", "dense"], 'unknown list "model". Did you mean "models"?'),
            (["describe", "models", "dens"], 'unknown variant "dens". Did you mean "dense"?'),
            (["describe", "trainng"], 'unknown name "trainng". Did you mean "training"?'),
            (["describe", "models"], "which of the variants? Known: pca, linear, autoencoder, dense,"),
            (["describe", "metrics", "acuracy"], 'unknown metric "acuracy". Did you mean "accuracy"?'),
            (["schema", "runs"], 'must be run or comparison, not "runs"'),
        ):
            with self.subTest(arguments):
                self.assert_refused(program.run(*arguments), said)


class Json(program.TestCase):
    def test_catalog(self):
        lists = json.loads(program.run("list", "--json").stdout)
        self.assertIn("dense", [kind["name"] for kind in lists["variants"]])
        for plural, kinds in lists.items():
            self.assertEqual(json.loads(program.run("list", plural, "--json").stdout), {plural: kinds})
            for kind in kinds:
                self.assertTrue(kind["summary"])
        plain = program.run("list").stdout
        for kinds in lists.values():
            for kind in kinds:
                self.assertRegex(plain, rf"(?m)^  {kind['name']}( |$)")
        self.assertEqual(program.run("list", "models").stdout, program.run("list", "variants").stdout)

    def test_describe(self):
        dense = json.loads(program.run("describe", "models", "dense", "--json").stdout)
        self.assertEqual(dense["properties"]["code"]["default"], 32)
        plain = program.run("describe", "models", "dense").stdout
        for field in dense["properties"]:
            self.assertIn(f"  {field}\n", plain)
        self.assertIn("reconstruction/mse", program.run("describe", "metrics", "reconstruction").stdout)

    def test_describe_says_fields_in_their_order_and_those_within(self):
        dense = list(json.loads(program.run("describe", "models", "dense", "--json").stdout)["properties"])
        self.assertEqual(dense[:2], ["code", "corruption"])
        self.assertLess(dense.index("hidden"), dense.index("activation"))
        layers = program.run("describe", "backbones", "convolutional").stdout
        self.assertRegex(layers, r"\n  encoder\n(      .*\n)+?      kernel\n          height and width of a convolution's kernel")
        self.assertRegex(
            program.run("describe", "models", "stacked").stdout, r"\n  network\n(      .*\n)+?      hidden\n"
        )
        parts = program.run("describe", "models", "denoising").stdout
        self.assertIn('corruption   {"kind": "masking", "level": 0.25}', parts)

    def test_describe_finds_kinds_by_their_names_alone(self):
        both = program.run("describe", "contractive").stdout
        self.assertEqual(
            both, "".join(program.run("describe", kinds, "contractive").stdout for kinds in ("variants", "penalties"))
        )
        schemas = json.loads(program.run("describe", "contractive", "--json").stdout)
        self.assertEqual(list(schemas), ["variants", "penalties"])

    def test_describe_says_what_run_files_hold(self):
        whole = program.run("describe", "run").stdout
        for key in "name", "data", "model", "training", "callbacks", "evaluation":
            self.assertIn(f"\n  {key}\n", whole)
        self.assertIn("\n  batch_size\n", program.run("describe", "training").stdout)
        self.assertIn("\n  validation\n", program.run("describe", "data").stdout)
        self.assertIn("\n  enabled\n", program.run("describe", "callbacks").stdout)
        self.assertRegex(
            program.run("describe", "training.epochs").stdout, r'^"training.epochs" of a run file: [^;]*;\s+integer, at\s+least 1'
        )
        self.assertIn("\n  momentum\n", program.run("describe", "optimizers", "sgd").stdout)
        schema = json.loads(program.run("describe", "training", "--json").stdout)
        self.assertEqual(schema["properties"]["epochs"]["default"], 10)

    def test_schema(self):
        self.assertEqual(
            json.loads(program.run("schema").stdout), json.loads(program.run("schema", "run").stdout)
        )

    def test_doctor(self):
        report = json.loads(program.run("doctor", "--json").stdout)
        self.assertEqual((report["data"]["digits"]["rows"], report["data"]["digits"]["shape"]), (1797, "1x8x8"))
        self.assertIn(report["libtorch"], program.run("doctor").stdout)


class RunsOutput(program.TestCase):
    def run_small(self, *arguments, **options):
        file = program.write_json(self.folder / "run.json", small_run())
        return program.run("run", file, "--output", self.output, *arguments, **options)

    def test_streams(self):
        result = self.run_small()
        self.assertEqual(result.code, 0, result.stderr)
        *metrics, folder = result.stdout.splitlines()
        self.assertEqual(folder, str(self.output / "small/1"))
        self.assertTrue(all(re.fullmatch(r"reconstruction/\w+ +\S+", line) for line in metrics), metrics)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], r"^epoch 1/2  train/loss \S+  .*validation/loss \S+.*  best  [\d.]+ m?s$")
        self.assertFalse(
            re.search(r"[\x00-\x09\x0b-\x1f]", result.stderr + result.stdout), "control characters"
        )

    def test_quiet(self):
        self.assertEqual(self.run_small("--quiet").stderr, "")

    def test_json(self):
        result = self.run_small("--json")
        self.assertEqual(result.stdout.count("\n"), 1)
        printed = json.loads(result.stdout)
        self.assertEqual(list(printed), ["folder", "metrics", "status"])
        self.assertEqual((printed["folder"], printed["status"]), (str(self.output / "small/1"), "completed"))
        folder = self.output / "small/1"
        self.assertEqual(printed["metrics"], program.read_json(folder / "evaluation.json")["metrics"])
        evaluated = program.run("evaluate", folder, "--json")
        self.assertEqual(json.loads(evaluated.stdout), printed["metrics"])
        resumed = program.run("resume", folder, "--json")
        self.assertEqual(json.loads(resumed.stdout), printed)

    def test_default_output_is_below_the_current_folder(self):
        file = program.write_json(self.folder / "run.json", small_run())
        result = program.run("run", file, "--quiet", cwd=self.folder)
        self.assertEqual(result.stdout.splitlines()[-1], "runs/small/1")
        self.assertTrue((self.folder / "runs/small/1/config.json").exists())

    def test_a_terminal_shows_a_live_bar(self):
        ours, terminal = pty.openpty()
        file = program.write_json(self.folder / "run.json", small_run())
        process = program.start(
            "run", file, "--output", self.output, stdout=-3, stderr=terminal, env=program.environment(TERM="xterm")
        )
        os.close(terminal)
        shown = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                got = os.read(ours, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not got:
                break
            shown += got
        os.close(ours)
        self.assertEqual(process.wait(60), 0)
        text = shown.decode()
        self.assertRegex(text, r"epoch 1/2 \[[#.]+\]  \d+/\d+  loss \S+  \S+ steps/s  .* left")
        self.assertEqual(
            set(re.findall(r"\x1b\[\d*[A-Za-z]", text)), {"\x1b[K"}
        )  # clears the line; no colors
        lines = re.sub(r"[^\n]*\r\x1b\[K", "", text.replace("\r\n", "\n")).splitlines()
        self.assertEqual([line.split()[1] for line in lines if line], ["1/2", "2/2"])


class Evaluate(program.TestCase):
    def test_errors(self):
        folder = self.train(small_run())
        (self.folder / "x.csv").write_text("a,b\n1,\n")
        before = sorted(str(path) for path in folder.rglob("*"))
        for arguments, said in (
            (["--part", "tests"], 'part: must be one of train, validation, test, not "tests": write "test"'),
            (["--checkpoint", "first"], "checkpoint:"),
            (["--metrics", "acuracy"], '--metrics[0]: unknown metric "acuracy". Did you mean "accuracy"?'),
            (["--metrics", 'accuracy,{"kind": "probe", "rows": 0}'], "--metrics[1].rows: must be at least 1"),
            (["--metrics", '{"kind": "probe"'], "--metrics:1:16: the file ends before an object is closed"),
            (["--data", "digit"], 'data: unknown data source "digit". Did you mean "digits"?'),
            (["--data", "mnist"], "the samples have shape [1, 28, 28], the model was trained on [1, 8, 8]"),
            (["--data", '{"source": "digits", "validatio": 3}'], "--data.validatio: unknown key"),
            (["--data", '{"source": "npy", "files": "none.npy"}'], "--data.files: there is no file none.npy"),
            (["--data", '{"source": "joined", "sources": ["digits", {"source": "npy", "files": "none.npy"}]}'],
             "--data.sources[1].files: there is no file none.npy"),
            (["--data", json.dumps({"source": "csv", "files": str(self.folder / "x.csv")})],
             f"--data: {self.folder / 'x.csv'}:2: column 1 (\"b\"): the value is missing"),
            (["--data", '{"source": "digits", "validation": 5000}', "--part", "validation"], "--data.validation: asks for 5000 rows"),
        ):
            with self.subTest(arguments):
                self.assert_refused(program.run("evaluate", folder, *arguments), said)
        self.assert_refused(program.run("evaluate", self.folder), f"{self.folder}: is not a run folder")
        self.assertEqual(sorted(str(path) for path in folder.rglob("*")), before)

    def test_parts_and_metrics(self):
        folder = self.train(small_run())
        trained = json.loads(program.run("evaluate", folder, "--part", "train", "--json").stdout)
        recorded = program.read_json(folder / "evaluation.json")["metrics"]
        self.assertEqual(trained.keys(), recorded.keys())
        self.assertNotEqual(trained, recorded)
        chosen = json.loads(
            program.run("evaluate", folder, "--metrics", "reconstruction,accuracy", "--json").stdout
        )
        self.assertEqual({name: chosen[name] for name in recorded}, recorded)
        self.assertIn("accuracy/keras_binary/ceiling", chosen)
        jacobian = '{"kind": "jacobian", "rows": 3, "spectrum": 1}'
        for metrics in f"reconstruction, {jacobian}", f'["reconstruction", {jacobian}]':
            result = program.run("evaluate", folder, "--metrics", metrics, "--json")
            self.assertIn("jacobian/singular_value_1", json.loads(result.stdout))
            self.assertNotIn("jacobian/singular_value_2", json.loads(result.stdout))

    def test_not_applicable(self):
        config = small_run(
            data={"source": "digits", "transforms": ["standardize"]},
            model={"variant": "dense", "likelihood": "gaussian"},
        )
        folder = self.train(config)
        metrics = program.read_json(folder / "evaluation.json")["metrics"]
        self.assertEqual(metrics["reconstruction/bce_per_pixel"], "not applicable")
        self.assertIn("bce_per_pixel       not applicable", program.run("evaluate", folder).stdout)


class Failures(program.TestCase):
    def test_a_loss_that_is_not_finite(self):
        config = small_run(
            model={"variant": "dense", "likelihood": "gaussian"},
            training={"epochs": 2, "optimizer": {"kind": "sgd", "learning_rate": 1e30}},
        )
        file = program.write_json(self.folder / "run.json", config)
        result = program.run("run", file, "--output", self.output)
        self.assertEqual((result.code, result.stdout), (1, ""))
        self.assertRegex(
            result.stderr,
            r'^aelab: the loss term "reconstruction" became (inf|nan) in phase "train", epoch 1, batch \d+ \(step \d+\)',
        )
        status = program.read_json(self.output / "small/1/status.json")
        self.assertEqual(status["status"], "diverged")
        self.assertIn("reconstruction", status["message"])


if __name__ == "__main__":
    program.main()
