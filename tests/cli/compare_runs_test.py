"""aelab compare: budgets, and runs that are stopped, killed, damaged, failed or added."""

import json
import os
import random
import shutil
import signal
import struct
import time

import program
from comparing import DENSE, Comparing, comparison, without_clocks
from program import finish, read_json, start, wait_for, write_json


class Going(Comparing):
    """Stopping, killing, going on."""

    def test_finished_runs_are_kept_and_seeds_may_be_added(self):
        made = self.compared(comparison())
        before = (made / "runs/dense/seed-1/checkpoints/last.safetensors").stat().st_mtime_ns
        again = self.compare(comparison(seeds=[1, 2, 3]))
        self.assertEqual(again.code, 0, again.stderr)
        self.assertIn("4 of 6 runs are already finished", again.stderr)
        self.assertEqual((made / "runs/dense/seed-1/checkpoints/last.safetensors").stat().st_mtime_ns, before)
        self.assertEqual(read_json(made / "comparison.json")["seeds"], [1, 2, 3])

    def test_killed_at_random_it_ends_with_the_same_comparison(self):
        config = comparison(budget={"steps": 150}, seeds=[1, 2, 3])
        whole = without_clocks(read_json(self.compared({**config, "name": "whole"}) / "comparison.json"))
        file = write_json(self.folder / "killed.json", {**config, "name": "killed"})
        chance = random.Random(20)
        for _ in range(5):
            process = start("compare", file, "--output", self.output, "--quiet", stdout=-3)
            time.sleep(chance.uniform(0.3, 1.5))
            process.kill()
            process.wait()
        result = program.run("compare", file, "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)
        killed = without_clocks(read_json(self.output / "killed/comparison.json"))
        self.assertEqual(killed, {**whole, "name": "killed"})

    def test_a_signal_stops_it_to_go_on(self):
        config = comparison(budget={"steps": 100000}, variants=[{"name": "dense", "set": DENSE}], seeds=[1])
        file = write_json(self.folder / "comparison.json", config)
        process = start("compare", file, "--output", self.output, stdout=-1, stderr=-1)
        self.assertTrue(wait_for((self.output / "small/runs/dense/seed-1/metrics.jsonl").exists))
        process.send_signal(signal.SIGTERM)
        result = finish(process)
        self.assertEqual(result.code, 143, result)
        self.assertIn("resume with: aelab compare", result.stderr)
        self.assertEqual(read_json(self.output / "small/runs/dense/seed-1/status.json")["status"], "stopped")

    def test_a_terminals_ctrl_c_reaches_the_parent_alone_and_saves_every_worker(self):
        config = comparison(budget={"steps": 100000}, variants=[{"name": "dense", "set": DENSE}])
        file = write_json(self.folder / "comparison.json", config)
        process = start("compare", file, "--output", self.output, "--jobs", 2, stdout=-1, stderr=-1, process_group=0)
        runs = [self.output / "small/runs/dense" / seed for seed in ("seed-1", "seed-2")]
        self.assertTrue(wait_for(lambda: all((run / "metrics.jsonl").exists() for run in runs)))
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(finish(process).code, 130)
        for run in runs:
            self.assertEqual(read_json(run / "status.json")["status"], "stopped")

    def test_a_damaged_run_does_not_hide_the_others(self):
        made = self.compared(comparison(seeds=[1, 2, 3]))
        (made / "runs/dense/seed-1/status.json").write_text('{"status": "comp')
        shutil.rmtree(made / "runs/pca/seed-1/checkpoints")
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 1)
        self.assertIn("dense/seed-1: damaged: ", result.stdout)
        self.assertIn("2 of 3 seeds", result.stdout)
        self.assertIn("1 of 6 runs is excluded.", result.stdout)

    def test_one_failed_run_fails_alone(self):
        """Rows that stay in their file are checked when they are read: the run of that variant fails."""
        inputs = [random.random() for _ in range(300 * 6)]
        inputs[17 * 6 + 3] = 2  # more than a bernoulli likelihood takes
        header = json.dumps({"x": {"dtype": "F32", "shape": [300, 6], "data_offsets": [0, 300 * 6 * 4]}}).encode()
        file = self.folder / "x.safetensors"
        file.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack(f"<{300 * 6}f", *inputs))
        data = {"source": "safetensors", "files": str(file), "in_memory": False, "validation": 50, "test": 50}
        sets = [{"model": {"variant": "dense", "code": 2, "likelihood": likelihood}} for likelihood in ("gaussian", "bernoulli")]
        result = self.compare(comparison(base={"data": data, "evaluation": ["reconstruction"]},
                                         variants=[{"name": "dense", "set": sets[0]}, {"name": "bad", "set": sets[1]}]))
        self.assertEqual(result.code, 1)
        self.assertIn("2 of 4 runs are excluded", result.stderr)
        value = read_json(self.output / "small/comparison.json")
        self.assertEqual([run["state"] for run in value["variants"][1]["runs"]], ["failed", "failed"])
        self.assertIn("row 17 of ", value["variants"][1]["runs"][0]["message"])
        self.assertEqual(value["measures"][0]["rows"][0]["n"], 2)
        self.assertEqual(value["measures"][0]["rows"][1]["n"], 0)
        self.assertIn("bad/seed-1: failed", result.stdout)

    def test_a_failed_run_is_tried_again(self):
        made = self.compared(comparison())
        before = without_clocks(read_json(made / "comparison.json"))
        status = made / "runs/dense/seed-2/status.json"
        write_json(status, {**read_json(status), "status": "failed", "message": "for a reason that is gone"})
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 1)
        self.assertIn("dense/seed-2: failed: for a reason that is gone", result.stdout)
        again = self.compare(comparison())
        self.assertEqual(again.code, 0, again.stderr)
        self.assertIn("3 of 4 runs are already finished", again.stderr)
        self.assertEqual(read_json(status)["status"], "completed")
        self.assertEqual(without_clocks(read_json(made / "comparison.json")), before)

    def test_planned_runs_done_one_by_one_are_collected(self):
        result = self.compare(comparison(), "--plan")
        self.assertEqual(result.code, 0, result.stderr)
        commands = [line.split() for line in result.stdout.splitlines()]
        self.assertEqual(len(commands), 4)
        for command in commands:
            self.assertEqual(command[0], "aelab")
            self.assertEqual(program.run(*command[1:]).code, 0)
        result = program.run("compare", self.output / "small", "--collect")
        self.assertEqual(result.code, 0, result.stderr)
        planned = without_clocks(read_json(self.output / "small/comparison.json"))
        made = without_clocks(read_json(self.compared(comparison(name="directly")) / "comparison.json"))
        self.assertEqual(planned, {**made, "name": "small"})

    def test_dry_run_creates_nothing(self):
        result = self.compare(comparison(), "--dry-run")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertRegex(result.stdout, r"dense +2 +2276 +\d+ +30 ")
        self.assertIn("closed", result.stdout)
        self.assertFalse(self.output.exists())


