"""Runs that are resumed after files of their folder were lost, damaged or changed, and runs that diverge."""

import json
import shutil
import signal
import subprocess

import program
from program import read_json, small_run, write_json

TENSORBOARD = "tensorboard/events.out.tfevents.0.aelab"
INFORMING = ("log.txt", "metrics.csv", "throughput.csv", "trace.csv", TENSORBOARD)
DAMAGES = {
    "missing": None,
    "cut": lambda content: content[: len(content) // 2],
    "flipped": lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
}


def config(**changes):
    """A run that can be stopped between epochs."""
    return small_run(
        **{
            "training": {"epochs": 60, "batch_size": 32},
            "callbacks": ["throughput", "trace", {"kind": "tensorboard", "every": 1000}],
            **changes,
        }
    )


class Stopped(program.TestCase):
    config = config()

    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.stopped = case.stop(cls.config)

    def runTest(self):
        pass

    def stop(self, run, output=None, cwd="."):
        """The folder of a run that was stopped after its third epoch."""
        file = write_json(self.folder / "run.json", run)
        output = output or self.output
        runs = output / run["name"]
        folder = runs / str(len(list(runs.glob("*"))) + 1)
        command = ("run", file, "--output", output, "--quiet")
        process = program.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd)
        self.addCleanup(process.kill)
        lines = folder / "metrics.jsonl"
        self.assertTrue(program.wait_for(lambda: lines.exists() and lines.read_text().count("\n") > 2))
        process.send_signal(signal.SIGTERM)
        result = program.finish(process)
        self.assertEqual(result.code, 143, result.stderr)
        return folder

    def copy(self, name="copy"):
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return shutil.copytree(self.stopped, self.folder / name)

    @staticmethod
    def damage(path, damage):
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes(DAMAGES[damage](path.read_bytes()))

    def whole(self):
        """What the run ends with when nothing happens to it."""
        if not hasattr(type(self), "ended"):
            folder = self.copy("whole")
            self.assertEqual(program.run("resume", folder, "--quiet").code, 0)
            type(self).ended = self.ends(folder)
        return type(self).ended

    @staticmethod
    def ends(folder):
        """Results, and the tensors of checkpoints."""
        results = {name: (folder / name).read_bytes() for name in ("evaluation.json", "metrics.jsonl", "metrics.csv")}
        tensors = {name: program.checkpoint_parts(folder / f"checkpoints/{name}.safetensors")[2] for name in ("best", "last")}
        return results | tensors


class Lost(Stopped):
    def test_files_that_only_inform_are_begun_anew(self):
        whole = self.whole()
        for name in INFORMING:
            for damage in DAMAGES:
                with self.subTest(name, damage=damage):
                    folder = self.copy()
                    self.damage(folder / name, damage)
                    before = None if damage == "missing" else (folder / name).read_bytes()
                    result = program.run("resume", folder, "--quiet")
                    self.assertEqual(result.code, 0, result.stderr)
                    cautions = [line for line in result.stderr.splitlines() if line.startswith("aelab: caution: ")]
                    self.assertEqual(len(cautions), 1, result.stderr)
                    self.assertIn(str(folder / name), cautions[0])
                    self.assertIn("is missing" if damage == "missing" else "changed or damaged", cautions[0])
                    self.assertIn(cautions[0].removeprefix("aelab: "), (folder / "log.txt").read_text())
                    self.assertTrue((folder / name).stat().st_size > 0)
                    if before is not None and name != "metrics.csv":
                        self.assertEqual((folder / (name + ".damaged")).read_bytes(), before)
                    for file, content in self.ends(folder).items():
                        self.assertTrue(content == whole[file], file)

    def test_a_file_begun_anew_has_its_heading(self):
        for name, heading in ("throughput.csv", "epoch,seconds"), ("trace.csv", "step,phase,rows"):
            folder = self.copy()
            (folder / name).unlink()
            self.assertEqual(program.run("resume", folder, "--quiet").code, 0)
            self.assertTrue((folder / name).read_text().startswith(heading))

    def test_a_second_damage_keeps_the_first(self):
        folder = self.copy()
        (folder / "log.txt.damaged").write_text("the first")
        self.damage(folder / "log.txt", "cut")
        self.assertEqual(program.run("resume", folder, "--quiet").code, 0)
        self.assertEqual((folder / "log.txt.damaged").read_text(), "the first")
        self.assertTrue((folder / "log.txt.damaged.2").exists())

    def test_metrics_have_a_way_out(self):
        for damage in DAMAGES:
            with self.subTest(damage):
                folder = self.copy()
                path = folder / "metrics.jsonl"
                content = path.read_bytes()
                self.damage(path, damage)
                result = program.run("resume", folder, "--quiet")
                self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
                self.assertIn(str(path), result.stderr)
                self.assertIn(f"restore it from a copy, or start a new run with aelab run {folder}/config.json", result.stderr)
                path.write_bytes(content)
                result = program.run("resume", folder, "--quiet")
                self.assertEqual(result.code, 0, result.stderr)
                self.assertTrue((folder / "evaluation.json").read_bytes() == self.whole()["evaluation.json"])

    def test_the_best_checkpoint_is_missed(self):
        folder = self.copy()
        (folder / "checkpoints/best.safetensors").unlink()
        result = program.run("resume", folder, "--quiet")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("best.safetensors is missing, and with it the best of the epochs so far", result.stderr)
        self.assertIn("best.safetensors is missing", (folder / "log.txt").read_text())
        self.assertEqual(read_json(folder / "evaluation.json")["checkpoint"], "best")
        # Its loss falls to the end, so that the best of the epochs to come is the best of all.
        self.assertTrue((folder / "evaluation.json").read_bytes() == self.whole()["evaluation.json"])

    def test_the_best_checkpoint_of_epochs_that_nothing_follows(self):
        """The best epoch was before the stop, and no later one is as good."""
        rising = {"epochs": 6, "batch_size": 16, "optimizer": {"kind": "adam", "learning_rate": 0.5}}
        folder = self.train(config(name="rising", training=rising), "--quiet")
        epoch = lambda name: program.checkpoint_parts(folder / f"checkpoints/{name}.safetensors")[1]["progress"]["epoch"]
        self.assertLess(epoch("best"), 6)
        (folder / "checkpoints/best.safetensors").unlink()
        write_json(folder / "status.json", {"status": "stopped"})
        result = program.run("resume", folder, "--quiet")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("best.safetensors is missing", result.stderr)
        self.assertEqual(epoch("best"), 6)

    def test_nothing_is_missed_in_a_whole_run(self):
        result = program.run("resume", self.copy(), "--quiet")
        self.assertEqual((result.code, result.stderr), (0, ""))


