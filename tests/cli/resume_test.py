"""Runs that are killed, stopped and resumed: to the bits of a run that was left alone."""

import json
import random
import signal
import subprocess
import time

import program

# Stops early, in epoch 10 of 40. A checkpoint at every step.
RUN = {
    "name": "resumed",
    "seed": 3,
    "data": {"source": "digits", "validation": 200},
    "model": {"variant": "dense", "code": 6, "hidden": [20]},
    "training": {"epochs": 40, "batch_size": 64, "optimizer": {"kind": "adam", "learning_rate": 0.006}},
    "callbacks": [
        {"kind": "checkpoint", "seconds": 0, "min_delta": 0.3},
        {"kind": "early-stopping", "patience": 2, "min_delta": 0.3},
        {"kind": "pictures", "every": 4, "count": 4},
    ],
    "evaluation": ["reconstruction", "accuracy"],
}
# A checkpoint every ten seconds: none before the end.
SELDOM = {**RUN, "callbacks": [{"kind": "checkpoint", "min_delta": 0.3}, *RUN["callbacks"][1:]]}


def slow_step():
    """Its first step takes seconds."""
    return {
        "name": "slow",
        "data": {"source": "mnist", "validation": 100, "train": 10000, "test": 10},
        "model": {"variant": "dense", "hidden": [1500], "code": 500},
        "training": {"epochs": 2, "batch_size": 10000},
    }


def contents(folder):
    """The files that runs of the same bits have in common; a kill may leave a temporary file behind. The report says
    how long the run took."""
    return {
        str(path.relative_to(folder)): program.without_clocks(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("environment.json", "config.json", "report.html") and path.suffix != ".tmp"
    }


def status(folder):
    return program.read_json(folder / "status.json")["status"]


def position(checkpoint):
    """The progress in a checkpoint's metadata."""
    return program.checkpoint_parts(checkpoint)[1]["progress"]


class ResumeTestCase(program.TestCase):
    """`self.reference` is what the run leaves behind when nothing disturbs it."""

    config = RUN

    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        before = time.monotonic()
        cls.reference_folder = case.train(cls.config)
        cls.seconds = time.monotonic() - before
        cls.reference = contents(cls.reference_folder)

    def runTest(self):
        pass

    def begin(self, config=RUN, **options):
        """A run under way, and its folder."""
        file = program.write_json(self.folder / "run.json", config)
        process = program.start(
            "run", file, "--output", self.output, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )
        self.addCleanup(process.kill)
        folder = self.output / config["name"] / "1"
        self.assertTrue(program.wait_for(lambda: (folder / "log.txt").exists()))
        return process, folder

    def interrupt(self, number, condition, config=RUN, **options):
        """A run folder whose run got the signal when condition(folder) held, and how the run ended."""
        for attempt in range(5):  # a busy machine may let the run end first
            self.output = self.folder / f"attempt-{attempt}"
            process, folder = self.begin(config, **options)
            self.assertTrue(program.wait_for(lambda: condition(folder)))
            process.send_signal(number)
            result = program.finish(process)
            if result.code != 0:
                return folder, result
        self.fail("the run always ended before the signal")

    def killed(self, condition, config=RUN):
        folder, result = self.interrupt(signal.SIGKILL, condition, config)
        self.assertEqual((result.code, status(folder)), (-signal.SIGKILL, "running"))
        return folder

    def resume(self, folder, as_json=False, **options):
        arguments = ["resume", folder] + ["--json"] * as_json
        process = program.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(process.kill)
        return process

    def assert_completes(self, folder, **options):
        config = (folder / "config.json").read_bytes()
        result = program.finish(self.resume(folder, **options))
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines()[-1], str(folder))
        self.assertEqual((folder / "config.json").read_bytes(), config)
        self.assert_same(folder, self.reference)

    def assert_same(self, folder, reference):
        found = contents(folder)
        self.assertEqual(found.keys(), reference.keys())
        for name in found:
            self.assertTrue(found[name] == reference[name], f"{name} differs from the undisturbed run's")


def lines(folder):
    path = folder / "metrics.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