class Budgets(Comparing):
    def test_parameters_are_met_by_the_width(self):
        result = self.compare(comparison(budget={"parameters": 5000, "steps": 10}), "--dry-run")
        self.assertEqual(result.code, 0, result.stderr)
        # 64 -> w -> 4 -> w -> 64 has 138 w + 68 parameters: 36 come nearest, with 5036.
        self.assertIn("model.hidden=36", result.stdout)
        self.assertRegex(result.stdout, r"dense +2 +5036 ")

    def test_what_cannot_be_met_names_the_nearest(self):
        self.assert_refused(self.compare(comparison(budget={"parameters": 5070, "tolerance": 0})),
                            "5070 cannot be met by scaling model.hidden; the nearest possible are 5036 and 5174")
        layer = {"variant": "dense", "code": 8, "likelihood": "gaussian"}
        stack = {"model": {"variant": "stacked", "layers": [layer] * 3}}
        self.assert_refused(
            self.compare(comparison(variants=[{"name": "stacked", "set": stack}], budget={"epochs": 2})),
            "2 epochs are too few for all phases; the least possible is 3")

    def test_seconds_go_one_at_a_time_and_refuse_what_stretches(self):
        clocked = comparison(budget={"seconds": 0.2}, variants=[{"name": "dense", "set": DENSE}])
        self.assert_refused(self.compare(clocked, "--jobs", "2"), "a budget of seconds needs one run at a time")
        rate = {"training.optimizer": {"kind": "adam", "learning_rate": {"kind": "cosine", "from": 0.01}}}
        self.assert_refused(
            self.compare({**clocked, "variants": [{"name": "dense", "set": {**DENSE, **rate}}]}),
            "the cosine schedule depends on the number of steps")
        made = self.compared(clocked)
        for run in read_json(made / "comparison.json")["variants"][0]["runs"]:
            self.assertGreaterEqual(run["seconds"], 0.2)
            self.assertLess(run["seconds"], 5)


if __name__ == "__main__":
    program.main()