class DataRecord(Stopped):
    """data.json, which says what a run was trained on."""

    @staticmethod
    def set_up_data(folder):
        rows = [[(i * k % 17) / 17 for k in (3, 5, 7)] for i in range(200)]
        for name, shown in ("train.csv", rows), ("test.csv", rows[50:90]):
            (folder / name).write_text("a,b,c\n" + "".join(",".join(map(str, row)) + "\n" for row in shown))

    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.place = case.folder  # relative paths begin here
        source = {"source": "csv", "files": "train.csv", "test_files": "test.csv", "validation": 20}
        model = {"variant": "dense", "code": 2, "hidden": [8]}
        cls.config = config(data=source, model=model, training={"epochs": 200, "batch_size": 16})
        cls.stopped = case.stop(cls.config, cwd=case.folder)

    def setUp(self):
        super().setUp()
        if hasattr(type(self), "place"):
            self.set_up_data(self.place)
        else:
            self.set_up_data(self.folder)

    def change_data(self):
        path = self.place / "test.csv"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:20]))

    def test_is_written_again_from_the_same_data(self):
        for cwd in self.place, "/":
            with self.subTest(cwd):
                folder = self.copy()
                record = read_json(folder / "data.json")
                (folder / "data.json").unlink()
                result = program.run("resume", folder, "--quiet", cwd=cwd)
                self.assertEqual(result.code, 0, result.stderr)
                self.assertIn(f"caution: {folder}/data.json is missing", result.stderr)
                self.assertIn("it was written again", result.stderr)
                self.assertIn("data.json is missing", (folder / "log.txt").read_text())
                self.assertEqual(read_json(folder / "data.json"), record)

    def test_does_not_hide_other_data(self):
        folder = self.copy()
        (folder / "data.json").unlink()
        self.change_data()
        before = sorted(folder.rglob("*"))
        for command in (
            ("resume", folder, "--quiet"),
            ("evaluate", folder, "--checkpoint", "last"),
            ("apply", folder, "--write", "code", "--output", self.folder / "applied"),
        ):
            with self.subTest(command[0]):
                result = program.run(*command, cwd=self.place)
                self.assert_refused(result, "data.json: is missing, and the present data are not what the run's checkpoints were trained on")
        self.assertEqual(sorted(folder.rglob("*")), before)

    def test_evaluation_of_the_same_data_says_that_it_is_missing(self):
        folder = self.copy()
        arguments = ("evaluate", folder, "--checkpoint", "last", "--json")
        expected = program.run(*arguments, cwd=self.place)
        (folder / "data.json").unlink()
        result = program.run(*arguments, cwd=self.place)
        self.assertEqual((result.code, result.stdout), (0, expected.stdout), result.stderr)
        self.assertIn("data.json is missing", result.stderr)
        self.assertFalse((folder / "data.json").exists(), "evaluation changes nothing")

    def test_of_a_checkpoint_from_other_data(self):
        """The best checkpoint of another run of the same config is not taken for this run's."""
        self.change_data()
        other = self.stop(self.config, self.stopped.parents[1], cwd=self.place)
        self.set_up_data(self.place)
        folder = self.copy()
        (folder / "data.json").unlink()
        shutil.copy(other / "checkpoints/best.safetensors", folder / "checkpoints/best.safetensors")
        result = program.run("evaluate", folder, cwd=self.place)
        self.assertEqual(result.code, 2, result)
        self.assertIn("best.safetensors: was written by another run: it was trained on other data", result.stderr)


