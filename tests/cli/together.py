"""A run file of models that are trained together, and how their folders are compared with those of runs alone."""

import program

# Ragged batches, a validation split, accumulated batches; one stops early, one has other epochs.
EVERY_STEP = {"kind": "checkpoint", "seconds": 0}
FILE = {
    "name": "dictionaries",
    "seed": 3,
    "data": {"source": "digits", "validation": 100, "train": 300, "test": 100, "transforms": ["flatten", {"kind": "scale-norm"}]},
    "training": {"epochs": 3, "batch_size": 64, "optimizer": {"kind": "adam", "learning_rate": 0.01}},
    "callbacks": [EVERY_STEP],
    "evaluation": ["reconstruction", "dictionary"],
    "train": [
        {"name": "top-k", "model": {"variant": "top-k", "code": 48, "k": 4, "aux_k": {"dead_after": 200}}},
        {
            "name": "batch-top-k",
            "model": {"variant": "batch-top-k", "code": 32, "k": 5, "aux_k": {"dead_after": 200}},
            "training": {"epochs": 6},
            "callbacks": [EVERY_STEP, {"kind": "early-stopping", "patience": 1, "min_delta": 4}],
        },
        {"name": "dense", "model": {"variant": "dense", "code": 8, "hidden": [20], "likelihood": "gaussian"}, "training": {"epochs": 2}},
    ],
}
LONG = {  # seconds of training
    "training": {**FILE["training"], "epochs": 60},
    "train": [
        FILE["train"][0],
        {**FILE["train"][1], "training": {"epochs": 80}},
        {**FILE["train"][2], "training": {"epochs": 40}},
    ],
}
DENSE = {**FILE["train"][2], "callbacks": [EVERY_STEP]}
CLOCKS = ("environment.json", "config.json", "report.html", "throughput.csv")


def contents(folder):
    return {
        str(path.relative_to(folder)): program.without_clocks(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in CLOCKS and path.suffix != ".tmp"
    }


class Together(program.TestCase):
    def file(self, **changes):
        return program.write_json(self.folder / "together.json", {**FILE, **changes})

    def run_file(self, file, *arguments, command="run"):
        return program.run(command, file, *(["--output", self.output] if command == "run" else []), *arguments)

    def trained(self, *arguments, **changes):
        """The folder of models that are trained together, which must succeed."""
        result = self.run_file(self.file(**changes), "--quiet", *arguments)
        self.assertEqual(result.code, 0, result.stderr)
        return self.output / FILE["name"] / result.stdout.splitlines()[-1].rsplit("/", 1)[-1]

    def alone(self, config):
        """A folder of a run of a config.json, as it is."""
        file = program.write_json(self.folder / "alone.json", config)
        result = program.run("run", file, "--quiet")
        self.assertEqual(result.code, 0, result.stderr)
        return self.folder / result.stdout.splitlines()[-1]

    def assert_same(self, found, wanted):
        found, wanted = contents(found), contents(wanted)
        self.assertEqual(found.keys(), wanted.keys())
        for name in found:
            self.assertTrue(found[name] == wanted[name], f"{name} differs")

    def assert_as_alone(self, folder):
        """Each run has the bits of a run of its config.json."""
        for entry in FILE["train"]:
            with self.subTest(entry["name"]):
                run = folder / entry["name"]
                self.assert_same(run, self.alone(program.read_json(run / "config.json")))