class Reference(ResumeTestCase):
    def test_is_what_these_tests_suppose(self):
        epochs = [json.loads(line) for line in self.reference["metrics.jsonl"].decode().splitlines()]
        steps = -(-(1797 - 359 - 200) // 64)
        self.assertEqual([epoch["step"] for epoch in epochs], [steps * (i + 1) for i in range(len(epochs))])
        self.assertIn(len(epochs), range(6, 40), "it stops early, but not at once")
        self.assertIn(b"stopped early", self.reference["log.txt"])
        self.assertTrue(position(self.reference_folder / "checkpoints/last.safetensors")["phase_ended"])
        self.assertTrue(
            self.reference["checkpoints/last.safetensors"] != self.reference["checkpoints/best.safetensors"]
        )

    def test_another_run_has_the_same_bits(self):
        self.assert_same(self.train(RUN), self.reference)


def has_lines(count):
    return lambda folder: lines(folder) >= count


class Killed(ResumeTestCase):
    def kill(self, process):
        process.kill()
        process.communicate()

    def test_before_its_first_checkpoint(self):
        folder = self.killed(has_lines(1), SELDOM)
        self.assertFalse((folder / "checkpoints/last.safetensors").exists())
        self.assert_completes(folder)

    def test_within_epochs_again_and_again(self):
        """Killed at a random moment after each of the first four epochs, the resumed run too."""
        chance = random.Random(1)
        folder = self.killed(has_lines(1))
        for epochs in (2, 3, 4):
            process = self.resume(folder)
            self.assertTrue(program.wait_for(lambda: lines(folder) >= epochs or process.poll() is not None))
            time.sleep(chance.uniform(0, 0.02))
            self.kill(process)
            self.assertEqual(status(folder), "running")
        self.kill(self.resume(folder))  # before LibTorch is even loaded
        self.assert_completes(folder)

    def test_at_random_moments(self):
        chance = random.Random(2)
        folder = self.killed(lambda _: True)
        for _ in range(8):
            process = self.resume(folder)
            time.sleep(chance.uniform(0.2, 0.6))
            self.kill(process)
        self.assert_completes(folder)

    def test_when_a_line_was_torn(self):
        folder = self.killed(has_lines(3))
        for name in ("metrics.jsonl", "metrics.csv", "log.txt"):
            with open(folder / name, "ab") as file:
                file.write(b'{"step": 99')
        self.assert_completes(folder)

    def test_after_early_stopping_ended_the_phase(self):
        self.assert_completes(
            self.killed(lambda folder: b"stopped early" in (folder / "log.txt").read_bytes())
        )

    def test_after_the_last_checkpoint(self):
        folder = self.train(RUN)
        self.assertTrue(position(folder / "checkpoints/last.safetensors")["phase_ended"])
        (folder / "evaluation.json").unlink()
        program.write_json(folder / "status.json", {"status": "running"})
        self.assert_completes(folder)


class Notes(ResumeTestCase):
    """What was guessed or chosen at the start: config.json leaves nothing open that could be chosen again."""

    config = {**SELDOM, "data": {"source": "digits", "validation": 200, "transforms": ["standardize"]}}

    def test_of_the_start_of_a_run_that_was_killed_before_its_first_checkpoint(self):
        self.assertIn(b'model.likelihood: "gaussian" by default', self.reference["log.txt"])
        folder = self.killed(has_lines(1), self.config)
        self.assertFalse((folder / "checkpoints/last.safetensors").exists())
        self.assert_completes(folder)


class Stopped(ResumeTestCase):
    def test_by_signals(self):
        for number, code, config in (
            (signal.SIGINT, 130, RUN),
            (signal.SIGTERM, 143, SELDOM),
            (signal.SIGHUP, 129, RUN),
        ):
            with self.subTest(number.name):
                self.setUp()
                folder, result = self.interrupt(number, has_lines(2), config)
                self.assertEqual(result.code, code, result.stderr)
                self.assertEqual(result.stdout.splitlines(), [str(folder)])
                self.assertIn(f"aelab: stopped; resume with: aelab resume {folder}", result.stderr)
                self.assertEqual(status(folder), "stopped")
                self.assertFalse((folder / "evaluation.json").exists())
                self.assertGreater(position(folder / "checkpoints/last.safetensors")["step"], 0)
                self.assert_completes(folder)

    def test_says_so_in_json(self):
        folder, _ = self.interrupt(signal.SIGTERM, has_lines(1))
        process = self.resume(folder, as_json=True)
        self.assertTrue(program.wait_for(lambda: status(folder) == "running"))
        process.terminate()
        result = program.finish(process)
        self.assertEqual(result.code, 143, result.stderr)
        self.assertEqual(
            json.loads(result.stdout), {"folder": str(folder), "status": "stopped", "metrics": {}}
        )

    def test_a_second_signal_ends_at_once(self):
        process, folder = self.begin(slow_step())
        self.assertTrue(program.wait_for(lambda: (folder / "log.txt").read_bytes() != b""))
        time.sleep(0.3)
        process.terminate()
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "the step was to take longer")
        process.terminate()
        before = time.monotonic()
        result = program.finish(process)
        self.assertEqual(result.code, -signal.SIGTERM)
        self.assertLess(time.monotonic() - before, 1)
        self.assertEqual(status(folder), "running")
        self.assertFalse((folder / "checkpoints/last.safetensors").exists())

    def test_a_signal_that_is_ignored_stays_ignored(self):
        """As under nohup."""
        process, folder = self.begin(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertTrue(program.wait_for(lambda: lines(folder) >= 1))
        process.send_signal(signal.SIGHUP)
        self.assertEqual(program.finish(process).code, 0)
        self.assert_same(folder, self.reference)


    def test_a_signal_that_was_blocked_is_let_through(self):
        """As started by a thread that waits for signals itself."""
        blocked = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
        process, folder = self.begin(preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, blocked))
        self.assertTrue(program.wait_for(lambda: lines(folder) >= 1))
        process.terminate()
        self.assertEqual(program.finish(process).code, 143)
        self.assertEqual(status(folder), "stopped")