class InitialWeights(program.TestCase):
    def source(self, seed):
        return self.train(small_run(name="source", seed=seed), "--quiet")

    def begun(self, source):
        """A run that was killed before its first checkpoint."""
        model = {"variant": "dense", "code": 8, "initialize_from": {"path": str(source)}}
        folder = self.train(small_run(name="begun", model=model), "--quiet")
        for name in "checkpoints", "summary":
            shutil.rmtree(folder / name)
        for name in "evaluation.json", "metrics.jsonl", "metrics.csv", "log.txt":
            (folder / name).unlink()
        write_json(folder / "status.json", {"status": "running"})
        return folder

    def test_that_changed_since_are_refused(self):
        source, other = self.source(1), self.source(2)
        folder = self.begun(source)
        self.assertRegex(read_json(folder / "environment.json")["initialized_from"]["crc32"], "^[0-9a-f]{8}$")
        kept = self.folder / "kept"
        source.rename(kept)
        shutil.copytree(other, source)
        self.assert_refused(program.run("resume", folder, "--quiet"), f"{source} has other weights than when the run began")
        shutil.rmtree(source)
        kept.rename(source)
        result = program.run("resume", folder, "--quiet")
        self.assertEqual((result.code, result.stderr), (0, ""))

    def test_that_are_not_recorded_are_cautioned_of(self):
        folder = self.begun(self.source(1))
        (folder / "environment.json").unlink()
        result = program.run("resume", folder, "--quiet")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("does not say which weights the run began with", result.stderr)


class Diverged(program.TestCase):
    def test_runs_say_so(self):
        wild = small_run(
            training={"epochs": 2, "optimizer": {"kind": "sgd", "learning_rate": 1e30}},
            callbacks=[{"kind": "stop-on-nan", "enabled": False}],
        )
        file = write_json(self.folder / "run.json", wild)
        result = program.run("run", file, "--output", self.output, "--quiet", "--json")
        self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
        self.assertIn("aelab: the run diverged: ", result.stderr)
        said = json.loads(result.stdout)
        self.assertEqual(said["status"], "diverged")
        folder = self.output / "small/1"
        status = read_json(folder / "status.json")
        self.assertEqual(status["status"], "diverged")
        self.assertIn("NaN or infinite", status["message"])
        self.assertTrue((folder / "evaluation.json").exists())
        self.assertIn("diverged", (folder / "report.html").read_text())
        times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        again = program.run("resume", folder, "--json")
        self.assertEqual((again.code, json.loads(again.stdout)["status"]), (1, "diverged"), again.stderr)
        self.assertIn("already complete", again.stderr)
        self.assertEqual({path: path.stat().st_mtime_ns for path in folder.rglob("*")}, times)

    def test_runs_that_stop_on_nan_say_so(self):
        wild = small_run(training={"epochs": 2, "optimizer": {"kind": "sgd", "learning_rate": 1e30}})
        result = program.run("run", write_json(self.folder / "run.json", wild), "--output", self.output, "--quiet")
        self.assertEqual((result.code, result.stdout), (1, ""), result.stderr)
        folder = self.output / "small/1"
        status = read_json(folder / "status.json")
        self.assertEqual((status["status"], status["message"]), ("diverged", result.stderr.removeprefix("aelab: ").strip()))
        self.assertIn(f"diverged: {status['message']}\n", (folder / "log.txt").read_text())
        self.assertEqual(program.run("report", folder).code, 0)
        self.assertIn("diverged", (folder / "report.html").read_text())
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        again = program.run("resume", folder, "--json")
        self.assertEqual((again.code, json.loads(again.stdout)["status"]), (1, "diverged"), again.stderr)
        self.assertIn("already ended where it diverged", again.stderr)
        self.assertIn(f"the run diverged: {status['message']}\n", again.stderr)
        self.assertEqual({path: path.stat().st_mtime_ns for path in folder.rglob("*")}, before)
        self.assertEqual(program.run("apply", folder, "--checkpoint", "last").code, 0)  # the state before is a model

    def test_a_run_that_recovers_is_completed(self):
        folder = self.train(small_run(callbacks=[{"kind": "stop-on-nan", "enabled": False}]), "--quiet")
        self.assertEqual(read_json(folder / "status.json")["status"], "completed")


if __name__ == "__main__":
    program.main()
