"""The program under test: starting it, its run files and its run folders."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
from typing import NamedTuple

SOURCE = pathlib.Path(os.environ.get("AELAB_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("AELAB_PROGRAM", str(SOURCE / "build/release/aelab"))
SKIPPED = 77  # the exit code that ctest takes for "skipped"


class Result(NamedTuple):
    code: int  # negative: the signal that ended it
    stdout: str
    stderr: str


def environment(**changes):
    """This process's, one thread unless it says otherwise."""
    return {"OMP_NUM_THREADS": "1", **os.environ, **changes}


def start(*arguments, **options):
    return subprocess.Popen([PROGRAM, *map(str, arguments)], **{"env": environment(), **options})


def finish(process):
    out, err = process.communicate(timeout=240)
    return Result(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))


def run(*arguments, **options):
    return finish(start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options))


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
        lines = result.stderr.splitlines()
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


def main():
    if not os.access(PROGRAM, os.X_OK):
        print(f"{PROGRAM} is not built", file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main()