class Completed(ResumeTestCase):
    def test_resuming_is_harmless(self):
        self.assert_completes(self.reference_folder)

    def test_says_that_nothing_was_done(self):
        before = {path: path.stat().st_mtime_ns for path in self.reference_folder.rglob("*")}
        result = program.finish(self.resume(self.reference_folder, as_json=True))
        self.assertIn("was already complete", result.stderr)
        said = json.loads(result.stdout)
        recorded = program.read_json(self.reference_folder / "evaluation.json")["metrics"]
        self.assertEqual((said["status"], said["metrics"]), ("completed", recorded))
        after = {path: path.stat().st_mtime_ns for path in self.reference_folder.rglob("*")}
        self.assertEqual(after, before)

    def test_from_another_folder_by_a_relative_path(self):
        result = program.run("resume", "1", cwd=self.reference_folder.parent)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines()[-1], "1")
        self.assert_same(self.reference_folder, self.reference)


class Threads(ResumeTestCase):
    def test_are_recorded_and_reused(self):
        self.assertEqual(program.read_json(self.reference_folder / "config.json")["training"]["threads"], 1)
        folder, _ = self.interrupt(signal.SIGTERM, has_lines(2))
        self.assert_completes(folder, env=program.environment(OMP_NUM_THREADS="2"))

    def test_as_many_as_the_file_says(self):
        config = {**RUN, "training": {"epochs": 1, "threads": 2}}
        self.assertEqual(program.read_json(self.train(config) / "config.json")["training"]["threads"], 2)


class Refused(ResumeTestCase):
    def stopped(self):
        """A run that is to go on from its last checkpoint."""
        folder = self.train({**RUN, "training": {"epochs": 1}})
        program.write_json(folder / "status.json", {"status": "stopped"})
        return folder

    def test_no_run_folder(self):
        self.assert_refused(
            program.run("resume", self.folder), f"{self.folder}: is not a run folder: it has no config.json"
        )
        self.assert_refused(
            program.run("resume", self.folder / "none"), f"{self.folder / 'none'}: is not a run folder"
        )
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_config_that_was_damaged(self):
        folder = self.train({**RUN, "training": {"epochs": 1}})
        path = folder / "config.json"
        path.write_text(path.read_text()[:100])
        self.assert_refused(program.run("resume", folder), f"{path}:")

    def test_a_checkpoint_that_was_damaged(self):
        folder = self.stopped()
        path = folder / "checkpoints/last.safetensors"
        whole = path.read_bytes()
        header = int.from_bytes(whole[:8], "little")

        def flipped(place):
            return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]

        progress = whole.index(b'\\"step\\":') + len(b'\\"step\\":')
        for damage, content in {
            "a tensor's byte": flipped(8 + header + 100),
            "the last byte": flipped(len(whole) - 1),
            "the header's length": flipped(1),
            "the position": flipped(progress),
            "a brace of the header": flipped(8),
            "cut within the tensors": whole[:-1],
            "cut within the header": whole[:100],
            "empty": b"",
            "longer": whole + b"\0",
            "zeros": bytes(len(whole)),
        }.items():
            with self.subTest(damage):
                path.write_bytes(content)
                self.assert_refused(program.run("resume", folder), str(path))
                self.assertEqual(path.read_bytes(), content)
                self.assertNotIn(status(folder), ("running", "completed"))
        path.write_bytes(whole)
        self.assertEqual(program.run("resume", folder).code, 0)

    def test_a_checkpoint_of_another_model(self):
        folder = self.stopped()
        path = folder / "checkpoints/last.safetensors"
        path.write_bytes((self.reference_folder / "checkpoints/last.safetensors").read_bytes())
        config = program.read_json(folder / "config.json")
        config["model"] = {"variant": "dense", "code": 7}
        program.write_json(folder / "config.json", config)
        self.assert_refused(program.run("resume", folder), str(path))

    def test_metrics_that_were_lost(self):
        folder = self.stopped()
        (folder / "metrics.jsonl").write_text("{")
        result = program.run("resume", folder)
        self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
        self.assertIn(str(folder / "metrics.jsonl"), result.stderr)
        self.assertEqual(status(folder), "failed")


if __name__ == "__main__":
    program.main()
