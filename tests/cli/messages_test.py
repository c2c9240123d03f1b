"""What the program says, to whom, and with which exit code."""

import concurrent.futures
import json
import os
import pty
import re
import select

import program
from program import small_run

COMMANDS = ("run", "resume", "evaluate", "list", "describe", "schema", "doctor")


def model(**fields):
    return small_run(model={"variant": "dense", **fields})


def convolutional(encoder, decoder, **fields):
    return small_run(model={"variant": "convolutional", "encoder": encoder, "decoder": decoder, **fields})


def data(**fields):
    return small_run(data={"source": "digits", **fields})


def training(**fields):
    return small_run(training=fields)


def optimizer(**fields):
    return training(optimizer=fields)


def callbacks(*listed):
    return small_run(callbacks=list(listed))


LONG = {"kind": "linear", "from": 0, "to": 1, "over": 1e6}
KERNEL_9 = {"encoder": [{"conv": 2, "kernel": 9, "padding": "valid"}], "decoder": [{"conv": 1}]}
CONV, POOL, UP, OUT = {"conv": 2}, {"pool": "max"}, {"upsample": 2}, {"conv": 1}

# A wrong run file (an object, or text) and what must be said, a line each.
WRONG = {
    "misspelt keys": (
        small_run(model={"variant": "dense", "cod": 8}, trainning={}),
        'model.cod: unknown key. Did you mean "code"?',
        'trainning: unknown key. Did you mean "training"?',
    ),
    "a key of another variant": (model(encoder=[]), "model.encoder: unknown key"),
    "wrong types": (
        training(epochs="3", batch_size=[64]),
        "training.epochs: must be a whole number, not the text",
        "training.batch_size: must be a whole number, not a list",
    ),
    "2.0 is no integer": (
        small_run(seed=2.0, training={"epochs": 2.0}),
        "seed: must be a whole number, not 2.0",
        "training.epochs: must be a whole number, not 2.0",
    ),
    "too small": (
        small_run(training={"epochs": 0}, data={"source": "digits", "validation": -1}),
        "training.epochs: must be at least 1, is 0",
        "data.validation: must be at least 0, is -1",
    ),
    "too large": (
        small_run(training={"threads": 5000}, format=2),
        "training.threads: must be between 1 and 1024, is 5000",
        "format: must be",
    ),
    "a boundary that is excluded": (data(train=0), "data.train: must be above 0, is 0"),
    "half a row": (
        data(validation=10.5, test=2.5),
        "data.validation: must be a whole number of rows",
        "data.test: must be a whole number of rows",
    ),
    "NaN": ('{"seed":\n  NaN}', "wrong.json:2:3:"),
    "infinite": ('{"model": {"code": 1e999}}', "wrong.json:1:24: the number 1e999 is not finite"),
    "numbers for other things": (
        small_run(name=3, model={"variant": "dense", "tied": 1}),
        "name: must be a text, not 3",
        "model.tied: must be true or false, not 1",
    ),
    "a huge integer": (
        '{"seed": 123456789012345678901}',
        "the whole number 123456789012345678901 is too large",
    ),
    "a key twice": ('{"name": "a",\n "name": "b"}', 'wrong.json:2:7: the key "name" appears twice'),
    "a key twice, deeper": ('{"model": {"code": 1, "code": 2}}', 'the key "code" appears twice'),
    "too deep": ('{"model": ' + "[" * 100 + "]" * 100 + "}", "nested deeper than 64 levels"),
    "a comma too many": ('{"name": "a",\n "seed": 1,}', "wrong.json:2:12:"),
    "cut short": ('{"name": "a"', "wrong.json:1:12:"),
    "a comment": ("{ // mine\n}", "wrong.json:1:3:"),
    "two values": ("{} {}", "wrong.json:1:4:"),
    "an empty file": ("", "wrong.json: is empty"),
    "only white space": (" \n ", "wrong.json: is empty"),
    "a binary file": (bytes(range(256)), "wrong.json:1:1:"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "wrong.json:3:1: a zero byte: this is not JSON"),
    "bytes after the end": (json.dumps(small_run()).encode() + b"\0rest", "wrong.json:1:"),
    "another encoding": ('{"name": "é"}'.encode("latin1"), "ill-formed UTF-8"),
    "a list": ([], "must be an object, not a list"),
    "a number": (3, "must be an object, not 3"),
    "nothing": ({}, "data: is missing", "model: is missing"),
    "no data": (small_run(data=None), 'data: is missing: say which, such as {"source": "digits"}'),
    "no model": (small_run(model=None), "model: is missing: say which"),
    "no tags": (
        small_run(model={"code": 3}, data={"validation": 3}),
        'model: lacks "variant": write "variant": "pca",',
        'data: lacks "source": say which data source (mnist,',
    ),
    "tags that are no names": (
        small_run(model={"variant": 3}, data={"source": None}),
        "model.variant: must be the name of a variant, not 3",
        "data.source: must be the name of a data source, not null",
    ),
    "no objects": (
        small_run(model=["dense"], data=3),
        "model: must be an object with",
        "data: must be an object with",
    ),
    "nulls": (
        '{"data": "digits", "model": "dense", "training": null, "callbacks": null}',
        "training: must be an object, not null",
        "callbacks: must be a list, not null",
    ),
    "unknown variant and optimizer": (
        small_run(model="dens", training={"optimizer": "adm"}),
        'model: unknown variant "dens". Did you mean "dense"?',
        'training.optimizer: unknown optimizer "adm". Did you mean "adam"?',
    ),
    "unknown source and callback": (
        small_run(data={"source": "digit"}, callbacks=[{"kind": "early-stoping"}]),
        'data.source: unknown data source "digit". Did you mean "digits"?',
        'callbacks[0].kind: unknown callback "early-stoping". Did you mean "early-stopping"?',
    ),
    "unknown metric and likelihood": (
        small_run(
            evaluation=["reconstruction", "acuracy"], model={"variant": "dense", "likelihood": "bernouli"}
        ),
        'evaluation[1]: unknown metric "acuracy". Did you mean "accuracy"?',
        'model.likelihood: unknown likelihood "bernouli". Did you mean "bernoulli"?',
    ),
    "unknown values of enumerations": (
        small_run(training={"device": "gpu"}, model={"variant": "dense", "activation": "Relu"}),
        "training.device:",
        "model.activation:",
    ),
    "lists of wrong things": (
        model(hidden=[64, 0, "x"]),
        "model.hidden[1]: must be between 1 and 1000000, is 0",
        "model.hidden[2]: must be a whole number",
    ),
    "no lists": (
        small_run(callbacks={"kind": "early-stopping"}, evaluation="reconstruction"),
        "callbacks: must be a list, not an object",
        'evaluation: must be a list, not the text "reconstruction"',
    ),
    "callbacks' fields": (
        callbacks(
            {"kind": "early-stopping", "patience": 0},
            {"kind": "pictures", "evry": 2},
            {"kind": "log", "enabled": 0},
        ),
        "callbacks[0].patience: must be at least 1, is 0",
        'callbacks[1].evry: unknown key. Did you mean "every"?',
        "callbacks[2].enabled: must be true or false, not 0",
    ),
    "a callback without kind": (callbacks({"enabled": False}), 'callbacks[0]: lacks "kind"'),
    "an early stopping of the checkpoint's": (
        callbacks({"kind": "checkpoint", "seconds": -1, "patience": 3}),
        "callbacks[0].seconds: must be at least 0",
        "callbacks[0].patience: unknown key",
    ),
    "learning rates": (
        optimizer(kind="adam", learning_rate="fast", beta1=1),
        'training.optimizer.learning_rate: must be a number or a schedule, not "fast". Known: constant,',
        "training.optimizer.beta1: must be between",
    ),
    "schedules": (
        optimizer(kind="sgd", learning_rate={"from": 1}, nesterov=True),
        'training.optimizer.learning_rate: lacks "kind": write "kind": "linear", "exponential" or "cosine"',
        "training.optimizer.nesterov: needs a momentum above 0",
    ),
    "a field of another optimizer": (
        optimizer(kind="adam", momentum=0.9),
        "training.optimizer.momentum: unknown key",
    ),
    "bad names": (
        small_run(name="../x", output=3),
        "name: must be made of at most 100 letters",
        "output: must be a text, not 3",
    ),
    "an empty name": (small_run(name=""), "name: must be made of at most 100 letters"),
    "a hidden name": (small_run(name=".x"), "name: must be made of at most 100 letters"),
    "one penalty twice": (
        model(penalties=[{"kind": "l1"}, {"kind": "l1"}, {"weight": 3}]),
        "model.penalties[1]: is of the same kind as",
        'model.penalties[2]: lacks "kind"',
    ),
    "bernoulli on standardized data": (
        small_run(
            data={"source": "digits", "transforms": ["standardize"]},
            model={"variant": "dense", "code": 8, "likelihood": "bernoulli"},
        ),
        "model.likelihood: bernoulli is for values between 0 and 1",
    ),
    "layers that do not lead back": (
        convolutional([CONV, POOL], [OUT]),
        "model.decoder: its output is 1x4x4, but the data are 1x8x8",
    ),
    "more channels than the data": (
        convolutional([CONV, POOL], [UP, CONV]),
        "its output is 2x8x8, but the data are 1x8x8",
    ),
    "a kernel larger than its input": (
        convolutional([{"conv": 2, "kernel": 9, "padding": "valid"}], [OUT]),
        "model.encoder[0]: its kernel of 9 is larger",
    ),
    "such a kernel in a backbone": (
        small_run(model={"variant": "denoising", "backbone": {**KERNEL_9, "kind": "convolutional"}}),
        "model.backbone.encoder[0]: its kernel of 9 is larger",
    ),
    "such a kernel in a stack": (
        small_run(model={"variant": "stacked", "layers": [{**KERNEL_9, "variant": "convolutional"}]}),
        "model.layers[0].encoder[0]: its kernel of 9 is larger",
    ),
    "convolutions on codes": (
        small_run(
            model={"variant": "stacked", "layers": [{"variant": "dense", "code": 9}, "convolutional"]}
        ),
        "model.layers[1]: convolutions need images",
    ),
    "more kept than there are": (
        small_run(model={"variant": "sparse", "sparsity": "k-sparse", "code": 8, "k": 9, "test_k": 10}),
        "model.k: 9 is more than the 8 dimensions",
        "model.test_k: 10 is more than the 8 dimensions",
    ),
    "more kept by a bottleneck": (
        model(code=8, bottleneck={"kind": "k-sparse", "k": 4, "test_k": 9}),
        "model.bottleneck.test_k: 9 is more than the 8 dimensions",
    ),
    "sparsity of codes that are no probabilities": (
        small_run(model={"variant": "sparse", "bottleneck": {"kind": "deterministic", "activation": "relu"}}),
        "model.bottleneck: kl-sparsity compares activations with a probability",
    ),
    "values of schedules": (
        small_run(
            model={
                "variant": "contractive",
                "weight": "cosin",
                "hessian_weight": {"kind": "linear", "from": 1, "to": -2},
                "corruption": {"kind": "masking", "level": 1.5},
                "penalties": [{"kind": "l1", "weight": True}],
            }
        ),
        'model.weight: must be a number or a schedule, not "cosin". Did you mean "cosine"?',
        "model.hessian_weight: must stay at least 0, reaches -0.",
        "model.corruption.level: must stay between 0 and 1, is 1.5",
        'model.penalties[0].weight: must be a number, an object with "kind" or the name of a schedule, not true',
    ),
    "a schedule longer than its phase": (
        small_run(
            model={"variant": "sparse", "weight": LONG}
        ),
        "model.weight: the linear schedule takes 1000000 steps",
    ),
    "a layer's schedule longer than its phase": (
        small_run(model={"variant": "stacked", "layers": [{"variant": "contractive", "weight": LONG}]}),
        "model.layers[0].weight: the linear schedule takes 1000000 steps",
    ),
    "a wrong model and wrong callbacks": (
        small_run(
            model={"variant": "sparse", "sparsity": "k-sparse", "code": 8, "k": 9},
            callbacks=[
                {"kind": "early-stopping", "monitor": "validation/reconstuction"},
                {"kind": "plateau", "monitor": "validation/contractive"},
                {"kind": "plateau"},
            ],
        ),
        "model.k: 9 is more than the 8 dimensions",
        'callbacks[0].monitor: no metric "validation/reconstuction" to monitor. Did you mean "validation/rec',
        'callbacks[2]: saves its state as "plateau", as callbacks[1] does',
    ),
    "two layers in one": (
        convolutional([{"conv": 2, "pool": "max"}], [{}]),
        'model.encoder[0]: must have exactly one of "conv", "pool", "upsample" and "crop"',
        "model.decoder[0]: must have exactly one of",
    ),
    "fields of other layers": (
        convolutional([{"conv": 2, "size": 2}, {"pool": "max", "kernel": 3}], [{"conv": 1, "kernel": 4}]),
        "model.encoder[0].size: unknown key",
        "model.encoder[1].kernel: unknown key",
        'model.decoder[0].kernel: must be odd with "same" padding',
    ),
    "no layers": (
        convolutional([], []),
        "model.encoder: must have at least one layer",
    ),
    "code with convolutional": (
        convolutional([CONV, POOL], [UP, OUT], code=8),
        "model.code: the shape of a convolutional code follows from the encoder's layers: 2x4x4",
    ),
    "too large a validation part": (
        data(validation=5000),
        "data.validation: asks for 5000 rows, but only 1438 are left",
    ),
    "nothing left to train on": (data(validation=1438), "data.validation: leaves no rows to train on"),
    "too large a test part": (data(test=2000), "data.test: asks for 2000 rows"),
    "an unknown monitor": (
        callbacks("pictures", {"kind": "early-stopping", "monitor": "validation/los"}),
        'callbacks[1].monitor: no metric "validation/los" to monitor. Did you mean "validation/loss"?',
    ),
    "a monitor without validation": (
        small_run(
            data={"source": "digits", "validation": 0},
            callbacks=[{"kind": "checkpoint", "monitor": "validation/loss"}],
        ),
        'callbacks[0].monitor: no metric "validation/loss" to monitor',
    ),
    "two early stoppings": (
        callbacks("early-stopping", "pictures", "early-stopping"),
        'callbacks[2]: saves its state as "early-stopping", as callbacks[0] does',
    ),
    "missing data files": (
        small_run(data={"source": "mnist", "folder": "/nowhere"}),
        "data.folder: mnist needs train-images-idx3-ubyte",
    ),
    "no IDX file named": (
        small_run(data={"source": "idx", "test_label_files": "y"}),
        "data.files: is missing",
        "data.test_label_files: needs test_files",
    ),
    "an IDX file that is missing": (
        small_run(data={"source": "idx", "files": "/nowhere/x"}),
        "data.files: there is no file /nowhere/x",
    ),
    "an IDX file that is none": (
        small_run(data={"source": "idx", "files": str(program.SOURCE / "README.md")}),
        "README.md: byte 0: this is not an IDX file",
    ),
    "an IDX file of labels": (
        small_run(
            data={
                "source": "idx",
                "files": str(program.SOURCE / "data/mnist/t10k-labels-idx1-ubyte.gz"),
            }
        ),
        "holds an array of one dimension",
    ),
    "another expansion": (
        model(code=8, expanded={"code": 9}),
        'model.expanded: is not what the variant "dense" expands to',
    ),
}


