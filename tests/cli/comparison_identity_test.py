"""aelab compare: which runs belong to a comparison. Runs of other data, other seeds or other files are refused."""

import csv
import json
import pathlib
import shutil

import program
from comparing import DENOISING, DENSE, PCA, Comparing, comparison
from program import read_json, write_json


def table(path, rows, start=0):
    """A CSV file of three columns without chance."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "c"])
        writer.writerows([[(i * 7 % 11) / 11, (i * 5 % 13) / 13, (i * 3 % 17) / 17] for i in range(start, start + rows)])
    return path


class Data(Comparing):
    def setUp(self):
        super().setUp()
        self.test = table(self.folder / "test.csv", 40, 500)
        source = {"source": "csv", "files": str(table(self.folder / "train.csv", 120)), "test_files": str(self.test), "validation": 20}
        self.config = comparison(
            base={"data": source, "training": {"batch_size": 32}, "evaluation": ["reconstruction"]},
            variants=[{"name": "pca", "set": {**PCA, "model.code": 2}}, {"name": "dense", "set": {**DENSE, "model.code": 2}}],
        )

    def only(self, *runs):
        for run in runs:
            result = self.compare(self.config, "--only", run)
            self.assertEqual(result.code, 0, result.stderr)

    def runs(self):
        return self.output / "small" / "runs"

    def change(self):
        self.before = self.test.read_bytes()
        table(self.test, 10, 500)

    def states(self):
        return sorted(str(path.parent.relative_to(self.runs())) for path in self.runs().rglob("status.json"))

    def test_changed_after_some_runs_are_refused_before_training(self):
        self.only("dense/seed-1", "dense/seed-2")
        self.change()
        for arguments in (), ("--only", "pca/seed-1"), ("--jobs", "2"):
            with self.subTest(arguments):
                result = self.compare(self.config, *arguments)
                self.assert_refused(result, "test.csv has")
                for text in "dense/seed-1 (and 1 more", "restore the data, or remove or rename":
                    self.assertIn(text, result.stderr)
                self.assertEqual(self.states(), ["dense/seed-1", "dense/seed-2"])
        self.test.write_bytes(self.before)
        self.assertEqual(self.compare(self.config).code, 0)

    def test_restored_or_run_again_as_the_message_says(self):
        self.only("dense/seed-1", "dense/seed-2")
        self.change()
        shutil.rmtree(self.runs() / "dense")
        self.assertEqual(self.compare(self.config).code, 0)

    def test_equal_in_length_are_told_apart(self):
        self.only("dense/seed-1")
        content = self.test.read_bytes()
        self.test.write_bytes(content.replace(b"0.0,", b"0.1,"))
        self.assertNotEqual(self.test.read_bytes(), content)
        self.assert_refused(self.compare(self.config), "test.csv has the checksum")

    def test_of_the_training_split_count_too(self):
        self.only("dense/seed-1")
        table(self.folder / "train.csv", 100)
        self.assert_refused(self.compare(self.config), "train.csv has")

    def mixed(self):
        """A comparison of which one run was trained on other data."""
        made = self.compared(self.config)
        kept = self.folder / "kept"
        shutil.move(made, kept)
        self.change()
        self.only("dense/seed-2")
        shutil.copytree(made / "runs/dense/seed-2", self.folder / "other")
        shutil.rmtree(made)
        shutil.move(kept, made)
        shutil.rmtree(made / "runs/dense/seed-2")
        shutil.copytree(self.folder / "other", made / "runs/dense/seed-2")
        return made

    def test_runs_of_other_data_are_not_collected(self):
        made = self.mixed()
        before = (made / "comparison.json").read_bytes()
        for file in made, self.folder / "comparison.json":
            result = program.run("compare", file, "--collect", *(("--output", self.output) if file != made else ()))
            self.assert_refused(result, "dense/seed-2: was trained on other data than pca/seed-1")
            self.assertIn("test.csv", result.stderr)
            self.assertIn("remove or rename", result.stderr)
        self.assertEqual((made / "comparison.json").read_bytes(), before)
        self.assert_refused(self.compare(self.config), "was trained on other data than pca/seed-1")
        (made / "runs/dense/seed-2").rename(self.folder / "renamed")
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn("dense/seed-2: missing", result.stdout)

    def test_a_missing_record_does_not_hide_other_data(self):
        made = self.mixed()
        (made / "runs/dense/seed-2/data.json").unlink()
        self.assert_refused(program.run("compare", made, "--collect"), "dense/seed-2: was trained on other data than pca/seed-1")

    def test_a_missing_record_of_the_same_data_is_no_harm(self):
        made = self.compared(self.config)
        (made / "runs/dense/seed-2/data.json").unlink()
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 0, result.stderr)

    def test_the_same_files_by_other_paths_are_the_same_data(self):
        made = self.compared(self.config)
        path = made / "runs/dense/seed-2/data.json"
        record = read_json(path)
        for file in record["files"]:
            file["path"] = "elsewhere/" + pathlib.Path(file["path"]).name
        write_json(path, record)
        self.assertEqual(program.run("compare", made, "--collect").code, 0)

    def test_collecting_needs_no_data(self):
        made = self.compared(self.config)
        self.test.unlink()
        (self.folder / "train.csv").unlink()
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 0, result.stderr)


class Versions(Comparing):
    def test_runs_of_an_earlier_version_are_refused(self):
        """Their noise was another: they are no pairs of new runs."""
        made = self.compared(comparison(variants=[{"name": "dense", "set": DENSE}, {"name": "pca", "set": PCA}]))
        path = made / "runs/dense/seed-1/checkpoints/last.safetensors"
        header, record, tensors = program.checkpoint_parts(path)
        program.write_checkpoint(path, header, {**record, "format": 1}, tensors)
        for arguments in ("--collect",), ():
            result = program.run("compare", made, *arguments)
            self.assert_refused(result, "was written by an earlier version of aelab")
            self.assertIn("dense/seed-1 to run it again", result.stderr)
        program.write_checkpoint(path, header, {**record, "format": 2}, tensors)
        self.assertEqual(program.run("compare", made, "--collect").code, 0)


class Places(Comparing):
    """Whose run lies in a folder."""

    def refused(self, made, *expected):
        before = (made / "comparison.json").read_bytes()
        for arguments in ("--collect",), ():
            self.assert_refused(program.run("compare", made, *arguments), *expected)
        self.assertEqual((made / "comparison.json").read_bytes(), before)

    def test_copies_swaps_and_other_variants_are_refused(self):
        variants = [{"name": "dense", "set": DENSE}, {"name": "tanh", "set": {**DENSE, "model.activation": "tanh"}}]
        made = self.compared(comparison(variants=variants))
        first, second, tanh = (made / "runs" / run for run in ("dense/seed-1", "dense/seed-2", "tanh/seed-2"))
        saved = self.folder / "saved"
        shutil.copytree(second, saved)
        shutil.rmtree(second)
        shutil.copytree(first, second)
        self.refused(made, "dense/seed-2/config.json: is the config of another run: seed is 1, not 2")
        shutil.rmtree(first)
        shutil.copytree(saved, first)
        self.refused(made, "seed-1/config.json: is the config of another run: seed is 2, not 1", "seed is 1, not 2")
        first.rename(self.folder / "first")
        second.rename(first)
        shutil.copytree(tanh, second)
        self.refused(made, 'dense/seed-2/config.json: is the config of another run: model/activation is "tanh", not "relu"')
        shutil.rmtree(second)
        shutil.copytree(saved, second)
        self.assertEqual(program.run("compare", made, "--collect").code, 0)

    def test_of_a_grid(self):
        made = self.compared(comparison(variants=[{"name": "dense", "set": DENSE}], grid={"training.batch_size": [32, 64]}))
        one, other = (made / "runs" / f"dense,batch_size={size}" / "seed-1" for size in (32, 64))
        shutil.rmtree(one)
        shutil.copytree(other, one)
        self.refused(made, "batch_size=32/seed-1/config.json: is the config of another run: training/batch_size is 64, not 32")

    def test_what_follows_from_data_and_budget_is_not_missed(self):
        convolutional = {"model": {"variant": "convolutional"}}
        variants = [{"name": "dense", "set": DENSE}, {"name": "denoising", "set": DENOISING},
                    {"name": "convolutional", "set": convolutional}]
        budget = {"steps": 10, "parameters": 5000, "tolerance": 0.5}
        made = self.compared(comparison(variants=variants, budget=budget))
        result = program.run("compare", made, "--collect")
        self.assertEqual(result.code, 0, result.stderr)
        shutil.rmtree(made / "runs/denoising/seed-1")
        shutil.copytree(made / "runs/denoising/seed-2", made / "runs/denoising/seed-1")
        self.assert_refused(program.run("compare", made, "--collect"), "seed is 2, not 1")


class Files(Comparing):
    """A comparison file that is collected is that of the folder."""

    def test_another_budget_base_or_variant_is_refused(self):
        made = self.compared(comparison())
        before = (made / "comparison.json").read_bytes()
        changed = [{"name": "pca", "set": PCA}, {"name": "dense", "set": {**DENSE, "model.code": 5}}]
        for other, expected in (
            (comparison(budget={"steps": 40}), ["contains another comparison: its budget differs at steps"]),
            (comparison(threads=2), ["contains another comparison: its threads differs"]),
            (comparison(base={"data": {"source": "digits", "train": 300}}), ["contains another comparison: its base differs at"]),
            (comparison(variants=changed), ["seed-1/config.json: is the config of another run: model/code is 4, not 5",
                                            "seed-2/config.json: is the config of another run: model/code is 4, not 5"]),
        ):
            self.assert_refused(self.compare(other, "--collect"), *expected)
            self.assertEqual((made / "comparison.json").read_bytes(), before)
        result = self.compare(comparison(), "--collect")
        self.assertEqual(result.code, 0, result.stderr)

    def test_more_seeds_are_missing_runs(self):
        self.compared(comparison())
        result = self.compare(comparison(seeds=[1, 2, 3]), "--collect")
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn("dense/seed-3: missing", result.stdout)


class Diverged(Comparing):
    def test_runs_are_excluded_and_not_run_again(self):
        wild = {**DENSE, "training.optimizer": {"kind": "sgd", "learning_rate": 1e30}}
        calm = {"kind": "stop-on-nan", "enabled": False}
        config = comparison(variants=[{"name": "dense", "set": DENSE}, {"name": "wild", "set": {**wild, "callbacks": [calm]}}])
        result = self.compare(config)
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn("2 of 4 runs are excluded", result.stderr)
        made = self.output / "small"
        value = read_json(made / "comparison.json")
        self.assertEqual([run["state"] for run in value["variants"][1]["runs"]], ["diverged", "diverged"])
        self.assertIn("NaN or infinite", value["variants"][1]["runs"][0]["message"])
        self.assertEqual(value["variants"][1]["counts"]["diverged"], 2)
        status = made / "runs/wild/seed-1/status.json"
        before = status.stat().st_mtime_ns
        self.assertEqual(self.compare(config).code, 1)
        self.assertEqual(status.stat().st_mtime_ns, before)
        shutil.rmtree(status.parent)
        result = self.compare(config, "--only", "wild/seed-1")
        self.assertEqual(result.code, 1, result)
        self.assertIn("wild/seed-1: diverged: ", result.stderr)
        self.assertEqual(json.loads(status.read_text())["status"], "diverged")

    def test_runs_that_stop_on_nan_are_diverged_too(self):
        wild = {**DENSE, "training.optimizer": {"kind": "sgd", "learning_rate": 1e30}}
        config = comparison(variants=[{"name": "dense", "set": DENSE}, {"name": "wild", "set": wild}])
        for arguments in ((), ("--jobs", 2)):
            with self.subTest(arguments):
                shutil.rmtree(self.output, ignore_errors=True)
                result = self.compare(config, *arguments)
                self.assertEqual(result.code, 1, result.stderr)
                self.assertRegex(result.stderr, r"wild/seed-1 +diverged in [^:]*: the loss term .* became")
                self.assertRegex(result.stdout, r"wild/seed-1: diverged: the loss term .* became")
                made = self.output / "small"
                value = read_json(made / "comparison.json")
                counts = value["variants"][1]["counts"]
                self.assertEqual((counts["planned"], counts["diverged"], counts["failed"]), (2, 2, 0))
                self.assertEqual([run["state"] for run in value["variants"][1]["runs"]], ["diverged"] * 2)
                self.assertIn("wild diverged on 2 of 2 seeds and is not considered for best.", value["measures"][0]["claim"]["explanation"])
                status = made / "runs/wild/seed-1/status.json"
                self.assertEqual(read_json(status)["status"], "diverged")
                before = status.stat().st_mtime_ns
                result = self.compare(config, *arguments)  # the same step would diverge again
                self.assertIn("4 of 4 runs are already finished", result.stderr)
                self.assertEqual((result.code, status.stat().st_mtime_ns), (1, before))


if __name__ == "__main__":
    program.main()
