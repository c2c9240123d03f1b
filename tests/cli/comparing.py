"""Comparison files of moments, and running them."""

import json

import program
from program import write_json

DENSE = {"model": {"variant": "dense", "code": 4, "hidden": [16]}}
PCA = {"model": {"variant": "pca", "code": 4}}
DENOISING = {"model": {"variant": "denoising", "code": 4, "backbone": {"kind": "dense", "hidden": [16]}}}


def comparison(**changes):
    """A comparison of moments, its top-level keys replaced by `changes`; None removes one."""
    config = {
        "name": "small",
        "base": {"data": {"source": "digits", "train": 400, "validation": 100}, "evaluation": ["reconstruction"]},
        "variants": [{"name": "pca", "set": PCA}, {"name": "dense", "set": DENSE}],
        "seeds": [1, 2],
        "budget": {"steps": 30},
        **changes,
    }
    return {key: value for key, value in config.items() if value is not None}


def without_clocks(value):
    """A comparison.json without what clocks say."""
    value = json.loads(json.dumps(value))
    for variant in value["variants"]:
        variant["costs"].pop("seconds")
        for run in variant["runs"]:
            run.pop("seconds", None)
    for measure in value["measures"]:
        for row in measure["rows"]:
            row["pareto_optimal"].pop("seconds", None)
    return value


class Comparing(program.TestCase):
    def compare(self, config, *arguments):
        file = write_json(self.folder / "comparison.json", config)
        return program.run("compare", file, "--output", self.output, *arguments)

    def compared(self, config, *arguments):
        result = self.compare(config, *arguments)
        self.assertEqual(result.code, 0, result.stderr)
        return self.output / config["name"]
