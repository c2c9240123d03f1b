"""The likelihood that is left out fits the data, whatever seed and split; one that does not fit is refused with advice
that works: each piece of advice is followed here, to the letter."""

import csv
import json
import random
import re
import unittest

import program
from program import small_run

VARIANTS = {
    "dense": {"variant": "dense", "code": 3},
    "sparse": {"variant": "sparse", "code": 3},
    "denoising": {"variant": "denoising", "code": 3},
    "contractive": {"variant": "contractive", "code": 3},
    "stacked": {"variant": "stacked", "layers": [{"variant": "dense", "code": 4}, {"variant": "dense", "code": 2}]},
}
COMPLETE = {"linear": {"variant": "linear", "code": 2}, "pca": {"variant": "pca", "code": 2}}


class LikelihoodTest(program.TestCase):
    def table(self, name, rows):
        path = self.folder / name
        with open(path, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([f"x{i}" for i in range(len(rows[0]))])
            writer.writerows(rows)
        return str(path)

    def rows(self, count=60, low=-1000.0, high=3000.0, seed=0):
        numbers = random.Random(seed)
        return [[round(numbers.uniform(low, high), 3) for _ in range(4)] for _ in range(count)]

    def config(self, data, model, **changes):
        return small_run(data={"validation": 10, **data}, model=model, training={"epochs": 1}, **changes)

    def likelihood(self, data, model, **changes):
        folder = self.train(self.config(data, model, **changes), "--quiet")
        return program.read_json(folder / "config.json")["model"]["expanded"]["likelihood"]["kind"]

    def attempt(self, data, model, **changes):
        file = program.write_json(self.folder / "refused.json", self.config(data, model, **changes))
        return program.run("run", file, "--output", self.output, "--quiet")


class Default(LikelihoodTest):
    def test_it_follows_from_the_sources_values_and_the_transforms(self):
        raw = {"source": "csv", "files": self.table("raw.csv", self.rows())}
        unit = {"source": "csv", "files": self.table("unit.csv", self.rows(low=0.0, high=1.0))}
        clipped = {"kind": "scale", "clip": True}
        from_limits = {"kind": "scale", "from": [-1000, 3000]}
        for data, transforms, expected in (
            (raw, [], "gaussian"),
            (raw, ["standardize"], "gaussian"),
            (raw, ["scale"], "gaussian"),  # a test value may lie outside the training split's range
            (raw, [clipped], "bernoulli"),
            (raw, [from_limits], "bernoulli"),
            (raw, [{"kind": "binarize", "threshold": 0}], "bernoulli"),
            (raw, [clipped, "standardize"], "gaussian"),
            (unit, [], "bernoulli"),
            (unit, ["whiten"], "gaussian"),
            (unit, [{"kind": "scale", "from": [0, 0.5]}], "gaussian"),
            ({"source": "digits"}, [], "bernoulli"),
            ({"source": "digits"}, ["flatten"], "bernoulli"),
        ):
            with self.subTest(data=data["source"], transforms=transforms):
                self.assertEqual(self.likelihood({**data, "transforms": transforms}, VARIANTS["dense"]), expected)

    def test_every_variant_runs_on_a_raw_table_and_has_the_same(self):
        raw = {"source": "csv", "files": self.table("raw.csv", self.rows())}
        for name, model in {**VARIANTS, **COMPLETE}.items():
            with self.subTest(name):
                self.assertEqual(self.likelihood(raw, model, name=name), "gaussian")
        for name, model in COMPLETE.items():  # these demand theirs
            self.assertEqual(self.likelihood({"source": "digits"}, model, name=name), "gaussian")

    def test_neither_seed_nor_split_changes_it(self):
        """One value of one row is outside: the rule must see it, in whichever split it lies."""
        rows = self.rows(low=0.0, high=1.0)
        rows[7][2] = 1.5
        inside = self.rows(low=0.0, high=1.0, seed=1)
        whole = {"source": "csv", "files": self.table("one.csv", rows)}
        for seed in range(4):
            self.assertEqual(self.likelihood(whole, VARIANTS["dense"], seed=seed), "gaussian")
        apart = {"source": "csv", "files": self.table("in.csv", inside), "test_files": whole["files"]}
        self.assertEqual(self.likelihood(apart, VARIANTS["dense"]), "gaussian")
        self.assertEqual(self.likelihood({**apart, "test": 5}, VARIANTS["dense"]), "gaussian")

    def test_it_is_said(self):
        data = {"source": "csv", "files": self.table("raw.csv", self.rows())}
        file = program.write_json(self.folder / "run.json", self.config(data, VARIANTS["dense"]))
        result = program.run("run", file, "--output", self.output, "--plain")
        self.assertEqual(result.code, 0, result.stderr)
        said = 'model.likelihood: "gaussian" by default, since the source has values from -'
        self.assertIn(said, result.stderr)
        self.assertIn(said, (program.pathlib.Path(result.stdout.splitlines()[-1]) / "log.txt").read_text())
        self.assertIn("bernoulli if all values", program.run("describe", "models", "dense").stdout.replace("\n", " "))
        digits = program.write_json(self.folder / "digits.json", self.config({"source": "digits"}, VARIANTS["dense"]))
        self.assertNotIn("likelihood", program.run("run", digits, "--output", self.output, "--plain").stderr)

    def test_a_run_on_record_keeps_what_it_began_with(self):
        """Earlier versions chose bernoulli for any data: what config.json says they expanded to holds."""
        data = {"source": "csv", "files": self.table("raw.csv", self.rows()), "transforms": [{"kind": "scale", "clip": True}]}
        folder = self.train(self.config(data, VARIANTS["dense"]), "--quiet")
        config = program.read_json(folder / "config.json")
        config["data"]["transforms"][0]["clip"] = False
        config["data"]["test"] = 0
        again = program.write_json(self.folder / "again.json", config)
        result = program.run("run", again, "--output", self.output, "--quiet")
        kept = program.pathlib.Path(result.stdout.splitlines()[-1]) if result.code == 0 else None
        if kept is None:  # the validation split may lie outside
            self.assert_refused(result, "model.likelihood: bernoulli is for values between 0 and 1")
        else:
            self.assertEqual(program.read_json(kept / "config.json")["model"]["expanded"]["likelihood"]["kind"], "bernoulli")


class Advice(LikelihoodTest):
    def follow(self, data, model, path):
        """What the refusal says, done: both of its remedies lead to a run."""
        refused = self.attempt(data, model)
        self.assert_refused(refused, "likelihood: bernoulli is for values between 0 and 1, and the ")
        said = re.search(r'; set it to "(\w+)", or add (\{.*?\}) as the last of data\.transforms', refused.stderr)
        self.assertIsNotNone(said, refused.stderr)
        self.assertIn(f" {path}: ", refused.stderr)
        changed = json.loads(json.dumps(model))
        place = changed
        for key in re.findall(r"\w+", path.removeprefix("model"))[:-1]:
            place = place[int(key) if key.isdigit() else key]
        place["likelihood"] = said[1]
        for other_data, other_model in (
            (data, changed),
            ({**data, "transforms": [*data.get("transforms", []), json.loads(said[2])]}, model),
        ):
            result = self.attempt(other_data, other_model)
            self.assertEqual(result.code, 0, result.stderr)

    def explicit(self, name):
        model = json.loads(json.dumps(VARIANTS[name]))
        (model["layers"][0] if name == "stacked" else model)["likelihood"] = "bernoulli"
        return model

    def path(self, name):
        return "model.layers[0].likelihood" if name == "stacked" else "model.likelihood"

    def test_raw_tables_with_every_variant(self):
        data = {"source": "csv", "files": self.table("raw.csv", self.rows())}
        for name in VARIANTS:
            with self.subTest(name):
                self.follow(data, self.explicit(name), self.path(name))

    def test_whatever_the_transforms(self):
        files = self.table("raw.csv", self.rows())
        for transforms in (["standardize"], ["whiten"], [{"kind": "scale", "to": [-1, 1]}],
                           [{"kind": "standardize", "over": "row"}], [{"kind": "scale", "clip": True}, "standardize"]):
            with self.subTest(transforms):
                data = {"source": "csv", "files": files, "transforms": transforms}
                self.follow(data, self.explicit("dense"), "model.likelihood")

    def test_test_values_just_outside_the_scaled_range(self):
        """As wine's: scaled by the training split, a test row lies 6e-6 below 0."""
        train = self.rows(low=0.0, high=100.0)
        test = [[x if x > 0.01 else 0.01 for x in row] for row in self.rows(20, low=0.0, high=100.0, seed=1)]
        test[3][1] = min(row[1] for row in train) - 0.0006
        data = {"source": "csv", "files": self.table("train.csv", train), "test_files": self.table("test.csv", test),
                "validation": 0, "transforms": ["scale"]}
        self.follow(data, self.explicit("dense"), "model.likelihood")

    def test_whitened_patches(self):
        data = {"source": "patches", "from": "digits", "height": 4, "width": 4, "count": 200,
                "transforms": [{"kind": "whiten", "epsilon": 0.1}, "flatten"]}
        self.follow(data, self.explicit("dense"), "model.likelihood")

    def test_bytes_of_arrays(self):
        rows = [[random.Random(i).randrange(256) for _ in range(9)] for i in range(60)]
        self.follow({"source": "csv", "files": self.table("bytes.csv", rows)}, self.explicit("denoising"), "model.likelihood")

    def test_other_data_are_refused_with_advice_of_their_own(self):
        folder = self.train(self.config({"source": "csv", "files": self.table("unit.csv", self.rows(low=0.0, high=1.0))},
                                        VARIANTS["dense"]), "--quiet")
        other = json.dumps({"source": "csv", "files": self.table("raw.csv", self.rows())})
        result = program.run("evaluate", folder, "--data", other)
        self.assert_refused(result, "--data: values from -")
        self.assertIn("use aelab apply, which takes any values", result.stderr)
        self.assertEqual(program.run("apply", folder, "--data", other).code, 0)


if __name__ == "__main__":
    program.main()
