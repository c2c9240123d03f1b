"""What the tensorboard callback writes, read back by TensorBoard's own reader."""

import collections
import csv
import io
import signal
import subprocess
import sys


import numpy
import PIL.Image
import safetensors.numpy

import program

try:
    from tensorboard.backend.event_processing import event_file_loader
    from tensorboard.plugins.hparams import metadata as hparams
    from tensorboard.util import tensor_util
except ImportError:
    print("tensorboard is not installed: third_party/install --tests brings it", file=sys.stderr)
    sys.exit(program.SKIPPED)

EVERY = 2
RUN = program.small_run(
    seed=5,
    model={"variant": "dense", "code": 8, "hidden": [12]},
    training={"epochs": 3, "batch_size": 50, "optimizer": {"kind": "adam", "learning_rate": 0.003}},
    callbacks=[{"kind": "tensorboard", "every": EVERY, "count": 5}, {"kind": "checkpoint", "seconds": 0}],
)
ROWS = 1797 - 359 - 200  # of the training split
STEPS = -(-ROWS // 50)   # of an epoch
# Of the dense layers 64 -> 12 -> 8 -> 12 -> 64.
PARAMETERS = {(64 * 12, "weight"): 2, (12 * 8, "weight"): 2, (12, "bias"): 2, (8, "bias"): 1, (64, "bias"): 1}


def events(folder):
    """All records of the run's one file; the reader checks their checksums."""
    (file,) = (folder / "tensorboard").iterdir()
    return list(event_file_loader.EventFileLoader(str(file)).Load())


def by_plugin(folder):
    """{plugin: {tag: [(step, value)]}}, in the file's order, values as TensorBoard's newer form: arrays."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    plugins = {}
    for event in events(folder):
        for value in event.summary.value:
            plugin = plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
            found[plugin][value.tag].append((event.step, tensor_util.make_ndarray(value.tensor)))
    return found


def logged(folder):
    """{name: [(step, value)]} of metrics.csv."""
    metrics = collections.defaultdict(list)
    with open(folder / "metrics.csv", newline="") as file:
        for row in csv.DictReader(file):
            metrics[row["name"]].append((int(row["step"]), numpy.float32(row["value"])))
    return metrics


def scalars(found):
    return {tag: [(step, value.item()) for step, value in values] for tag, values in found["scalars"].items()}


def picture(encoded):
    return numpy.asarray(PIL.Image.open(io.BytesIO(encoded)))


def drawn_steps(epochs):
    return [epoch * STEPS for epoch in range(1, epochs + 1) if epoch % EVERY == 0 or epoch == epochs]


class Written(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.run_folder = case.train(RUN)
        cls.found = by_plugin(cls.run_folder)

    def runTest(self):
        pass

    def test_begins_with_the_format_and_has_times(self):
        first, *others = events(self.run_folder)
        self.assertEqual(first.file_version, "brain.Event:2")
        times = [event.wall_time for event in (first, *others)]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[-1] - (self.run_folder / "metrics.csv").stat().st_mtime), 60)

    def test_has_nothing_else(self):
        self.assertEqual(set(self.found), {"scalars", "images", "histograms", "hparams"})

    def test_scalars_are_the_metrics(self):
        self.assertEqual(scalars(self.found), logged(self.run_folder))
        self.assertEqual([step for step, _ in scalars(self.found)["validation/loss"]], [STEPS, 2 * STEPS, 3 * STEPS])

    def test_images_are_pngs_of_their_size(self):
        self.assertEqual(set(self.found["images"]), {"reconstructions", "filters"})
        for tag, across, down in ("reconstructions", 5, 2), ("filters", 4, 3):
            images = self.found["images"][tag]
            self.assertEqual([step for step, _ in images], drawn_steps(3))
            for _, (width, height, encoded) in images:
                # Digits of 8x8 with a pixel between them, each pixel enlarged to 7x7.
                shape = (7 * (down * 9 - 1), 7 * (across * 9 - 1))
                self.assertEqual((int(height), int(width)), shape)
                self.assertEqual(picture(encoded).shape, shape)

    def test_reconstructions_come_to_look_like_the_originals_above(self):
        def error(encoded):
            pixels = picture(encoded)[::7, ::7].astype(float)
            return abs(pixels[:8] - pixels[9:]).mean()

        errors = [error(encoded) for _, (_, _, encoded) in self.found["images"]["reconstructions"]]
        self.assertLess(errors[-1], errors[0])
        self.assertGreater(picture(self.found["images"]["reconstructions"][0][1][2])[:56].std(), 50, "originals")

    def test_histograms_count_every_parameter(self):
        sizes = collections.Counter()
        for tag, values in self.found["histograms"].items():
            self.assertTrue(tag.startswith("parameters/"), tag)
            self.assertEqual([step for step, _ in values], drawn_steps(3), tag)
            for _, buckets in values:
                left, right, counts = buckets.T
                self.assertLessEqual(len(counts), 30)
                self.assertTrue((left <= right).all() and (left[1:] == right[:-1]).all())
            sizes[int(counts.sum()), tag.rsplit(".", 1)[-1]] += 1
        self.assertEqual(sizes, PARAMETERS)

    def test_histograms_are_of_the_parameters_saved(self):
        saved = safetensors.numpy.load_file(self.run_folder / "checkpoints/last.safetensors")
        for tag, values in self.found["histograms"].items():
            left, right, counts = values[-1][1].T
            parameter = saved["model." + tag.removeprefix("parameters/")].astype(numpy.float64)
            expected, edges = numpy.histogram(parameter, 30)
            numpy.testing.assert_allclose((left[0], right[-1]), (edges[0], edges[-1]), rtol=1e-6)
            # A value on an edge may fall to either side.
            self.assertLessEqual(abs(numpy.trim_zeros(expected) - counts).sum(), 2, tag)

    def test_hyper_parameters_are_those_of_the_run(self):
        (start,) = (value for event in events(self.run_folder) for value in event.summary.value
                    if value.tag == hparams.SESSION_START_INFO_TAG)
        info = hparams.parse_session_start_info_plugin_data(start.metadata.plugin_data.content)
        values = {name: getattr(value, value.WhichOneof("kind")) for name, value in info.hparams.items()}
        expected = {
            "seed": 5, "data.source": "digits", "data.validation": 200, "model.variant": "dense",
            "model.code": 8, "model.backbone.kind": "dense", "model.backbone.hidden": "[12]",
            "model.backbone.tied": False, "training.epochs": 3, "training.batch_size": 50,
            "training.batches": STEPS, "training.optimizer.kind": "adam", "training.optimizer.learning_rate": 0.003,
        }
        self.assertEqual({name: values.get(name) for name in expected}, expected)


class Resumed(program.TestCase):
    EPOCHS = 100

    def interrupt(self, with_signal, seconds):
        """A run that was ended after some epochs, with a checkpoint at most every so many seconds; its folder."""
        config = {**RUN, "training": {**RUN["training"], "epochs": self.EPOCHS},
                  "callbacks": [RUN["callbacks"][0], {"kind": "checkpoint", "seconds": seconds}]}
        file = program.write_json(self.folder / "run.json", config)
        process = program.start("run", file, "--output", self.output, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        folder = self.output / "small" / "1"
        lines = folder / "metrics.jsonl"
        self.assertTrue(program.wait_for(lambda: lines.exists() and lines.read_bytes().count(b"\n") >= 5))
        process.send_signal(with_signal)
        program.finish(process)
        self.assertNotEqual(program.read_json(folder / "status.json")["status"], "completed")
        return folder

    def assert_each_step_once(self, folder):
        result = program.run("resume", folder)
        self.assertEqual(result.code, 0, result.stderr)
        found = by_plugin(folder)
        self.assertEqual(scalars(found), logged(folder))
        self.assertEqual([step for step, _ in scalars(found)["train/loss"]],
                         [STEPS * epoch for epoch in range(1, self.EPOCHS + 1)])
        for plugin in "images", "histograms":
            for tag, values in found[plugin].items():
                self.assertEqual([step for step, _ in values], drawn_steps(self.EPOCHS), tag)
        self.assertEqual(len(found["hparams"][hparams.SESSION_START_INFO_TAG]), 1)

    def test_after_a_kill(self):
        folder = self.interrupt(signal.SIGKILL, seconds=0.05)
        (file,) = (folder / "tensorboard").iterdir()
        with open(file, "ab") as torn:
            torn.write(b"\x10\0\0")
        self.assert_each_step_once(folder)

    def test_after_a_kill_before_the_first_checkpoint(self):
        folder = self.interrupt(signal.SIGKILL, seconds=1000)
        self.assertFalse((folder / "checkpoints/last.safetensors").exists())
        self.assert_each_step_once(folder)

    def test_after_a_stop(self):
        self.assert_each_step_once(self.interrupt(signal.SIGTERM, seconds=0.05))


if __name__ == "__main__":
    program.main()
