"""The run files in experiments/ keep to `aelab schema`, as an editor sees it; broken ones do not."""

import copy
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import program

try:
    from jsonschema import Draft7Validator
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

GOOD = {
    "$schema": "aelab-run.schema.json",
    "format": 1,
    "name": "good",
    "seed": 1,
    "data": {"source": "digits", "validation": 0.1, "transforms": ["binarize", {"kind": "scale", "to": [0, 1]}]},
    "model": {
        "variant": "dense",
        "code": 8,
        "hidden": [32, 16],
        "penalties": [{"kind": "l1", "weight": 0.1}],
        "likelihood": "bernoulli",
    },
    "training": {
        "epochs": 2,
        "optimizer": {"kind": "adam", "learning_rate": {"kind": "cosine", "from": 0.01}},
    },
    "callbacks": ["pictures", {"kind": "early-stopping", "patience": 2, "enabled": True}],
    "evaluation": ["reconstruction", {"kind": "accuracy"}],
    "output": "elsewhere",
}
ALSO_GOOD = (
    {},
    {"data": "digits", "model": "dense", "training": {"optimizer": "sgd"}},
    {"training": {"optimizer": {"learning_rate": {"value": 0.1}}}},
    {"model": {"variant": "denoising", "backbone": {"hidden": [9]}, "corruption": {"level": 0.1}}},
    {"model": {"variant": "convolutional", "decoder": [], "encoder": [{"conv": 3}, {"crop": [7, 7]}]}},
    {
        "data": {"source": "idx", "train_images": "x.gz"},
        "model": {
            "variant": "convolutional",
            "encoder": [{"conv": 4}, {"pool": "max", "ceil": True}],
            "decoder": [{"upsample": 2}],
        },
    },
)
BROKEN = {  # path, with numbers for lists' entries -> a value that must not stand there
    "modle": {},
    "name": 3,
    "seed": 1.5,
    "format": 2,
    "data": 3,
    "data.source": "digit",
    "data.validation": -1,
    "data.train": 0,
    "data.folder": 7,
    "data.train_images": "of another source",
    "data.transforms.1.to": "log",
    "model": {"code": 8},
    "model.variant": "dens",
    "model.cod": 8,
    "model.code": 0,
    "model.encoder": [],
    "model.hidden": 32,
    "model.hidden.0": "32",
    "model.penalties.0.kind": "l3",
    "model.penalties.0.rate": 1,
    "model.likelihood": {"mean": "sigmoid"},
    "training.epochs": "2",
    "training.device": "gpu",
    "training.threads": 2000,
    "training.optimizer.momentum": 0.9,
    "training.optimizer": {"momentum": 0.9},
    "training.optimizer.beta1": 1,
    "training.optimizer.learning_rate": {"from": 1},
    "training.optimizer.learning_rate.value": 1,
    "callbacks": {"kind": "pictures"},
    "callbacks.0": "picture",
    "callbacks.1.patience": 0,
    "callbacks.1.enabled": "yes",
    "callbacks.1.every": 3,
    "evaluation.1.kind": "acuracy",
    "output": None,
}


def broken(path, value):
    file = copy.deepcopy(GOOD)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    at = file
    for key in parents:
        at = at[key]
    at[last] = value
    return file


class Schema(program.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(program.run("schema", "run").stdout)
        cls.validator = Draft7Validator(cls.schema)
        cls.comparisons = Draft7Validator(json.loads(program.run("schema", "comparison").stdout))

    def test_is_a_schema_of_draft_07(self):
        self.assertEqual(self.schema["$schema"], "http://json-schema.org/draft-07/schema#")
        Draft7Validator.check_schema(self.schema)

    def test_every_field_is_described(self):
        for name, field in self.schema["properties"].items():
            self.assertTrue(field["description"], name)

    def test_run_files_of_experiments(self):
        files = sorted((program.SOURCE / "experiments").rglob("*.json"))
        self.assertGreaterEqual(len(files), 3)
        for file in files:
            if (file.parent / "CMakeLists.txt").exists():
                continue  # of a program with kinds of its own
            with self.subTest(file.name):
                value = program.read_json(file)
                validator = self.comparisons if "seeds" in value else self.validator
                self.assertEqual([error.message for error in validator.iter_errors(value)], [])

    def test_comparison_files(self):
        good = {
            "base": {"data": "digits", "training": {"epochs": 2}},
            "variants": [{"name": "dense", "set": {"model": {"variant": "dense", "code": 4}}, "shares": [1]}],
            "grid": {"model.code": [4, 8]},
            "list": [{"training.batch_size": 32}],
            "seeds": [1, 2],
            "budget": {"epochs": 3, "parameters": 1000},
        }
        self.assertEqual([error.message for error in self.comparisons.iter_errors(good)], [])
        for key, value in (
            ("base", {"dat": "digits"}),
            ("base", {"training": {"epochs": 0}}),
            ("variants", {}),
            ("variants", [{"nam": "x"}]),
            ("grid", []),
            ("list", {}),
            ("seeds", [1.5]),
            ("budget", {"hours": 3}),
            ("thread", 3),
        ):
            with self.subTest(key):
                self.assertFalse(self.comparisons.is_valid({**good, key: value}))

    def test_good_ones(self):
        for file in (GOOD, *ALSO_GOOD):
            self.assertEqual([error.message for error in self.validator.iter_errors(file)], [])

    def test_broken_ones(self):
        for path, value in BROKEN.items():
            with self.subTest(path):
                self.assertFalse(self.validator.is_valid(broken(path, value)))

    def test_recorded_configs(self):
        """A run folder's config.json is a run file too; and the program agrees with the schema."""
        config = {**GOOD, "training": {**GOOD["training"], "epochs": 1}}
        recorded = program.read_json(self.train(config) / "config.json")
        self.assertEqual([error.message for error in self.validator.iter_errors(recorded)], [])

    def test_the_program_refuses_what_the_schema_refuses(self):
        for path in (
            "data.train_images",
            "model.penalties.0.rate",
            "callbacks.1.every",
            "training.optimizer.learning_rate.value",
        ):
            with self.subTest(path):
                file = program.write_json(self.folder / "run.json", broken(path, BROKEN[path]))
                dotted = "".join(
                    f"[{key}]" if key.isdigit() else f".{key}" for key in path.split(".")
                ).lstrip(".")
                self.assert_refused(
                    program.run("run", file, "--output", self.output), f"{dotted}: unknown key"
                )


if __name__ == "__main__":
    program.main()
