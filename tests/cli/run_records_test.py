"""What a run's files promise: its config stays its own, its best belongs to its last phase, it forgets no weights."""

import json
import os
import shutil
import signal
import subprocess

import program
from program import read_json, small_run, write_json

SEED = {"seed": 5}


def stack(**head):
    layers = [{"variant": "denoising", "code": 40}, {"variant": "denoising", "code": 30}]
    return small_run(
        model={"variant": "stacked", "layers": layers, **head},
        training={"epochs": 8, "batch_size": 32, "optimizer": {"learning_rate": 0.01}},
        callbacks=[{"kind": "checkpoint", "monitor": "validation/reconstruction"}],
        evaluation=["classification"],
    )


class CompletedRuns(program.TestCase):
    def test_a_config_that_was_edited_is_not_taken_for_complete(self):
        folder = self.train(small_run(), "--quiet")
        self.assertEqual(program.run("resume", folder).code, 0)
        before = read_json(folder / "config.json")
        for path, value in (("training", "epochs"), 50), (("training", "batch_size"), 3), (("name",), "other"), (("seed",), 9):
            with self.subTest(path):
                config = json.loads(json.dumps(before))
                place = config
                for key in path[:-1]:
                    place = place[key]
                place[path[-1]] = value
                write_json(folder / "config.json", config)
                self.assert_refused(
                    program.run("resume", folder), f"{folder}: the run is complete, but these files were changed since: config.json"
                )
        (folder / "config.json").write_text(json.dumps(before, indent=2) + "\n")
        self.assertEqual(program.run("resume", folder).code, 0)

    def test_results_that_were_edited_are_not_shown(self):
        folder = self.train(small_run(), "--quiet")
        evaluation = read_json(folder / "evaluation.json")
        evaluation["metrics"]["reconstruction/mse"] = 0
        write_json(folder / "evaluation.json", evaluation)
        self.assert_refused(program.run("resume", folder), "were changed since: evaluation.json")


class Best(program.TestCase):
    def measured(self, folder, checkpoint):
        result = program.run("evaluate", folder, "--checkpoint", checkpoint, "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def test_a_metric_that_the_last_phase_lacks_leaves_its_final_state_the_best(self):
        for head in {"network": {"hidden": []}}, {"classifier": "linear-svm"}:
            with self.subTest(head):
                folder = self.train(stack(**head), "--quiet")
                recorded = read_json(folder / "evaluation.json")
                self.assertEqual(recorded["checkpoint"], "best")
                best, last = self.measured(folder, "best"), self.measured(folder, "last")
                self.assertEqual(best, last)
                self.assertEqual(recorded["metrics"], last)
                self.assertGreater(next(v for k, v in last.items() if "accuracy" in k), 0.7)
                shutil.rmtree(self.output)


class Log(program.TestCase):
    def test_what_is_said_at_the_end_is_kept(self):
        config = program.small_run(
            model={"variant": "l1-dictionary", "code": 32}, callbacks=[{"kind": "sparsity-controller", "l0": 2}])
        result = program.run("run", program.write_json(self.folder / "run.json", config), "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)
        caution = next(line for line in result.stderr.splitlines() if "the sparsity-controller ended at" in line)
        log = (self.output / "small/1/log.txt").read_text().splitlines()
        self.assertEqual(log[-1], "end: " + caution.removeprefix("aelab: "))


class Initialization(program.TestCase):
    def test_a_run_killed_before_its_first_checkpoint_begins_with_the_same_weights(self):
        source = self.train(small_run(name="source", **SEED), "--quiet")
        config = small_run(
            name="killed",
            model={"variant": "dense", "code": 8, "initialize_from": {"path": str(source)}},
            training={"epochs": 60, "batch_size": 16, "optimizer": {"kind": "sgd", "learning_rate": 0.001}},
            callbacks=[{"kind": "checkpoint", "seconds": 1e6}],
        )
        whole = self.train({**config, "name": "whole"}, "--quiet")
        process = program.start(
            "run", write_json(self.folder / "killed.json", config), "--output", self.output, "--quiet",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        folder = self.output / "killed" / "1"
        log = folder / "metrics.jsonl"
        self.assertTrue(program.wait_for(lambda: log.exists() and log.stat().st_size > 0))
        process.send_signal(signal.SIGKILL)
        program.finish(process)
        self.assertEqual(read_json(folder / "status.json")["status"], "running")
        self.assertFalse((folder / "checkpoints/last.safetensors").exists())
        result = program.run("resume", folder)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(program.checkpoint_parts(folder / "checkpoints/last.safetensors")[2],
                         program.checkpoint_parts(whole / "checkpoints/last.safetensors")[2])

    def test_a_source_that_is_gone_by_then_is_missed(self):
        source = self.train(small_run(name="source", **SEED), "--quiet")
        config = small_run(model={"variant": "dense", "code": 8, "initialize_from": {"path": str(source)}})
        folder = self.train(config, "--quiet")
        shutil.rmtree(folder / "checkpoints")
        write_json(folder / "status.json", {"status": "running", "closed_form": False, "parameters": 1, "epochs": 0, "steps": 0, "seconds": 0, "peak_bytes": 0})
        shutil.rmtree(source)
        self.assert_refused(program.run("resume", folder), f"model.initialize_from.path: {source} does not exist")


class Surroundings(program.TestCase):
    def test_variables_that_change_the_last_bits_are_noticed(self):
        for name, value in ("MKL_CBWR", "COMPATIBLE"), ("ONEDNN_MAX_CPU_ISA", "AVX2"):
            with self.subTest(name):
                config = small_run(
                    name=name, training={"epochs": 400, "batch_size": 16}, callbacks=[{"kind": "checkpoint", "seconds": 0}]
                )
                file = write_json(self.folder / "run.json", config)
                process = program.start(
                    "run", file, "--output", self.output, "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE
                )
                folder = self.output / name / "1"
                self.assertTrue(program.wait_for(lambda: (folder / "checkpoints/last.safetensors").exists()))
                process.terminate()
                self.assertEqual(program.finish(process).code, 143)
                resumed = program.start(
                    "resume", folder, "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    env={**os.environ, "OMP_NUM_THREADS": "1", name: value},
                )
                said = "caution: the results may differ in their last bits: variables is now"
                self.assertTrue(program.wait_for(lambda: said in (folder / "log.txt").read_text()))
                resumed.terminate()
                self.assertIn(program.finish(resumed).code, (0, 143))
                self.assertIn(value, (folder / "log.txt").read_text())


class Checkpoints(program.TestCase):
    def test_the_first_waits_for_its_interval_too(self):
        config = small_run(
            training={"epochs": 3000, "batch_size": 16}, callbacks=[{"kind": "checkpoint", "seconds": 1e6}]
        )
        file = write_json(self.folder / "run.json", config)
        process = program.start("run", file, "--output", self.output, "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        folder = self.output / "small" / "1"
        log = folder / "metrics.jsonl"
        self.assertTrue(program.wait_for(lambda: log.exists() and log.read_text().count("\n") > 3))
        self.assertFalse((folder / "checkpoints/last.safetensors").exists())
        process.terminate()
        program.finish(process)


if __name__ == "__main__":
    program.main()
