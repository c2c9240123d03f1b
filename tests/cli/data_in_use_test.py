"""A run's folder knows what it was trained on, and a file that changes while it is read ends the run."""

import json
import signal
import struct
import subprocess
import sys
import time
import zlib

import program
import reading

try:
    import numpy
    from safetensors.numpy import load_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class RunFolders(reading.DataTest):
    def config(self, **data):
        numpy.save(self.path("x.npy"), self.random.normal(size=(300, 6)))
        return program.small_run(
            data={"source": "npy", "files": self.path("x.npy"), "validation": 50, **data},
            model={"variant": "dense", "code": 3, "likelihood": "gaussian"},
        )

    def test_know_their_data(self):
        folder = self.train(self.config())
        record = program.read_json(folder / "data.json")
        self.assertEqual((record["source"], record["shape"], record["rows"]["train"]), ("npy", [6], 300))
        file = record["files"][0]


        content = (self.folder / "x.npy").read_bytes()
        self.assertEqual((file["bytes"], file["crc32"]), (len(content), f"{zlib.crc32(content):08x}"))
        numpy.save(self.path("x.npy"), numpy.zeros((300, 6)))
        for command in ("evaluate", "apply"):
            result = program.run(command, folder)
            self.assert_refused(result, f"{self.path('x.npy')} is not what the run used: its checksum is ")

    def test_in_memory_or_not_is_the_same_run(self):
        weights = []
        for in_memory in (True, False):
            folder = self.train(self.config(in_memory=in_memory) if not weights else {
                **program.read_json(self.folder / "run.json"),
                "data": {"source": "npy", "files": self.path("x.npy"), "validation": 50, "in_memory": False},
            })
            weights.append((folder / "checkpoints/best.safetensors").read_bytes())
        tensors = [content[8 + struct.unpack("<Q", content[:8])[0] :] for content in weights]
        self.assertEqual(*tensors)

    def start_training(self, config):
        """A run that goes on until its data change; after its first checkpoint."""
        config["training"] = {"epochs": 100000}
        config["callbacks"] = [{"kind": "checkpoint", "seconds": 0}, "log"]
        process = program.start(
            "run", program.write_json(self.folder / "run.json", config), "--output", self.output,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.assertTrue(program.wait_for((self.output / "small/1/checkpoints/last.safetensors").exists))
        return process

    def assert_ended_by_change(self, process):
        result = program.finish(process)
        said = f"{self.path('x.npy')}: was changed while it was in use"
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn(said, result.stderr)
        self.assertIn(said, (self.output / "small/1/log.txt").read_text())
        status = program.read_json(self.output / "small/1/status.json")
        self.assertEqual(status["status"], "failed")
        self.assertIn(said, status["message"])

    def test_a_file_that_is_overwritten_in_place_ends_the_run(self):
        process = self.start_training(self.config(in_memory=False))
        content = (self.folder / "x.npy").read_bytes()
        with open(self.path("x.npy"), "r+b") as changed:
            changed.seek(128)  # behind the header
            changed.write(self.random.normal(size=300 * 6).tobytes())
        self.assert_ended_by_change(process)
        self.assert_refused(program.run("resume", self.output / "small/1"), "x.npy is not what the run used: its checksum is ")
        (self.folder / "x.npy").write_bytes(content)  # restored, it goes on
        resumed = program.start("resume", self.output / "small/1", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(program.wait_for(
            lambda: program.read_json(self.output / "small/1/status.json")["status"] == "running"))
        time.sleep(0.5)
        resumed.send_signal(signal.SIGTERM)
        self.assertEqual(program.finish(resumed).code, 128 + 15)

    def test_a_file_behind_a_link_is_watched_too(self):
        config = self.config(in_memory=False)
        (self.folder / "x.npy").rename(self.folder / "elsewhere.npy")
        (self.folder / "x.npy").symlink_to("elsewhere.npy")
        process = self.start_training(config)
        values = numpy.load(self.folder / "elsewhere.npy", mmap_mode="r+")
        values[17, 3] += 1
        values.flush()
        self.assert_ended_by_change(process)

    def test_a_file_that_shrinks_ends_the_run_with_a_checkpoint(self):
        config = self.config(in_memory=False)
        config["training"] = {"epochs": 100000}
        config["callbacks"] = [{"kind": "checkpoint", "seconds": 0}]
        file = program.write_json(self.folder / "run.json", config)
        process = program.start("run", file, "--output", self.output, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        last = self.output / "small/1/checkpoints/last.safetensors"
        self.assertTrue(program.wait_for(last.exists))
        content = (self.folder / "x.npy").read_bytes()
        with open(self.path("x.npy"), "r+b") as shrunk:
            shrunk.truncate(len(content) - 1)
        result = program.finish(process)
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn(f"{self.path('x.npy')}: became shorter while it was in use: it has {len(content) - 1} of {len(content)} bytes", result.stderr)
        self.assertEqual(program.read_json(self.output / "small/1/status.json")["status"], "failed")
        self.assertTrue(last.exists())
        self.assert_refused(program.run("resume", self.output / "small/1"), "the file is truncated")
        (self.folder / "x.npy").write_bytes(content[:-8] + bytes(8))
        self.assert_refused(program.run("resume", self.output / "small/1"), "x.npy is not what the run used: its checksum is ")
        (self.folder / "x.npy").write_bytes(content)
        resumed = program.start("resume", self.output / "small/1", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        resumed.send_signal(signal.SIGTERM)
        self.assertEqual(program.finish(resumed).code, 128 + 15)

    def test_whitening_is_saved_with_the_model(self):
        config = self.config(transforms=[{"kind": "whiten", "method": "pca", "components": 4}])
        folder = self.train(config)
        saved = load_file(folder / "checkpoints/best.safetensors")
        self.assertEqual(saved["transforms.0.matrix"].shape, (6, 4))
        other = self.random.normal(size=(40, 6)).astype("f4")
        numpy.save(self.path("other.npy"), other)
        source = json.dumps({"source": "npy", "files": self.path("other.npy")})
        result = program.run("apply", folder, "--data", source, "--write", "reconstruction", "--output", self.path("r"))
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(numpy.load(self.path("r") + "/reconstruction.npy").shape, (40, 6))  # unwhitened
        result = program.run("evaluate", folder, "--data", source, "--part", "train", "--json")
        self.assertEqual(result.code, 0, result.stderr)


if __name__ == "__main__":
    program.main()
