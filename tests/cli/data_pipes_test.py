"""Pipes, sockets and devices where files are expected: refused with one message, or read once; nothing waits forever."""

import json
import os
import socket
import subprocess
import unittest

import program
from program import small_run

PIPE = "it is a pipe, which can be read only once: save its content to a file"


class Pipes(program.TestCase):
    def run_in_time(self, *arguments, **options):
        """As program.run, of a command that must not wait."""
        process = program.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"{arguments} waits forever")
        return program.Result(process.returncode, out.decode(), err.decode())

    def fifo(self, name):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        return path


class DataFiles(Pipes):
    def test_pipes_as_files_of_every_source(self):
        for source in ("csv", "parquet", "npy", "npz", "safetensors", "idx"):
            for name in ("rows", "rows.gz"):
                with self.subTest(source, name=name):
                    path = self.fifo(name)
                    refused = self.run_in_time("data", json.dumps({"source": source, "files": str(path)}))
                    self.assert_refused(refused, f"cannot read {path}: {PIPE}")
        self.assert_refused(self.run_in_time("data", path), f"cannot read {path}: {PIPE}")

    def test_pipes_as_labels_and_test_files(self):
        digits = program.SOURCE / "data/mnist/t10k-images-idx3-ubyte.gz"
        pipe = self.fifo("pipe")
        for fields in ({"label_files": str(pipe)}, {"test_files": str(pipe)}):
            refused = self.run_in_time("data", json.dumps({"source": "idx", "files": str(digits), **fields}))
            self.assert_refused(refused, f"cannot read {pipe}: {PIPE}")

    def test_links_to_pipes_sockets_and_devices(self):
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(str(self.folder / "socket"))
        (self.folder / "link").symlink_to(self.fifo("pipe"))
        for path, says in {
            self.folder / "link": PIPE,
            self.folder / "socket": "it is a socket, not a file",
            "/dev/zero": "it is a device, not a file",
            "/dev/null": "it is a device, not a file",
        }.items():
            for source in (str(path), json.dumps({"source": "csv", "files": str(path)}), json.dumps({"source": "npy", "files": str(path)})):
                with self.subTest(source):
                    self.assert_refused(self.run_in_time("data", source), f"cannot read {path}: {says}")

    def test_a_pipe_on_standard_input(self):
        source = json.dumps({"source": "csv", "files": "/dev/stdin"})
        self.assert_refused(self.run_in_time("data", source, stdin=subprocess.PIPE), f"cannot read /dev/stdin: {PIPE}")
        table = self.folder / "table.csv"
        table.write_text("a,b\n" + "".join(f"{i},{i * i}\n" for i in range(9)))
        with open(table) as stdin:
            self.assertEqual(self.run_in_time("data", source, stdin=stdin).code, 0)

    def test_a_run_refuses_them_before_it_creates_anything(self):
        file = program.write_json(
            self.folder / "run.json", small_run(data={"source": "csv", "files": str(self.fifo("pipe"))}))
        self.assert_refused(self.run_in_time("run", file, "--output", self.output), PIPE)
        self.assertFalse(self.output.exists())

    def test_pipes_in_folders_of_known_sets(self):
        for source, names in {"mnist": ["train-images-idx3-ubyte"], "cifar10": ["data_batch_1.bin"], "digits": ["digits.csv", "digits.csv.gz"]}.items():
            folder = self.folder / source
            for name in names:
                self.fifo(f"{source}/{name}")
            refused = self.run_in_time("data", json.dumps({"source": source, "folder": str(folder)}))
            self.assertEqual(refused.code, 2, refused)
            self.assertIn(PIPE, refused.stderr)

    def test_pictures(self):
        folder = self.folder / "pictures"
        pipe = self.fifo("pictures/cats/a.png")
        refused = self.run_in_time("data", json.dumps({"source": "images", "files": str(folder)}))
        self.assert_refused(refused, f"cannot read {pipe}: {PIPE}")
        self.assert_refused(self.run_in_time("data", json.dumps({"source": "images", "files": str(pipe)})), "there is no folder")


class RunFiles(Pipes):
    def fed(self, *arguments, feed):
        """Runs the program with a pipe in place of FEED, which a process substitution of a shell would give."""
        reading, writing = os.pipe()
        os.write(writing, json.dumps(feed).encode())
        os.close(writing)
        arguments = [f"/dev/fd/{reading}" if argument == "FEED" else argument for argument in arguments]
        try:
            return self.run_in_time(*arguments, pass_fds=[reading])
        finally:
            os.close(reading)

    def test_run_and_comparison_files_may_be_pipes(self):
        result = self.fed("run", "FEED", "training.epochs=1", "--output", self.output, feed=small_run())
        self.assertEqual(result.code, 0, result.stderr)
        comparison = {"name": "two", "base": small_run(name=None), "seeds": [1], "output": str(self.output)}
        result = self.fed("compare", "FEED", feed=comparison)
        self.assertEqual(result.code, 0, result.stderr)

    def test_a_run_file_on_standard_input(self):
        process = program.start("run", "/dev/stdin", "--output", self.output, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(json.dumps(small_run()).encode(), timeout=240)
        self.assertEqual(process.returncode, 0, err)

    def test_endless_devices_have_a_limit(self):
        for command in ("run", "compare"):
            refused = self.run_in_time(command, "/dev/zero")
            self.assert_refused(refused, "cannot read /dev/zero: its content is longer than the limit of")

    def test_a_signal_ends_the_wait_for_a_writer(self):
        process = program.start("run", self.fifo("run.json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1)
        process.terminate()
        self.assertNotEqual(process.wait(20), 0)
        process.communicate()


class RunFolders(Pipes):
    def setUp(self):
        super().setUp()
        self.run_folder = self.train(small_run())

    def test_reports_name_pipes_among_their_files_and_go_on(self):
        files = sorted(path.relative_to(self.run_folder) for path in self.run_folder.rglob("*")
                       if path.is_file() and path.suffix in (".json", ".jsonl", ".txt", ".png"))
        self.assertGreater(len(files), 8)
        for name in files:
            with self.subTest(name):
                path = self.run_folder / name
                content = path.read_bytes()
                self.fifo(path)
                result = self.run_in_time("report", self.run_folder)
                self.assertEqual(result.code, 0, result)
                if name.name in ("config.json", "metrics.jsonl", "log.txt", "environment.json"):
                    page = (self.run_folder / "report.html").read_text()
                    self.assertIn(f"{name}: {PIPE}", page)
                path.unlink()
                path.write_bytes(content)

    def test_other_commands_refuse_them(self):
        for name in ("config.json", "data.json", "checkpoints/best.safetensors"):
            path = self.run_folder / name
            content = path.read_bytes()
            self.fifo(path)
            refused = self.run_in_time("evaluate", self.run_folder)
            self.assertEqual(refused.code, 2, refused)
            self.assertIn(f"{path}: {PIPE}", refused.stderr)
            path.unlink()
            path.write_bytes(content)


if __name__ == "__main__":
    program.main()
