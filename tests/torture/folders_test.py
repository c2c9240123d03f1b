#!/usr/bin/env python3
"""Run folders that were linked, copied, mixed up or cut: nothing outside a folder is read or written, and what can be
done without a file is done without it."""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import program
import resume_test
from endurance import chance, rounds

WRITTEN = ("metrics.jsonl", "metrics.csv", "log.txt", "status.json", "checkpoints", "checkpoints/last.safetensors", "images", "summary")


class Folders(resume_test.ResumeTestCase):
    def stopped(self):
        """A copy of a run that stopped early."""
        folder, _ = self.interrupt(resume_test.signal.SIGTERM, resume_test.has_lines(2))
        return folder


class Links(Folders):
    def test_nothing_is_written_where_a_link_leads(self):
        whole = self.stopped()
        for name in WRITTEN:
            with self.subTest(name):
                folder, elsewhere = self.folder / "linked", self.folder / "elsewhere"
                shutil.copytree(whole, folder)
                path = folder / name
                path.parent.mkdir(exist_ok=True)
                if path.exists():
                    path.rename(elsewhere)
                else:
                    elsewhere.mkdir()
                path.symlink_to(elsewhere)
                before = resume_test.contents(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
                self.assert_refused(program.run("resume", folder), f"{path}: is a symbolic link")
                after = resume_test.contents(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
                self.assertEqual(after, before)
                shutil.rmtree(folder)
                shutil.rmtree(elsewhere) if elsewhere.is_dir() else elsewhere.unlink()

    def test_results_are_not_written_where_a_link_leads(self):
        folder, elsewhere = self.folder / "completed", self.folder / "elsewhere"
        shutil.copytree(self.reference_folder, folder)
        elsewhere.mkdir()
        for name, command in ("applications", ["apply", folder]), ("interpolations", ["interpolate", folder, "--from", 0, "--to", 1]):
            with self.subTest(name):
                (folder / name).symlink_to(elsewhere)
                self.assert_refused(program.run(*command), f"{folder / name}: is a symbolic link")
                self.assertEqual(list(elsewhere.iterdir()), [])

    def test_the_folder_itself_may_be_a_link(self):
        link = self.folder / "link"
        link.symlink_to(self.stopped())
        self.assertEqual(program.run("resume", link).code, 0)
        self.assert_same(link.resolve(), self.reference)

    def test_a_copy_of_hard_links_leaves_the_original_as_it_was(self):
        folder, copy = self.stopped(), self.folder / "copy"
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        shutil.copytree(folder, copy, copy_function=os.link)
        self.assertEqual(program.run("resume", copy).code, 0)
        self.assert_same(copy, self.reference)
        for path, content in before.items():
            self.assertEqual(path.read_bytes(), content, path)

    def test_a_copy_of_hard_links_that_fails_leaves_the_original_as_it_was(self):
        folder, copy = self.stopped(), self.folder / "copy"
        shutil.copytree(folder, copy, copy_function=os.link)
        before = (folder / "log.txt").read_bytes()
        last = (copy / "checkpoints/last.safetensors").read_bytes()
        (copy / "checkpoints/last.safetensors").unlink()
        (copy / "checkpoints/last.safetensors").write_bytes(last[:-5])
        self.assertEqual(program.run("resume", copy).code, 2)
        self.assertEqual((folder / "log.txt").read_bytes(), before)


class Damage(Folders):
    def test_of_what_grew_is_noticed(self):
        whole, places = self.stopped(), chance("damage of what grew")
        for name in "metrics.jsonl", "metrics.csv", "log.txt":
            for _ in range(rounds(2, 30)):
                folder = self.folder / "damaged"
                shutil.copytree(whole, folder)
                content = bytearray((folder / name).read_bytes())
                content[places.randrange(len(content) // 2)] ^= 1
                (folder / name).write_bytes(content)
                result = program.run("resume", folder)
                self.assertEqual(result.code, 1 if name == "metrics.jsonl" else 0, result)
                self.assertIn(f"{folder / name} was changed or damaged", " ".join(result.stderr.split()))
                if name == "metrics.jsonl":
                    self.assertEqual((folder / name).read_bytes(), content)
                if name == "metrics.csv":
                    self.assertEqual((folder / name).read_bytes(), (self.reference_folder / name).read_bytes())
                shutil.rmtree(folder)

    def test_of_files_that_only_inform_stops_nothing(self):
        whole = self.stopped()
        for name in "environment.json", "status.json":
            for content in b"", b"{", b"[]", b"null", b'{"status": 7}':
                with self.subTest(name=name, content=content):
                    folder = self.folder / "cut"
                    shutil.copytree(whole, folder)
                    (folder / name).write_bytes(content)
                    result = program.run("resume", folder)
                    self.assertEqual(result.code, 0, result.stderr)
                    if name == "environment.json" and content != b'{"status": 7}':
                        self.assertIn(name, (folder / "log.txt").read_text())
                    for same in "metrics.jsonl", "evaluation.json":  # checkpoints also count the remark in the log
                        self.assertEqual((folder / same).read_bytes(), (self.reference_folder / same).read_bytes())
                    shutil.rmtree(folder)

    def test_of_the_best_checkpoint_has_a_way_out(self):
        folder = self.folder / "best"
        shutil.copytree(self.reference_folder, folder)
        best = folder / "checkpoints/best.safetensors"
        best.write_bytes(best.read_bytes()[:-1])
        result = program.run("evaluate", folder)
        self.assert_refused(result, "best.safetensors")
        self.assertIn("the checkpoint last is not corrupted", result.stderr)
        self.assertEqual(program.run("evaluate", folder, "--checkpoint", "last").code, 0)

    def test_forged_records_are_refused_in_words(self):
        for name in "config.json", "data.json":
            for content in b"", b"{", b"[]", b"null", b'"text"', b"{}", b'{"files": 7}':
                with self.subTest(name=name, content=content):
                    folder = self.folder / "forged"
                    shutil.copytree(self.reference_folder, folder)
                    (folder / name).write_bytes(content)
                    for command in "evaluate", "resume":
                        result = program.run(command, folder)
                        self.assertEqual(result.code, 2, result)
                        self.assertIn(str(folder), result.stderr)
                        self.assertNotIn("json.exception", result.stderr)
                        self.assertNotIn("std::", result.stderr)
                    shutil.rmtree(folder)


class MixedUp(Folders):
    def test_checkpoints_of_another_run_are_refused_wherever_they_are_read(self):
        other_file = program.write_json(self.folder / "other.json", {**self.config, "name": "other", "seed": 77})
        other = program.run("run", other_file, "--output", self.folder / "others")
        self.assertEqual(other.code, 0, other.stderr)
        other = pathlib.Path(other.stdout.splitlines()[-1])
        completed, stopped = self.folder / "completed", self.stopped()
        shutil.copytree(self.reference_folder, completed)
        for name in "best", "last":
            for folder in completed, stopped:
                shutil.copy(other / f"checkpoints/{name}.safetensors", folder / f"checkpoints/{name}.safetensors")
        for command in (
            ("evaluate", completed),
            ("evaluate", completed, "--checkpoint", "last"),
            ("apply", completed, "--output", self.folder / "applied"),
            ("export", completed, "--output", self.folder / "model.safetensors"),
            ("export", completed, "--checkpoint", "last", "--format", "npz"),
            ("interpolate", completed, "--from", 0, "--to", 1, "--output", self.folder / "interpolated"),
            ("run", self.initialized(completed, "best")),
            ("run", self.initialized(completed, "last")),
            ("resume", stopped),
            ("resume", stopped, "--checkpoint", "best"),
        ):
            with self.subTest(command=command[0::2]):
                result = program.run(*command)
                self.assertEqual(result.code, 2, result)
                self.assertIn("was written by another run: ", result.stderr)
                if completed in command:  # of a stopped run, the previous one may be left
                    self.assertNotIn("is not corrupted", result.stderr)
        for written in "model.safetensors", "applied", "interpolated", "completed/model.npz":
            self.assertFalse((self.folder / written).exists(), written)

    def test_checkpoints_of_the_same_config_on_other_data_are_refused(self):
        table, folders = self.folder / "rows.csv", []
        config = {**self.config, "callbacks": [], "data": {"source": "csv", "files": str(table), "validation": 20, "test": 20}}
        file = program.write_json(self.folder / "run.json", config)
        for factor in 3, 5:
            table.write_text("a,b,c\n" + "".join(f"{i % 7},{i % 5},{(factor * i) % 11}\n" for i in range(160)))
            result = program.run("run", file, "--output", self.folder / "runs")
            self.assertEqual(result.code, 0, result.stderr)
            folders.append(pathlib.Path(result.stdout.splitlines()[-1]))
        before, after = folders
        shutil.copy(before / "checkpoints/best.safetensors", after / "checkpoints/best.safetensors")
        for command in ("evaluate", after), ("export", after, "--output", self.folder / "model.npz"):
            with self.subTest(command[0]):
                self.assert_refused(program.run(*command), "was written by another run: it was trained on other data")

    def initialized(self, source, checkpoint):
        """A run file whose model begins with that checkpoint's weights."""
        model = {**self.config["model"], "initialize_from": {"path": str(source), "checkpoint": checkpoint}}
        return program.write_json(self.folder / f"from-{checkpoint}.json", {**self.config, "name": "from", "model": model, "output": str(self.folder / "from")})

    def test_the_best_of_another_run_is_refused_before_training_goes_on(self):
        stopped = self.stopped()
        best, steps = stopped / "checkpoints/best.safetensors", (stopped / "metrics.jsonl").read_bytes()
        best.write_bytes(best.read_bytes()[:-9])
        result = program.run("resume", stopped)
        self.assert_refused(result, f"{best}")
        self.assertIn("remove the file", result.stderr)
        self.assertEqual((stopped / "metrics.jsonl").read_bytes(), steps)
        best.unlink()
        self.assertEqual(program.run("resume", stopped).code, 0)


if __name__ == "__main__":
    program.main()
