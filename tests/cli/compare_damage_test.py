"""Comparisons with damaged files: a run that can be finished is finished, all others go on, and it is said."""

import concurrent.futures
import shutil

import comparing
import program
from program import read_json, write_json

DAMAGES = {"cut": lambda content: content[: len(content) // 2], "empty": lambda _: b"", "list": lambda _: b"[]",
           "null": lambda _: b"null", "object": lambda _: b"{}", "number": lambda _: b'{"status": 7}'}


class Damage(comparing.Comparing):
    def damaged(self, whole, path, damage):
        """A copy of the comparison with that file damaged."""
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        folder = self.folder / "copy" / whole.name
        shutil.copytree(whole, folder)
        (folder / path).write_bytes(DAMAGES[damage]((folder / path).read_bytes()))
        return folder

    def test_of_a_status_is_mended_by_resuming_the_run(self):
        whole = self.compared(comparing.comparison(), "--quiet")
        expected = comparing.without_clocks(read_json(whole / "comparison.json"))
        for damage in DAMAGES:
            with self.subTest(damage):
                folder = self.damaged(whole, "runs/dense/seed-1/status.json", damage)
                result = program.run("compare", folder, "--quiet")
                self.assertEqual(result.code, 0, result.stderr)
                self.assertIn("dense/seed-1 is executed again", result.stderr)
                self.assertIn("status.json", result.stderr)
                self.assertEqual(read_json(folder / "runs/dense/seed-1/status.json")["status"], "completed")
                self.assertEqual(comparing.without_clocks(read_json(folder / "comparison.json")), expected)

    def test_of_a_runs_config_excludes_this_run_alone(self):
        whole = self.compared(comparing.comparison(), "--quiet")
        for path, damage in ("runs/dense/seed-2/config.json", "cut"), ("runs/pca/seed-1/config.json", "list"):
            with self.subTest(path):
                folder = self.damaged(whole, path, damage)
                (folder / path).with_name("status.json").unlink()
                shutil.rmtree(folder / "runs/pca/seed-2")
                result = program.run("compare", folder, "--quiet")
                self.assertEqual(result.code, 1, result.stderr)
                self.assertIn("1 of 4 runs is excluded", result.stderr)
                self.assertIn("remove its folder to run it again", result.stderr)
                self.assertEqual(read_json(folder / "runs/pca/seed-2/status.json")["status"], "completed")
                shutil.rmtree((folder / path).parent)
                self.assertEqual(program.run("compare", folder, "--quiet").code, 0)

    def test_of_a_comparisons_config_has_a_way_out(self):
        whole = self.compared(comparing.comparison(), "--quiet")
        file = self.folder / "comparison.json"
        for damage in DAMAGES:
            with self.subTest(damage):
                folder = self.damaged(whole, "config.json", damage)
                for arguments in (folder,), (file, "--output", folder.parent):
                    result = program.run("compare", *arguments)
                    self.assertEqual(result.code, 2, result)
                    self.assertIn(str(folder), result.stderr)
                    self.assertNotIn("json.exception", result.stderr)
                (folder / "config.json").unlink()
                result = program.run("compare", file, "--output", folder.parent, "--quiet")
                self.assertEqual(result.code, 0, result.stderr)
                times = [path.stat().st_mtime_ns for path in sorted(folder.rglob("status.json"))]
                self.assertEqual(times, [(whole / path.relative_to(folder)).stat().st_mtime_ns for path in sorted(folder.rglob("status.json"))])

    def test_a_run_behind_a_link_is_not_read(self):
        whole = self.compared(comparing.comparison(), "--quiet")
        outside = self.folder / "outside"
        shutil.move(whole / "runs/dense/seed-1", outside)
        (whole / "runs/dense/seed-1").symlink_to(outside)
        self.assert_refused(program.run("compare", whole), "seed-1: is a symbolic link")
        result = program.run("compare", whole, "--collect", "--json")
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn("leads out of", read_json(whole / "comparison.json")["excluded_runs"][0])


class Only(comparing.Comparing):
    def test_in_a_new_folder_begins_the_comparison(self):
        file = write_json(self.folder / "comparison.json", comparing.comparison())
        output = ("--output", self.output)
        for run in "dense/seed-2", "pca/seed-1":
            result = program.run("compare", file, "--only", run, *output)
            self.assertEqual(result.code, 0, result.stderr)
        folder = self.output / "small"
        self.assertEqual(read_json(folder / "config.json")["name"], "small")
        times = {run: (folder / "runs" / run / "status.json").stat().st_mtime_ns for run in ("dense/seed-2", "pca/seed-1")}
        result = program.run("compare", file, "--quiet", *output)
        self.assertEqual(result.code, 0, result.stderr)
        for run, time in times.items():
            self.assertEqual((folder / "runs" / run / "status.json").stat().st_mtime_ns, time, run)

    def test_at_once_in_a_new_folder(self):
        file = write_json(self.folder / "comparison.json", comparing.comparison())
        runs = [f"{variant}/seed-{seed}" for variant in ("pca", "dense") for seed in (1, 2)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda run: program.run("compare", file, "--only", run, "--output", self.output), runs))
        self.assertEqual([result.code for result in results], [0] * 4, results)
        self.assertEqual(program.run("compare", self.output / "small", "--collect").code, 0)

    def test_in_the_folder_of_another_comparison_is_refused(self):
        self.compared(comparing.comparison(), "--quiet")
        other = write_json(self.folder / "other.json", comparing.comparison(budget={"steps": 31}))
        result = program.run("compare", other, "--only", "pca/seed-1", "--output", self.output)
        self.assert_refused(result, "contains another comparison: its budget differs at steps")

    def test_in_a_folder_of_something_else_is_refused(self):
        (self.output / "small").mkdir(parents=True)
        (self.output / "small/thesis.tex").write_text("mine")
        file = write_json(self.folder / "comparison.json", comparing.comparison())
        for only in ("--only", "pca/seed-1"), ():
            result = program.run("compare", file, *only, "--output", self.output)
            self.assert_refused(result, "already exists and is not a comparison")
        self.assertEqual([path.name for path in (self.output / "small").iterdir()], ["thesis.tex"])


if __name__ == "__main__":
    program.main()
