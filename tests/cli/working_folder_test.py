"""Relative paths of a run file begin where the run was started; runs on record find them from everywhere."""

import gzip
import json
import shutil

import program
from program import small_run, write_json


def columns(rows=160):
    return "a,b,c\n" + "".join(f"{i % 7},{i % 5},{(3 * i) % 11}\n" for i in range(rows))


DATA = {"source": "csv", "files": "tables/rows.csv", "validation": 30, "test": 30, "transforms": ["standardize"]}


class WorkingFolder(program.TestCase):
    def setUp(self):
        super().setUp()
        self.start, self.elsewhere = self.folder / "start", self.folder / "elsewhere"
        (self.start / "tables").mkdir(parents=True)
        self.elsewhere.mkdir()
        (self.start / "tables/rows.csv").write_text(columns())

    def begun(self, **changes):
        """A run that was started in self.start, its folder given by a relative path."""
        config = small_run(**{"data": DATA, "model": {"variant": "dense", "code": 2}, **changes})
        result = program.run("run", write_json(self.folder / "run.json", config), "--output", "runs", "--quiet", cwd=self.start)
        self.assertEqual(result.code, 0, result.stderr)
        return self.start / result.stdout.splitlines()[-1]

    def commands(self, folder):
        return (
            ("evaluate", folder),
            ("apply", folder, "--output", "applied"),
            ("interpolate", folder, "--from", 0, "--to", 1, "--output", "interpolated"),
            ("export", folder, "--output", "model.npz"),
            ("resume", folder),
            ("report", folder),
        )

    def test_every_command_finds_the_data_of_a_run(self):
        folder = self.begun()
        there = program.run("evaluate", folder, "--json", cwd=self.start)
        self.assertEqual(json.loads(there.stdout), program.read_json(folder / "evaluation.json")["metrics"])
        for command in self.commands(folder):
            with self.subTest(command[0]):
                result = program.run(*command, cwd=self.elsewhere)
                self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(program.run("evaluate", folder, "--json", cwd=self.elsewhere).stdout, there.stdout)

    def test_sets_in_the_data_folder_of_the_start_are_found(self):
        shutil.copytree(program.SOURCE / "data/digits", self.start / "data/digits")
        packed = self.start / "data/digits/digits.csv.gz"
        rows = gzip.decompress(packed.read_bytes()).splitlines(keepends=True)
        packed.write_bytes(gzip.compress(b"".join(rows[:900])))  # not the set that is shipped
        folder = self.begun(data={"source": "digits", "validation": 100, "test": 100})
        result = program.run("evaluate", folder, "--json", cwd=self.elsewhere)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(json.loads(result.stdout), program.read_json(folder / "evaluation.json")["metrics"])

    def test_other_data_of_the_same_name_are_not_taken(self):
        folder = self.begun()
        (self.elsewhere / "tables").mkdir()
        (self.elsewhere / "tables/rows.csv").write_text(columns(161))
        self.assertEqual(program.run("evaluate", folder, cwd=self.elsewhere).code, 0)

    def test_a_run_that_moved_with_its_data_finds_them_here(self):
        self.begun()
        moved = self.folder / "moved"
        shutil.move(self.start, moved)
        result = program.run("evaluate", "runs/small/1", cwd=moved)
        self.assertEqual(result.code, 0, result.stderr)

    def test_data_that_are_nowhere_are_missed_in_both_places(self):
        folder = self.begun()
        (self.start / "tables/rows.csv").unlink()
        for command in self.commands(folder)[:3]:
            with self.subTest(command[0]):
                result = program.run(*command, cwd=self.elsewhere)
                self.assert_refused(result, f"were looked for in {self.start}, where the run began, and in {self.elsewhere}")

    def test_weights_to_begin_with_are_found_by_a_resumed_run(self):
        source = self.begun(name="source")
        folder = self.begun(model={"variant": "dense", "code": 2, "initialize_from": {"path": "runs/source/1"}})
        before = program.checkpoint_parts(folder / "checkpoints/last.safetensors")[2]
        shutil.rmtree(folder / "checkpoints")
        (folder / "status.json").unlink()
        for name in "metrics.jsonl", "metrics.csv", "log.txt":
            (folder / name).unlink()
        result = program.run("resume", folder, cwd=self.elsewhere)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(program.checkpoint_parts(folder / "checkpoints/last.safetensors")[2], before)
        self.assertTrue(source.exists())

    def test_a_comparison_goes_on_from_elsewhere(self):
        config = {
            "name": "which",
            "base": {"data": DATA, "evaluation": ["reconstruction"]},
            "variants": [{"name": name, "set": {"model": {"variant": name, "code": 2}}} for name in ("pca", "dense")],
            "seeds": [1, 2],
            "budget": {"steps": 20},
        }
        file = write_json(self.folder / "comparison.json", config)
        self.assertEqual(program.run("compare", file, "--only", "pca/seed-1", "--output", "out", cwd=self.start).code, 0)
        folder = self.start / "out/which"
        for _ in range(2):
            result = program.run("compare", folder, "--quiet", cwd=self.elsewhere)
            self.assertEqual(result.code, 0, result.stderr)
            for record in folder, *(folder / "runs").glob("*/*"):
                self.assertEqual(program.read_json(record / "environment.json")["folder"], str(self.start))
        self.assertEqual(program.run("evaluate", folder / "runs/dense/seed-2", cwd=self.elsewhere).code, 0)


if __name__ == "__main__":
    program.main()
