"""Models that one run file trains together, "train": each ends in the bits of a run alone; killed, stopped, resumed."""

import json
import random
import shutil
import struct
import subprocess
import sys
import time

import program
from together import DENSE, EVERY_STEP, FILE, LONG, Together, contents

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class Trained(Together):
    def test_each_as_alone(self):
        folder = self.trained()
        self.assertEqual(
            sorted(path.name for path in folder.iterdir()),
            ["batch-top-k", "dense", "environment.json", "report.html", "top-k", "train.json"],
        )
        self.assert_as_alone(folder)
        epochs = [program.read_json(folder / entry["name"] / "status.json")["epochs"] for entry in FILE["train"]]
        self.assertEqual((epochs[0], epochs[2]), (3, 2))
        self.assertIn(b"stopped early", (folder / "batch-top-k/log.txt").read_bytes())

    def test_as_a_run_file_of_one_of_them(self):
        """Not only as its own config.json: as the merged file."""
        folder = self.trained(train=FILE["train"][:2])
        for i, entry in enumerate(FILE["train"][:2]):
            merged = {key: value for key, value in FILE.items() if key != "train"}
            merged["training"] = {**FILE["training"], **entry.get("training", {})}
            merged.update({key: value for key, value in entry.items() if key != "training"})
            self.assert_same(folder / entry["name"], self.alone({**merged, "output": str(self.output)}))

    def test_with_accumulated_batches(self):
        plain = {"name": "plain", "model": {"variant": "top-k", "code": 48, "k": 4, "revive": False}}
        folder = self.trained("training.accumulate=3", train=[plain, DENSE])
        for name in ("plain", "dense"):
            self.assert_same(folder / name, self.alone(program.read_json(folder / name / "config.json")))

    def test_predictions_and_reports(self):
        folder = self.trained(train=FILE["train"][:2])
        codes = {}
        for name in ("top-k", "batch-top-k"):
            alone = self.alone(program.read_json(folder / name / "config.json"))
            for run in (folder / name, alone):
                applied = self.folder / f"applied-{len(codes)}"
                result = program.run("apply", run, "--data", "digits", "--output", applied)
                self.assertEqual(result.code, 0, result.stderr)
                codes[run] = numpy.load(applied / "code.npy")
            self.assertTrue((codes[folder / name] == codes[alone]).all())
            for command in ("evaluate", "report"):
                self.assertEqual(program.run(command, folder / name).code, 0)
        self.assertEqual(program.run("report", folder).code, 0)
        self.assertIn("batch-top-k", (folder / "report.html").read_text())

    def test_overrides_reach_all_and_single_entries(self):
        folder = self.trained("training.epochs=1", "train[1].training.epochs=2", "train[0].model.k=3")
        configs = [program.read_json(folder / entry["name"] / "config.json") for entry in FILE["train"]]
        self.assertEqual([config["training"]["epochs"] for config in configs], [1, 2, 2])
        self.assertEqual(configs[0]["model"]["k"], 3)

    def test_says_what_came_of_each(self):
        result = self.run_file(self.file(), "--quiet", "--json")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertIn('dense: caution: "dictionary" does not apply', result.stderr)
        said = json.loads(result.stdout)
        self.assertEqual(said["status"], "completed")
        self.assertEqual([run["name"] for run in said["runs"]], [entry["name"] for entry in FILE["train"]])
        for run in said["runs"]:
            recorded = program.read_json(self.output / FILE["name"] / "1" / run["name"] / "evaluation.json")
            self.assertEqual(run["metrics"], recorded["metrics"])
        shown = self.run_file(self.file(), "--plain")
        self.assertIn("top-k: epoch 3/3", shown.stderr)
        self.assertIn("dense: epoch 2/2", shown.stderr)
        self.assertEqual(shown.stdout.splitlines()[0].split(), ["top-k", "batch-top-k", "dense"])

    def test_times_are_each_models_own(self):
        folder = self.trained(
            callbacks=[EVERY_STEP, "throughput"],
            train=[
                {"name": "small", "model": {"variant": "dense", "code": 2}},
                {"name": "large", "model": {"variant": "dense", "code": 2, "hidden": [4000, 1000]}},
            ]
        )
        seconds = [program.read_json(folder / name / "status.json")["seconds"] for name in ("small", "large")]
        self.assertGreater(seconds[1], 5 * seconds[0])
        shown = [(folder / name / "throughput.csv").read_text().splitlines()[-1].split(",") for name in ("small", "large")]
        self.assertGreater(float(shown[1][1]), 3 * float(shown[0][1]))


