"""Damaged files, full disks and folders that cannot be written: named, and nothing that was good is lost."""

import os
import pathlib
import shutil
import subprocess
import unittest

from endurance import chance, rounds
import program
import resume_test


class Checkpoints(resume_test.ResumeTestCase):
    def stopped(self):
        """A run that stopped early, with a checkpoint before its last."""
        folder, _ = self.interrupt(resume_test.signal.SIGTERM, resume_test.has_lines(2))
        self.assertTrue((folder / "checkpoints/previous.safetensors").exists())
        return folder

    def test_each_damage_is_named_and_the_checkpoint_before_it_goes_on_to_the_same_bits(self):
        whole = self.stopped()
        damages = chance("flips")
        for i in range(rounds(6, 100)):
            folder = self.folder / f"damaged-{i}"
            shutil.copytree(whole, folder)
            path = folder / "checkpoints/last.safetensors"
            content = bytearray(path.read_bytes())
            place = damages.randrange(len(content))
            if damages.random() < 0.3:
                del content[place:]
            else:
                content[place] ^= 1 << damages.randrange(8)
            path.write_bytes(content)
            result = program.run("resume", folder)
            self.assert_refused(result, str(path))
            self.assertIn(f"resume from it with aelab resume {folder} --checkpoint previous", result.stderr)
            result = program.run("resume", folder, "--checkpoint", "previous")
            self.assertEqual(result.code, 0, result.stderr)
            self.assert_same(folder, self.reference)
            shutil.rmtree(folder)

    def test_from_the_best(self):
        folder = self.stopped()
        for name in "last", "previous":
            (folder / f"checkpoints/{name}.safetensors").write_bytes(b"")
        self.assertIn("--checkpoint best", program.run("resume", folder).stderr)
        self.assertEqual(program.run("resume", folder, "--checkpoint", "best").code, 0)
        self.assert_same(folder, self.reference)

    def test_one_that_is_gone_is_no_new_beginning(self):
        folder = self.stopped()
        (folder / "checkpoints/last.safetensors").unlink()
        before = (folder / "metrics.jsonl").read_bytes()
        result = program.run("resume", folder)
        self.assert_refused(result, "last.safetensors: is gone; ")
        self.assertIn("--checkpoint previous", result.stderr)
        self.assertEqual((folder / "metrics.jsonl").read_bytes(), before)
        self.assertEqual(program.run("resume", folder, "--checkpoint", "previous").code, 0)
        self.assert_same(folder, self.reference)

    def test_a_refusal_keeps_how_far_the_run_had_come(self):
        folder = self.stopped()
        steps = program.read_json(folder / "status.json")["steps"]
        (folder / "metrics.jsonl").write_text("")
        self.assertEqual(program.run("resume", folder).code, 1)
        self.assertEqual(program.read_json(folder / "status.json")["steps"], steps)

    def test_a_checkpoint_of_another_name(self):
        self.assert_refused(
            program.run("resume", self.reference_folder, "--checkpoint", "first"), "must be last, previous or best"
        )

    def test_all_damaged(self):
        folder = self.stopped()
        for path in (folder / "checkpoints").iterdir():
            path.write_bytes(b"")
        result = program.run("resume", folder)
        self.assert_refused(result, "last.safetensors")
        self.assertIn("no other checkpoint can be read either: start a new run", result.stderr)

    def test_a_config_that_was_changed_since_is_noticed(self):
        folder = self.stopped()
        path = folder / "config.json"
        config = program.read_json(path)
        config["training"]["optimizer"]["learning_rate"] = 0.5
        program.write_json(path, config)
        self.assert_refused(program.run("resume", folder), "training/optimizer/learning_rate is 0.006, not 0.5")

    def test_other_surroundings_are_told(self):
        folder = self.stopped()
        path = folder / "environment.json"
        program.write_json(path, program.read_json(path) | {"libtorch": "1.0.0"})
        self.assertEqual(program.run("resume", folder).code, 0)
        self.assertIn('libtorch is now "', (folder / "log.txt").read_text())


RUN = {
    "name": "filling",
    "data": {"source": "digits", "train": 300},
    "model": {"variant": "dense", "hidden": [64], "code": 16},
    "training": {"epochs": 60, "batch_size": 50},
    "callbacks": [{"kind": "checkpoint", "seconds": 0}, {"kind": "pictures", "every": 1}, {"kind": "progress", "enabled": False}],
    "evaluation": ["reconstruction"],
}


def mounted(folder, size):
    """Whether a small file system could be had there."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


class FullDisk(program.TestCase):
    def assert_failed_with_one_message(self, result):
        self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
        self.assertIn("No space left on device", result.stderr)

    def test_the_last_good_checkpoint_stays_and_the_run_goes_on_elsewhere(self):
        disk, file = self.folder / "disk", program.write_json(self.folder / "run.json", RUN)
        whole = program.run("run", file, "--output", self.output)
        self.assertEqual(whole.code, 0, whole.stderr)
        for size in rounds(("500k",), ("200k", "300k", "400k", "500k", "600k")):
            with self.subTest(size):
                if not mounted(disk, size):
                    self.skipTest("no small file system can be mounted here")
                self.addCleanup(subprocess.run, ["umount", disk], capture_output=True)
                self.assert_failed_with_one_message(
                    program.run("run", file, "--output", disk)
                )
                self.assertEqual([path for path in disk.rglob("*.tmp")], [])
                elsewhere = self.folder / "elsewhere"
                shutil.copytree(disk / "filling/1", elsewhere)
                subprocess.run(["umount", disk], check=True)
                result = program.run("resume", elsewhere)
                self.assertEqual(result.code, 0, result.stderr)
                found = resume_test.contents(elsewhere)
                for name, content in resume_test.contents(self.output / "filling/1").items():
                    self.assertTrue(found[name] == content, name)
                shutil.rmtree(elsewhere)
                disk.rmdir()

    def test_one_file_may_not_grow_so_far(self):
        """A limit that every user can have, where a small file system needs an administrator."""
        file = program.write_json(self.folder / "run.json", RUN)
        limited = f"ulimit -f 30; exec {program.PROGRAM} run {file} --quiet --output {self.output}"
        result = program.finish(
            subprocess.Popen(["bash", "-c", limited], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        )
        self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
        self.assertIn("File too large", result.stderr)
        self.assertEqual(list(self.output.rglob("*.tmp")), [])


class Unwritable(program.TestCase):
    def test_folders_in_which_nothing_may_be_created(self):
        for target in "/proc", "/dev/null/x", "/sys/aelab":
            file = program.write_json(self.folder / "run.json", RUN)
            self.assert_refused(program.run("run", file, "--output", target), target)

    def test_what_stands_where_a_run_writes(self):
        file = program.write_json(self.folder / "run.json", {**RUN, "training": {"epochs": 1}})
        folder = pathlib.Path(program.run("run", file, "--output", self.output).stdout.strip().splitlines()[-1])
        program.write_json(folder / "status.json", {"status": "stopped"})
        (folder / "evaluation.json").unlink()
        (folder / "evaluation.json").mkdir()
        result = program.run("resume", folder)
        self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
        self.assertIn("evaluation.json: it is a folder", result.stderr)


if __name__ == "__main__":
    program.main()
