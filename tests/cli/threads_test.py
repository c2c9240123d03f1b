#!/usr/bin/env python3
"""Environments that grant fewer OpenMP threads than were asked for: results stay right, and what is used is said.
oneDNN's operator computes garbage when a team is smaller than it asked for, so every run here uses it."""

import json
import unittest

import program

ENVIRONMENTS = {
    "a limit": {"OMP_THREAD_LIMIT": "1"},
    "dynamic teams": {"OMP_DYNAMIC": "true"},
    "no active level": {"OMP_MAX_ACTIVE_LEVELS": "0"},
}


class FewerThreads(program.TestCase):
    CONFIG = program.small_run(
        data={"source": "mnist", "train": 2000, "validation": 500, "test": 500},
        model={"variant": "dense", "code": 32, "hidden": [256]},
        training={"epochs": 1, "batch_size": 256, "threads": 2, "kernels": {"linear": "onednn"}},
    )

    def setUp(self):
        super().setUp()
        if not json.loads(program.run("doctor", "--json").stdout)["mkldnn"]:
            self.skipTest("this LibTorch lacks oneDNN")

    def metrics(self, folder):
        return program.read_json(folder / "evaluation.json")["metrics"]

    def test_results_are_those_of_full_teams(self):
        expected = self.metrics(self.train(self.CONFIG))
        for name, changes in ENVIRONMENTS.items():
            with self.subTest(name):
                folder = self.train(self.CONFIG, env=program.environment(OMP_NUM_THREADS="2", **changes))
                for metric, value in self.metrics(folder).items():
                    self.assertAlmostEqual(value, expected[metric], delta=1e-3 * abs(expected[metric]), msg=metric)

    def test_applying_a_model_gives_the_same_rows(self):
        folder = self.train(self.CONFIG)

        def codes(**changes):
            output = self.folder / f"applied-{len(list(self.folder.iterdir()))}"
            result = program.run("apply", folder, "--output", output, env=program.environment(**changes))
            self.assertEqual(result.code, 0, result.stderr)
            import numpy

            return numpy.load(output / "code.npy")

        expected = codes()
        for name, changes in ENVIRONMENTS.items():
            with self.subTest(name):
                self.assertLess(abs(codes(OMP_NUM_THREADS="2", **changes) - expected).max(), 1e-4)

    def test_fewer_threads_are_said_and_recorded(self):
        folder = self.train(self.CONFIG, env=program.environment(OMP_NUM_THREADS="2", OMP_THREAD_LIMIT="1"))
        self.assertIn("1 of 2 threads", (folder / "log.txt").read_text())
        free = {**self.CONFIG, "training": {**self.CONFIG["training"], "threads": None}}
        del free["training"]["threads"]
        folder = self.train(free, env=program.environment(OMP_NUM_THREADS="2", OMP_THREAD_LIMIT="1"))
        self.assertEqual(program.read_json(folder / "config.json")["training"]["threads"], 1)


if __name__ == "__main__":
    program.main()
