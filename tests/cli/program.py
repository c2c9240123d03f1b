"""The program under test: starting it, its run files and its run folders."""

import atexit
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib
from typing import NamedTuple

SOURCE = pathlib.Path(os.environ.get("AELAB_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("AELAB_PROGRAM", str(SOURCE / "build/release/aelab"))
WARM = pathlib.Path(PROGRAM).parent / "tests/warm"
TIMEOUT = 240  # seconds
SKIPPED = 77  # the exit code that ctest takes for "skipped"

# Programs inherit what is ignored: under nohup, or in the background of a script, tests that interrupt would wait.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


class Result(NamedTuple):
    code: int  # negative: the signal that ended it
    stdout: str
    stderr: str


def environment(**changes):
    """This process's, but for the width of its terminal; one thread unless it says otherwise."""
    return {"OMP_NUM_THREADS": "1", **{name: value for name, value in os.environ.items() if name != "COLUMNS"}, **changes}


def start(*arguments, **options):
    return subprocess.Popen([PROGRAM, *map(str, arguments)], **{"env": environment(), **options})


def finish(process):
    out, err = process.communicate(timeout=TIMEOUT)
    return Result(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


class Warm:
    """The program, started once (tests/warm/warm.cc): each command is run by a copy of the process."""

    idle = []  # several threads may run commands

    def __init__(self):
        self.process = subprocess.Popen([WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
        atexit.register(self.process.communicate)

    def answer(self, command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], TIMEOUT)[0]:
            self.process.kill()
            raise subprocess.TimeoutExpired(command["arguments"], TIMEOUT)
        return Result(*json.loads(self.process.stdout.readline()))

    @classmethod
    def run(cls, arguments, cwd, variables):
        try:
            warm = cls.idle.pop()
        except IndexError:
            warm = cls()
        result = warm.answer({"arguments": arguments, "cwd": os.path.abspath(cwd), "environment": variables})
        cls.idle.append(warm)
        return result

    @staticmethod
    def can_run(arguments):
        """Not where the program alone was built since, nor arguments that are not UTF-8."""
        try:
            "".join(arguments).encode()
        except UnicodeEncodeError:
            return False
        return WARM.exists() and WARM.stat().st_mtime >= os.stat(PROGRAM).st_mtime


def run(*arguments, cwd=".", columns=None, **options):
    """The result of a command. It is not started anew, unless there are further options: a test of what happens at the
    start of a process, environment variables of libraries included, gives `env` or uses start()."""
    words = list(map(str, arguments))
    variables = environment() if columns is None else environment(COLUMNS=str(columns))
    if not options and Warm.can_run(words):
        return Warm.run(words, cwd, variables)
    return finish(start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, **{"env": variables, **options}))


def small_run(**changes):
    """A run of a moment, its top-level keys replaced by `changes`; None removes one."""
    config = {
        "name": "small",
        "data": {"source": "digits", "validation": 200},
        "model": {"variant": "dense", "code": 8},
        "training": {"epochs": 2},
        **changes,
    }
    return {key: value for key, value in config.items() if value is not None}


def write_json(path, value):
    path.write_text(json.dumps(value))
    return path


def read_json(path):
    return json.loads(path.read_text())


def checkpoint_parts(path):
    """A checkpoint's header, aelab's part of it read, and its tensors' bytes."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    return header, json.loads(header["__metadata__"]["aelab"]), content[end:]


def write_checkpoint(path, header, record, tensors):
    """The checkpoint with another record, as another aelab might have left it: its checksum is right."""
    metadata = header["__metadata__"]
    metadata["aelab"] = json.dumps(record)
    metadata.pop("aelab.metadata_checksum", None)
    shapes = {name: [tensor["dtype"], tensor["shape"]] for name, tensor in header.items() if name != "__metadata__"}
    covered = json.dumps({"metadata": metadata, "tensors": shapes}, sort_keys=True, separators=(",", ":"))
    metadata["aelab.metadata_checksum"] = f"{zlib.crc32(covered.encode()):08x}"
    encoded = json.dumps(header).encode()
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + tensors)


def without_clocks(path):
    """A file's content, but for what a run took, its config, and checksums of files beside it."""
    if path.name == "status.json":
        return {key: value for key, value in read_json(path).items() if key not in ("seconds", "peak_bytes", "checksums")}
    if path.suffix != ".safetensors":
        return path.read_bytes()
    header, aelab, tensors = checkpoint_parts(path)
    for clock in "seconds", "phase_seconds":
        del aelab["progress"][clock]
    aelab.pop("config", None)
    header["__metadata__"]["aelab"] = aelab
    del header["__metadata__"]["aelab.metadata_checksum"]
    return header, tensors


def wait_for(condition, seconds=60):
    """Until the condition holds; whether it did in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.001)
    return True


class TestCase(unittest.TestCase):
    """Each test has a folder of its own, `self.folder`."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="aelab-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.output = self.folder / "output"

    def train(self, config, *arguments, **options):
        """Runs a run file that must succeed; its run folder."""
        file = write_json(self.folder / "run.json", config)
        result = run("run", file, "--output", self.output, *arguments, **options)
        self.assertEqual(result.code, 0, result.stderr)
        return pathlib.Path(result.stdout.splitlines()[-1])

    def assert_refused(self, result, *expected):
        """Exit code 2, nothing on stdout, nothing of LibTorch's, one line an error, and the expected texts,
        each on a line of its own."""
        self.assertEqual(result.code, 2, result)
        self.assertEqual(result.stdout, "")
        for unwanted in (
            "c10",
            "LibTorch failed",
            "Exception raised",
            "frame #",
            "terminate",
            ".cpp",
            "json.exception",
            "\x1b",
        ):
            self.assertNotIn(unwanted, result.stderr)
        lines = [line for line in result.stderr.splitlines() if not line.startswith(("--data: ", "data: "))]
        self.assertTrue(lines and lines[0].startswith("aelab: "), result.stderr)
        heading = 0
        if len(expected) > 1:
            self.assertIn(f"{len(expected)} errors", lines[0])
            heading = 1
        self.assertEqual(len(lines), heading + len(expected), result.stderr)
        left = lines[heading:]
        for text in expected:
            found = next((line for line in left if text in line), None)
            self.assertIsNotNone(found, f"{text!r} is not said in:\n{result.stderr}")
            left.remove(found)


class Runner(unittest.TextTestRunner):
    """Prints which tests of a script were skipped, and why, for tests/skips.py."""

    def run(self, test):
        result = super().run(test)
        for case, reason in result.skipped:
            case = getattr(case, "test_case", case)  # of a subtest, the test
            print(f"[  SKIPPED ] {case.id().removeprefix('__main__.')}: {reason}", flush=True)
        return result


def main():
    if not os.access(PROGRAM, os.X_OK):
        print(f"{PROGRAM} is not built", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(testRunner=Runner)
