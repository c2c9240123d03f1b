"""What the program writes to may be full, gone or closed, and what it inherits may be strange."""

import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import program
from program import read_json, small_run, start, wait_for, write_json

COMPARISON = {
    "name": "small",
    "base": {"data": {"source": "digits", "train": 300, "validation": 100}},
    "variants": [
        {"name": "pca", "set": {"model": {"variant": "pca", "code": 4}}},
        {"name": "dense", "set": {"model": {"variant": "dense", "code": 4}}},
    ],
    "seeds": [1, 2],
    "budget": {"steps": 30},
}
LONG = {"training": {"epochs": 100000, "batch_size": 8}}


class Commands(program.TestCase):
    """Every command that the program lists, on a finished run and a finished comparison."""

    def setUp(self):
        super().setUp()
        self.trained = self.train(small_run(name="finished"))
        flat = {"source": "digits", "validation": 200, "transforms": ["flatten"]}
        dictionary = self.train(small_run(name="dictionary", model={"variant": "top-k", "code": 16, "k": 3}, data=flat))
        self.package = self.folder / "package"
        self.assertEqual(program.run("export", dictionary, "--format", "saelens", "--output", self.package).code, 0)
        comparison = write_json(self.folder / "comparison.json", COMPARISON)
        self.assertEqual(program.run("compare", comparison, "--output", self.output).code, 0)
        self.file = write_json(self.folder / "run.json", small_run())
        self.numbers = itertools.count()

    def command_line(self, command):
        new = self.folder / f"exported-{next(self.numbers)}.npz"
        return [command] + {
            "run": [self.file, "--output", self.output],
            "resume": [self.trained],
            "evaluate": [self.trained],
            "interpolate": [self.trained, "--from", 1, "--to", 2],
            "sample": [self.trained],
            "apply": [self.trained],
            "detect": [self.trained],
            "export": [self.trained, "--output", new],
            "import": [self.package],
            "compare": [self.output / "small"],
            "data": ["digits"],
            "report": [self.trained],
            "list": [],
            "describe": ["training"],
            "schema": [],
            "doctor": [],
            "bench": ["--filter", "mlp-128", "--seconds", "0.01"],
            "help": [],
            "completion": ["bash"],
        }[command]

    def listed(self):
        return re.findall(r"^  (\w+)  ", program.run("--help").stdout.split("Commands:")[1], re.M)

    def with_json(self):
        return [command for command in self.listed() if "--json" in program.run(command, "--help").stdout]

    def every_line(self):
        yield from (self.command_line(command) for command in self.listed())
        yield from ([*self.command_line(command), "--json"] for command in self.with_json())
        yield from (["--help"], ["--version"], ["manual"], ["complete", ""])

    def test_output_that_is_lost_is_a_failure(self):
        for arguments in self.every_line():
            with self.subTest(arguments), open("/dev/full", "w") as full:
                process = start(*arguments, stdout=full, stderr=subprocess.PIPE)
                error = process.communicate(timeout=240)[1].decode()
                said = "aelab: cannot write to standard output: No space left on device"
                self.assertEqual((process.returncode, error.splitlines()[-1:]), (1, [said]))

    def test_a_reader_that_has_gone_ends_commands_in_silence(self):
        for arguments in self.every_line():
            with self.subTest(arguments):
                reading, writing = os.pipe()
                os.close(reading)
                process = start(*arguments, stdout=writing, stderr=subprocess.PIPE)
                os.close(writing)
                error = process.communicate(timeout=240)[1].decode()
                self.assertEqual(process.returncode, -signal.SIGPIPE, error)
                self.assertNotIn("aelab:", error.replace("aelab: this run was already complete", ""))

    def test_json_is_one_valid_object(self):
        for command in self.with_json():
            with self.subTest(command):
                result = program.run(*self.command_line(command), "--json")
                self.assertEqual(result.code, 0, result.stderr)
                self.assertIsInstance(json.loads(result.stdout), dict)

    def test_closed_descriptors_become_no_files(self):
        """What is printed must not land in a file that took the number of a closed descriptor."""
        for closed in (0, 1, 2), (1,), (2,), (1, 2):
            with self.subTest(closed):
                before = set(self.output.rglob("*"))
                process = start(
                    "run", self.file, "--output", self.output, preexec_fn=lambda: [os.close(number) for number in closed],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
                self.assertEqual(process.wait(120), 0)
                folder = next(path.parent for path in set(self.output.rglob("metrics.csv")) - before)
                for path in folder.rglob("*"):
                    if path.is_file() and path.suffix != ".html":
                        self.assertNotIn(b"epoch 1/2 ", path.read_bytes(), path)
                        self.assertNotIn(b"reconstruction/mse  ", path.read_bytes(), path)
                self.assertEqual(read_json(folder / "status.json")["status"], "completed")

    def test_a_working_directory_that_was_removed(self):
        gone = self.folder / "gone"
        for arguments in self.every_line():
            with self.subTest(arguments):
                gone.mkdir()
                script = f'cd {gone} && rmdir {gone} && exec "$0" "$@"'
                result = subprocess.run(
                    ["sh", "-c", script, program.PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=program.environment()
                )
                self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
                self.assertEqual(
                    result.stderr, "aelab: the working directory does not exist any more: change to another folder\n"
                )


class Readers(program.TestCase):
    def test_a_run_whose_reader_leaves_is_completed(self):
        """aelab run ... 2>&1 | head -1"""
        file = write_json(self.folder / "run.json", small_run(training={"epochs": 30}))
        for redirected in "2>&1", "":
            with self.subTest(redirected):
                subprocess.run(
                    ["sh", "-c", f'"$0" "$@" {redirected} | head -1', program.PROGRAM, "run", file, "--output", self.output],
                    env=program.environment(), capture_output=True, timeout=120, check=True,
                )
        for number in "1", "2":
            self.assertEqual(read_json(self.output / f"small/{number}/status.json")["status"], "completed")

    def test_a_comparison_whose_reader_leaves_is_completed(self):
        file = write_json(self.folder / "comparison.json", COMPARISON)
        subprocess.run(
            ["sh", "-c", '"$0" "$@" 2>&1 | head -1', program.PROGRAM, "compare", file, "--output", self.output],
            env=program.environment(), capture_output=True, timeout=240, check=True,
        )
        for path in (self.output / "small/runs").rglob("status.json"):
            self.assertEqual(read_json(path)["status"], "completed")
        self.assertTrue((self.output / "small/comparison.json").exists())


class Inherited(program.TestCase):
    def test_ignored_child_signals(self):
        """The kernel keeps no exit status for a process that ignores SIGCHLD."""
        file = write_json(self.folder / "comparison.json", COMPARISON)
        process = start(
            "compare", file, "--output", self.output, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        )
        self.assertEqual(program.finish(process).code, 0)

    def test_tests_interrupt_their_programs_even_under_nohup(self):
        script = "import program; program.subprocess.run(['grep', 'SigIgn', '/proc/self/status'])"
        result = subprocess.run(
            [sys.executable, "-c", script],
            cwd=program.SOURCE / "tests/cli", capture_output=True, text=True,
            preexec_fn=lambda: [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)],
        )
        ignored = int(re.search(r"SigIgn:\s*([0-9a-f]+)", result.stdout)[1], 16)
        for number in signal.SIGINT, signal.SIGHUP:
            self.assertFalse(ignored >> (number - 1) & 1)

    def test_a_suspended_worker_is_stopped(self):
        endless = {**COMPARISON, "base": {**COMPARISON["base"], **LONG}}
        del endless["budget"]
        file = write_json(self.folder / "comparison.json", endless)
        process = start("compare", file, "--output", self.output, "--jobs", 1, stdout=-3, stderr=-3)

        def workers():
            try:
                children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            except FileNotFoundError:
                return []
            return [int(child) for child in children]

        begun = self.output / "small/runs/dense/seed-1/metrics.jsonl"
        self.assertTrue(wait_for(lambda: begun.exists() and workers()))
        worker = workers()[0]
        os.kill(worker, signal.SIGSTOP)
        process.terminate()
        self.assertEqual(process.wait(60), 143)
        self.assertFalse(os.path.exists(f"/proc/{worker}"))


if __name__ == "__main__":
    program.main()