class Interrupted(Together):
    def begin(self):
        process = program.start(
            "run", self.file(**LONG), "--output", self.output, "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.addCleanup(process.kill)
        folder = self.output / FILE["name"] / "1"
        self.assertTrue(program.wait_for(lambda: (folder / "dense/log.txt").exists() or process.poll() is not None))
        return process, folder

    def resume(self, folder):
        process = program.start("resume", folder, "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        return process

    def test_killed_at_random_moments(self):
        chance = random.Random(5)
        process, folder = self.begin()
        for _ in range(4):
            time.sleep(chance.uniform(0, 0.4))
            process.kill()
            process.communicate()
            process = self.resume(folder)
            program.wait_for(lambda: process.poll() is not None, chance.uniform(0.3, 1.5))
        result = program.finish(process)
        if result.code != 0:
            result = program.finish(self.resume(folder))
        self.assertEqual(result.code, 0, result.stderr)
        self.assert_as_alone(folder)

    def test_stopped_and_one_resumed_alone(self):
        process, folder = self.begin()
        process.terminate()
        result = program.finish(process)
        self.assertEqual(result.code, 143, result.stderr)
        self.assertIn(f"aelab: stopped; resume with: aelab resume {folder}", result.stderr)
        for entry in FILE["train"]:
            state = program.read_json(folder / entry["name"] / "status.json")["status"]
            self.assertEqual(state, "stopped", entry["name"])
        self.assertEqual(program.finish(self.resume(folder / "top-k")).code, 0)
        result = program.finish(self.resume(folder))
        self.assertEqual(result.code, 0, result.stderr)
        self.assert_as_alone(folder)

    def test_where_they_stand_at_different_places(self):
        """One has lost what it did, another is complete: the one behind catches up."""
        folder = self.trained()
        for name in ("checkpoints", "summary"):
            shutil.rmtree(folder / "top-k" / name)
        for name in ("metrics.csv", "metrics.jsonl", "log.txt", "evaluation.json", "status.json"):
            (folder / "top-k" / name).unlink()
        (folder / "dense/evaluation.json").unlink()
        program.write_json(folder / "dense/status.json", {"status": "running"})
        self.assertEqual(program.finish(self.resume(folder)).code, 0)
        self.assert_as_alone(folder)

    def test_resuming_what_is_complete_does_nothing(self):
        folder = self.trained(train=[DENSE])
        before = contents(folder)
        self.assertEqual(program.run("resume", folder).code, 0)
        self.assertEqual(contents(folder), before)


class Unsuccessful(Together):
    def test_one_diverges(self):
        wild = {
            "name": "wild",
            "model": {"variant": "dense", "code": 4},
            "training": {"optimizer": {"kind": "sgd", "learning_rate": 1e9}},
        }
        result = self.run_file(self.file(train=[wild, FILE["train"][0]]), "--quiet", "--json")
        self.assertEqual(result.code, 1)
        self.assertIn("1 of 2 models did not complete: wild diverged", result.stderr)
        said = json.loads(result.stdout)
        self.assertEqual([run["status"] for run in said["runs"]], ["diverged", "completed"])
        folder = self.output / FILE["name"] / "1"
        self.assertEqual(program.read_json(folder / "wild/status.json")["status"], "diverged")
        self.assert_same(folder / "top-k", self.alone(program.read_json(folder / "top-k/config.json")))
        self.assertEqual(program.run("resume", folder, "--quiet").code, 1)  # it would diverge again

    def test_a_file_that_goes_while_they_train_fails_all(self):
        rows = self.folder / "rows.npy"
        numpy.save(rows, numpy.random.default_rng(1).random((4000, 64), dtype=numpy.float32))
        data = {"source": "npy", "files": str(rows), "in_memory": False, "validation": 0, "test": 10}
        models = [{"name": name, "model": {"variant": "dense", "code": 4, "likelihood": "gaussian"}} for name in "ab"]
        file = self.file(data=data, train=models, training={"epochs": 100000})
        process = program.start("run", file, "--output", self.output, "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        folder = self.output / FILE["name"] / "1"
        self.assertTrue(program.wait_for(lambda: (folder / "b/metrics.csv").exists()))
        rows.write_bytes(b"")
        result = program.finish(process)
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn("2 of 2 models did not complete", result.stderr)
        for name in "ab":
            self.assertEqual(program.read_json(folder / name / "status.json")["status"], "failed")


class Refused(Together):
    def refused(self, entries, *expected, **changes):
        self.assert_refused(self.run_file(self.file(train=entries, **changes)), *expected)
        self.assertFalse(self.output.exists())

    def test_what_must_agree(self):
        first = FILE["train"][0]
        for changes, says in {
            '{"seed": 4}': 'train[1].seed: is 4, and 3 in train[0]; models that are trained together',
            '{"training": {"batch_size": 32}}': "train[1].training.batch_size: is 32, and 64 in train[0]",
            '{"training": {"accumulate": 2}}': "train[1].training.accumulate: is 2, and 1 in train[0]",
            '{"training": {"threads": 2}}': "train[1].training.threads: is 2, and left out in train[0]",
            '{"training": {"kernels": {"linear": "libtorch"}}}': "train[1].training.kernels: ",
            '{"data": {"validation": 50}}': "train[1].data: ",
        }.items():
            with self.subTest(says):
                self.refused([first, {**DENSE, **json.loads(changes)}], says)

    def test_names(self):
        self.refused([DENSE, DENSE], 'train[1].name: "dense" is the name of an entry before')
        self.refused([{**DENSE, "name": "../up"}], "train[0].name: must be made of")
        self.refused([{**DENSE, "name": "train.json"}], 'train[0].name: "train.json" is the name of a file')
        self.refused([{"model": "pca"}], 'train[0]: needs a "name"')
        self.refused(["pca"], "train[0]: must be an object")
        self.refused([], "train: must list at least one model")
        self.refused([{**DENSE, "output": "x"}], "train[0].output: belongs to the whole file")

    def test_errors_of_entries_and_of_the_file(self):
        self.refused(
            [DENSE, {"name": "b", "model": {"variant": "dense", "cod": 3}}],
            "train[1].model.cod: unknown key",
        )
        self.refused(FILE["train"], "training.epoch: unknown key", training={"epoch": 3})
        self.refused(
            [DENSE, {"name": "b", "model": {"variant": "top-k", "code": 8, "k": 9}}], 'train[1] ("b"): model'
        )

    def test_elsewhere(self):
        folder = self.trained(train=[DENSE])
        self.assert_refused(program.run("evaluate", folder), "is the folder of models that are trained together: name one")
        self.assert_refused(program.run("run", folder), f"resume them with: aelab resume {folder}")
        base = {"data": "digits", "model": {"variant": "pca", "code": 3}, "train": [DENSE]}
        comparison = program.write_json(self.folder / "c.json", {"name": "c", "base": base, "variants": [{"name": "a"}], "seeds": [1]})
        self.assert_refused(program.run("compare", comparison), "base.train: is of models that are trained together")


def bfloat16(values):
    """Rounded to nearest, as bytes."""
    bits = numpy.ascontiguousarray(values, "<f4").view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def write_safetensors(path, dtype, array):
    header = json.dumps({"x": {"dtype": dtype, "shape": list(array.shape), "data_offsets": [0, array.nbytes]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + array.tobytes())
    return str(path)


class Streams(Together):
    """Shards in 16 bits that stay in their files."""

    def rows(self):
        return numpy.random.default_rng(2).normal(size=(900, 24)).astype(numpy.float32) * 3

    def stream(self, files, **data):
        return {
            "data": {
                "source": "safetensors", "files": files, "in_memory": False, "validation": 60, "test": 60,
                "transforms": [{"kind": "scale-norm", "rows": 100}], **data,
            },
            "training": {"budget": {"steps": 30}, "batch_size": 64},
            "train": [
                {"name": "small", "model": {"variant": "top-k", "code": 30, "k": 3}},
                {"name": "large", "model": {"variant": "top-k", "code": 60, "k": 3}},
            ],
        }

    def test_of_f16_and_bf16_equal_the_rounded_rows(self):
        rows = self.rows()
        for dtype, stored, rounded in (
            ("F16", rows.astype("<f2"), rows.astype("<f2").astype("<f4")),
            ("BF16", bfloat16(rows), (bfloat16(rows).astype("<u4") << 16).view("<f4")),
        ):
            with self.subTest(dtype):
                shards = [write_safetensors(self.folder / f"{dtype}-{i}.safetensors", dtype, stored[300 * i : 300 * (i + 1)]) for i in range(3)]
                folder = self.trained(**self.stream(shards))
                numpy.save(self.folder / "whole.npy", rounded)
                whole = self.stream(str(self.folder / "whole.npy"), source="npy", in_memory=True)
                same = self.trained(**whole)
                for name in ("small", "large"):
                    pair = [contents(run / name) for run in (folder, same)]
                    self.assertEqual(pair[0]["metrics.csv"], pair[1]["metrics.csv"])
                    tensors = [content["checkpoints/last.safetensors"][1] for content in pair]
                    self.assertTrue(tensors[0] == tensors[1])

    def test_say_how_many_passes_they_take_and_save_what_transforms_learned(self):
        rows = self.rows()
        shards = [write_safetensors(self.folder / f"{i}.safetensors", "F32", rows[300 * i : 300 * (i + 1)]) for i in range(3)]
        folder = self.trained(**self.stream(shards))
        log = (folder / "small/log.txt").read_text()
        self.assertIn("training.budget: 30 steps take 2.31 passes over the 780 training rows", log)
        header, _, tensors = program.checkpoint_parts(folder / "small/checkpoints/last.safetensors")
        begin, end = header["transforms.0.factor"]["data_offsets"]
        factor = numpy.frombuffer(tensors[begin:end], "<f8" if end - begin == 8 else "<f4")[0]
        norms = numpy.linalg.norm(rows.astype(float), axis=1)
        self.assertGreater(factor, 0.9 * 24**0.5 / norms.mean())
        self.assertLess(factor, 1.1 * 24**0.5 / norms.mean())


if __name__ == "__main__":
    program.main()