class WrongRunFiles(program.TestCase):
    def refused(self, name):
        file, *expected = WRONG[name]
        content = file if isinstance(file, (str, bytes)) else json.dumps(file)
        folder = self.folder / re.sub(r"\W+", "-", name)
        folder.mkdir()
        path = folder / "wrong.json"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return program.run("run", path, "--output", folder / "output", cwd=folder), folder, expected

    def test_every_error_is_reported_with_its_path_and_nothing_is_created(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, outcome in zip(WRONG, pool.map(self.refused, WRONG)):
                with self.subTest(name):
                    result, folder, expected = outcome
                    self.assert_refused(result, *expected)
                    self.assertEqual([path.name for path in folder.iterdir()], ["wrong.json"])

    def test_cuda_where_there_is_none(self):
        if json.loads(program.run("doctor", "--json").stdout)["cuda"]:
            self.skipTest("this LibTorch has CUDA")
        file = program.write_json(self.folder / "run.json", training(device="cuda"))
        self.assert_refused(
            program.run("run", file, cwd=self.folder), "training.device: this LibTorch has no CUDA device"
        )
        self.assertFalse((self.folder / "runs").exists())

    def test_what_cannot_be_read(self):
        missing = self.folder / "none.json"
        self.assert_refused(program.run("run", missing), f"cannot read {missing}: No such file")
        self.assert_refused(program.run("run", self.folder), f"cannot read {self.folder}: it is a folder")

    def test_an_output_that_cannot_be_created(self):
        file = program.write_json(self.folder / "run.json", small_run())
        self.assert_refused(
            program.run("run", file, "--output", file), f"cannot create a folder in {file}/small"
        )


class Arguments(program.TestCase):
    def test_unknown_commands_and_options(self):
        self.assert_refused(
            program.run("resum", "x"), 'unknown command "resum". Did you mean "resume"? See aelab --help'
        )
        self.assert_refused(
            program.run("train", "x.json"), 'unknown command "train". Known: run, resume, evaluate'
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
            (["evaluate", folder, "--data", "wine.csv"], '--data: "wine.csv" is a file'),
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
                self.assertIn(f"  {kind['name']} ", plain)
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
        )  # clears the line; no colours
        lines = re.sub(r"[^\n]*\r\x1b\[K", "", text.replace("\r\n", "\n")).splitlines()
        self.assertEqual([line.split()[1] for line in lines if line], ["1/2", "2/2"])


class Evaluate(program.TestCase):
    def test_errors(self):
        folder = self.train(small_run())
        before = sorted(str(path) for path in folder.rglob("*"))
        for arguments, said in (
            (["--part", "tests"], 'part: must be one of train, validation, test, not the text "tests"'),
            (["--checkpoint", "first"], "checkpoint:"),
            (["--metrics", "acuracy"], '--metrics[0]: unknown metric "acuracy". Did you mean "accuracy"?'),
            (["--metrics", 'accuracy,{"kind": "probe", "rows": 0}'], "--metrics[1].rows: must be at least 1"),
            (["--metrics", '{"kind": "probe"'], "--metrics:1:16: syntax error"),
            (["--data", "digit"], 'data: unknown data source "digit". Did you mean "digits"?'),
            (["--data", "mnist"], "but the model's input is 1x8x8"),
            (["--data", '{"source": "digits", "validatio": 3}'], "data.validatio: unknown key"),
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
        self.assertEqual(status["status"], "failed")
        self.assertIn("reconstruction", status["message"])


if __name__ == "__main__":
    program.main()
