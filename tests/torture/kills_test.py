"""Runs that are killed and stopped at any moment: all resume to the bits of a run that was left alone."""

import shutil
import signal
import subprocess
import time
import unittest

from endurance import chance, rounds
import program
import resume_test

# A phase of its own for each layer, for the head and for fine-tuning; a checkpoint at every step.
STACKED = {
    "name": "stacked",
    "data": {"source": "digits", "validation": 200, "train": 300},
    "model": {
        "variant": "stacked",
        "layers": [{"variant": "denoising", "code": 12}, {"variant": "contractive", "code": 8}],
        "classifier": "linear-svm",
    },
    "training": {"epochs": 3, "batch_size": 50},
    "callbacks": [{"kind": "checkpoint", "seconds": 0}],
    "evaluation": ["reconstruction", "classification", "probe"],
}
WRITES = ("openat", "write", "fsync", "close", "rename", "link", "unlink")


class Torture(resume_test.ResumeTestCase):
    """The reference run is STACKED."""

    config = STACKED

    def folder_of(self, attempt):
        return self.output / self.config["name"] / str(attempt)

    def command(self, attempt):
        """What begins or resumes the run of that number."""
        folder = self.folder_of(attempt)
        if (folder / "config.json").exists():
            return ["resume", folder]
        if folder.exists():  # it was killed before it had begun
            shutil.rmtree(folder)
        file = program.write_json(self.folder / "run.json", self.config)
        return ["run", file, "--output", self.output]

    def finish_run(self, attempt):
        result = program.run(*self.command(attempt))
        self.assertEqual(result.code, 0, result.stderr)
        self.assert_same(self.folder_of(attempt), self.reference)


class RandomMoments(Torture):
    def status(self, attempt):
        """That of the run of that number; None before it has begun."""
        folder = self.folder_of(attempt)
        return resume_test.status(folder) if (folder / "status.json").exists() else None

    def test_killed_again_and_again(self):
        moments, kills, attempt = chance("kills"), rounds(30, 500), 1
        for _ in range(kills):
            process = program.start(*self.command(attempt), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                process.wait(moments.uniform(0, 1.2 * self.seconds))
            except subprocess.TimeoutExpired:
                process.kill()
            result = program.finish(process)
            self.assertIn(result.code, (0, -signal.SIGKILL), result.stderr)
            if result.code == 0:
                self.assert_same(self.folder_of(attempt), self.reference)
                attempt += 1
        self.finish_run(attempt)

    def test_stopped_again_and_again(self):
        """The first signal lets it finish its step; before the run has begun nothing is created, and before it listens it is gone."""
        moments, attempt = chance("stops"), 1
        for _ in range(rounds(15, 200)):
            number = moments.choice((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
            before, twice = self.status(attempt), moments.random() < 0.3
            process = program.start(*self.command(attempt), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            try:
                process.wait(moments.uniform(0, 1.2 * self.seconds))
            except subprocess.TimeoutExpired:
                process.send_signal(number)
                if twice:
                    time.sleep(moments.uniform(0, 0.01))
                    process.send_signal(number)
            result = program.finish(process)
            self.assertIn(result.code, (0, 128 + number, -number), result.stderr)
            if "stopped before there was a result; nothing was created" in result.stderr:
                self.assertIn(result.code, (128 + number, *([-number] if twice else [])))  # at once, by the second one
                self.assertEqual(self.status(attempt), before)
            elif result.code == 128 + number:
                self.assertEqual(self.status(attempt), "stopped")
                self.assertIn("resume with: aelab resume", result.stderr)
            if result.code == 0:
                self.assert_same(self.folder_of(attempt), self.reference)
                attempt += 1
        self.finish_run(attempt)


def can_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(can_trace(), "strace is not installed, or may not trace")
class SystemCalls(Torture):
    """Something happens at each system call that writes a checkpoint, from the first one's on."""

    config = {
        "name": "written",
        "data": {"source": "digits", "train": 100, "test": 50},
        "model": {"variant": "dense", "code": 4},
        "training": {"epochs": 2, "batch_size": 50},
        "callbacks": [{"kind": "checkpoint", "seconds": 0}],
        "evaluation": [],
    }

    def traced(self, *options):
        file = program.write_json(self.folder / "run.json", self.config)
        strace = ["strace", "-f", "-qq", "-e", "trace=" + ",".join(WRITES), *options]
        command = [*strace, program.PROGRAM, "run", file, "--output", self.output]
        return program.finish(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=program.environment())
        )

    def places(self):
        """(system call, how many of that name the program has made by then) of all that touch checkpoints/."""
        trace = self.folder / "trace.txt"
        self.output = self.folder / "traced"
        result = self.traced("-y", "-o", trace)
        self.assertEqual(result.code, 0, result.stderr)
        made, places = {}, []
        for line in trace.read_text().splitlines():
            thread, call = line.split(None, 1)
            name = call.split("(", 1)[0]
            if name not in WRITES:
                continue
            made[thread, name] = made.get((thread, name), 0) + 1
            if "/checkpoints" in call:
                places.append((name, made[thread, name]))
        self.assertGreater(len(places), 40)
        self.assertEqual({name for name, _ in places}, set(WRITES))
        return places if rounds(False, True) else chance("calls").sample(places, 12)

    def at_each_place(self, what, check):
        """Begins runs, each with what strace is to do at one of the calls; looks at how they end, and resumes them."""
        for i, (name, count) in enumerate(self.places()):
            with self.subTest(call=name, count=count):
                self.output = self.folder / f"attempt-{i}"
                check(name, self.traced("-e", f"inject={name}:{what(name)}:when={count}", "-o", "/dev/null"))
                self.assert_whole()

    def assert_whole(self):
        """No file has a final name and half a content; the run resumes to the same bits."""
        folder = self.folder_of(1)
        for path in folder.glob("checkpoints/*.safetensors"):
            program.checkpoint_parts(path)
        self.finish_run(1)

    def test_killed_at_each(self):
        self.at_each_place(
            lambda _: "signal=KILL", lambda _, result: self.assertEqual(result.code, -signal.SIGKILL, result.stderr)
        )

    def test_failing_at_each(self):
        self.at_each_place(lambda name: "error=" + ("ENOSPC" if name in ("openat", "write") else "EIO"), self.assert_told)

    def assert_told(self, name, result):
        """Closing a file and removing one that nobody needs may fail without harm."""
        if result.code == 0:
            self.assertIn(name, ("close", "unlink"))
            return
        self.assertEqual(result.code, 1, result.stderr)
        lines = [line for line in result.stderr.splitlines() if line.startswith("aelab: ")]
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertIn("checkpoints/", lines[0])
        self.assertEqual(list(self.output.rglob("*.tmp")), [])


if __name__ == "__main__":
    program.main()
