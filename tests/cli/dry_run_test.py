"""aelab run --dry-run: what a run would be and how much memory it would take, with nothing created."""

import json
import subprocess
import sys

import program
from together import DENSE, FILE, Together

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class DryRun(Together):
    def test_creates_nothing_and_says_what_would_be(self):
        result = self.run_file(self.file(), "--dry-run")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertFalse(self.output.exists())
        self.assertIn("training needs about", result.stdout)
        said = json.loads(self.run_file(self.file(), "--dry-run", "--json").stdout)
        self.assertEqual([run["name"] for run in said["runs"]], [entry["name"] for entry in FILE["train"]])
        self.assertEqual([run["steps"] for run in said["runs"]], [15, 30, 10])
        top_k = said["runs"][0]
        parameters = 2 * 48 * 64 + 48 + 64
        self.assertEqual(top_k["parameters"], parameters)
        self.assertEqual(top_k["memory"]["gradients"], 4 * parameters)
        self.assertAlmostEqual(top_k["memory"]["optimizer"], 8 * parameters, delta=0.04 * parameters)

    def test_refuses_as_the_run_would(self):
        self.assert_refused(self.run_file(self.file(train=[DENSE, DENSE]), "--dry-run"), "train[1].name")

    def test_is_the_measured_peak_within_a_seventh(self):
        """Of the whole process, at the end of the first step."""
        for name, model, batch in (
            ("dense", {"variant": "dense", "hidden": [3000], "code": 1500, "likelihood": "gaussian"}, 512),
            ("top-k", {"variant": "top-k", "code": 16384, "k": 32}, 1024),
        ):
            with self.subTest(name):
                config = {
                    "name": name,
                    "data": {"source": "npy", "files": str(self.folder / "rows.npy"), "validation": 0, "test": 10, "train": 1024},
                    "model": model,
                    "training": {"budget": {"steps": 1}, "batch_size": batch},
                    "evaluation": [],
                }
                numpy.save(self.folder / "rows.npy", numpy.random.default_rng(3).normal(size=(1100, 768)).astype("f4"))
                file = program.write_json(self.folder / "run.json", config)
                started = program.start("run", file, "--dry-run", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                said = json.loads(program.finish(started).stdout)
                process = program.start("run", file, "--output", self.output, "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                result = program.finish(process)
                self.assertEqual(result.code, 0, result.stderr)
                measured = program.read_json(self.output / name / "1/status.json")["peak_bytes"]
                print(f"{name}: {said['peak'] / 2**20:.0f} MiB estimated, {measured / 2**20:.0f} measured", flush=True)
                self.assertLess(abs(said["peak"] - measured), measured / 7)


if __name__ == "__main__":
    program.main()
