"""Metrics that need labels: measured where there are some, refused before anything is created where not."""

import gzip
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import program
from program import read_json, run, small_run, write_json


def without_labels(folder):
    """A data source of 200 images, [28, 28], without labels."""
    images = folder / "images"
    with gzip.open(program.SOURCE / "data/mnist/t10k-images-idx3-ubyte.gz") as file:
        header, pixels = file.read(16), file.read(200 * 28 * 28)
    images.write_bytes(header[:4] + (200).to_bytes(4, "big") + header[8:] + pixels)
    return {"source": "idx", "files": str(images)}


class Labels(program.TestCase):
    def test_measured(self):
        probe = {"kind": "probe", "classifier": "linear-svm", "strengths": [0.1, 1]}
        folder = self.train(small_run(evaluation=["probe", "clustering"]))
        metrics = read_json(folder / "evaluation.json")["metrics"]
        for name in "probe/accuracy", "probe/validation_accuracy", "clustering/nmi":
            self.assertGreater(metrics[name], 0.3, name)
            self.assertLessEqual(metrics[name], 1, name)
        folder = self.train(small_run(evaluation=[{**probe, "pixels": True}]))
        self.assertGreater(read_json(folder / "evaluation.json")["metrics"]["probe/pixels_accuracy"], 0.8)

    def test_refused(self):
        for metric in "probe", "clustering":
            config = small_run(data=without_labels(self.folder), evaluation=[metric])
            file = write_json(self.folder / "run.json", config)
            result = run("run", file, "--output", self.output)
            self.assert_refused(result, f'"{metric}" needs labels')
            self.assertFalse(self.output.exists())

    def test_strengths_of_a_classifier_without(self):
        probe = {"kind": "probe", "classifier": {"kind": "nearest-neighbors", "k": 3}, "strengths": [1]}
        file = write_json(self.folder / "run.json", small_run(evaluation=[probe]))
        self.assert_refused(run("run", file, "--output", self.output), "this classifier has none")

    def test_described(self):
        result = run("describe", "metrics", "probe")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("probe/pixels_accuracy", result.stdout)
        self.assertIn("rbf-svm", run("list", "classifiers").stdout)


if __name__ == "__main__":
    program.main()
