"""The run folder: the record of a run, for people, for other tools, and for aelab itself."""

import concurrent.futures
import csv
import json
import pathlib

import program
from program import small_run

try:
    from PIL import Image
except ImportError:
    Image = None


class RunFolder(program.TestCase):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        cls.config = small_run(
            name="recorded.run-1",
            model={"variant": "dense", "code": 5, "hidden": [7]},
            training={"epochs": 5, "batch_size": 100},
            callbacks=[
                {"kind": "pictures", "every": 2, "count": 6},
                {"kind": "early-stopping", "patience": 4},
            ],
        )
        cls.run_folder = case.train(cls.config)

    def runTest(self):
        pass

    def metrics(self):
        return [json.loads(line) for line in (self.run_folder / "metrics.jsonl").read_text().splitlines()]

    def test_files(self):
        found = {
            str(path.relative_to(self.run_folder)) for path in self.run_folder.rglob("*") if path.is_file()
        }
        pictures = {
            f"images/{kind}-{epoch:04}.png" for kind in ("reconstructions", "filters", "codes") for epoch in (2, 4, 5)
        }
        self.assertEqual(
            found,
            pictures
            | {f"summary/{name}.png" for name in ("inputs", "reconstructions", "interpolation", "filters")}
            | {
                "summary/summary.json",
                "report.html",
                "config.json",
                "data.json",
                "environment.json",
                "metrics.jsonl",
                "metrics.csv",
                "checkpoints/last.safetensors",
                "checkpoints/best.safetensors",
                "evaluation.json",
                "status.json",
                "log.txt",
            },
        )

    def test_status_and_environment(self):
        status = program.read_json(self.run_folder / "status.json")
        self.assertEqual((status["status"], status["epochs"], status["closed_form"]), ("completed", 5, False))
        self.assertGreater(status["seconds"], 0)
        environment = program.read_json(self.run_folder / "environment.json")
        doctor = json.loads(program.run("doctor", "--json").stdout)
        for key in ("aelab", "libtorch", "processor", "processors", "instruction_set", "threads", "cuda"):
            self.assertEqual(environment[key], doctor[key])
        self.assertRegex(environment["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_log(self):
        self.assertIn('phase "train" begins at step 0\n', (self.run_folder / "log.txt").read_text())

    def test_metrics(self):
        epochs = self.metrics()
        steps = -(-(1797 - 359 - 200) // 100)
        self.assertEqual([epoch["epoch"] for epoch in epochs], [1, 2, 3, 4, 5])
        self.assertEqual([epoch["step"] for epoch in epochs], [steps * epoch["epoch"] for epoch in epochs])
        self.assertEqual({epoch["phase"] for epoch in epochs}, {"train"})
        self.assertEqual(
            list(epochs[0]),
            [
                "step",
                "epoch",
                "phase",
                "train/loss",
                "train/reconstruction",
                "validation/loss",
                "validation/reconstruction",
                "validation/mse",
            ],
        )
        self.assertLess(epochs[-1]["validation/loss"], epochs[0]["validation/loss"])

    def test_csv_says_what_jsonl_says(self):
        with open(self.run_folder / "metrics.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["step", "epoch", "phase", "name", "value"])
        found = [
            (int(row["step"]), int(row["epoch"]), row["phase"], row["name"], float(row["value"]))
            for row in rows
        ]
        self.assertEqual(
            found,
            [
                (epoch["step"], epoch["epoch"], epoch["phase"], name, value)
                for epoch in self.metrics()
                for name, value in epoch.items()
                if "/" in name
            ],
        )

    def test_evaluation(self):
        evaluation = program.read_json(self.run_folder / "evaluation.json")
        self.assertEqual((evaluation["part"], evaluation["checkpoint"]), ("test", "best"))
        metrics = evaluation["metrics"]
        self.assertEqual(
            set(metrics),
            {
                f"reconstruction/{name}"
                for name in ("mse", "squared_error", "bce_per_pixel", "explained_variance")
            },
        )
        self.assertAlmostEqual(
            metrics["reconstruction/squared_error"], 64 * metrics["reconstruction/mse"], places=9
        )

    def test_best_is_the_best(self):
        folder = self.train(
            small_run(
                training={"epochs": 6, "optimizer": {"kind": "adam", "learning_rate": 0.05}},
                model={"variant": "dense", "code": 40},
            )
        )
        losses = [
            json.loads(line)["validation/loss"]
            for line in (folder / "metrics.jsonl").read_text().splitlines()
        ]
        for checkpoint, loss in (("best", min(losses)), ("last", losses[-1])):
            measured = json.loads(
                program.run(
                    "evaluate", folder, "--part", "validation", "--checkpoint", checkpoint, "--json"
                ).stdout
            )
            self.assertAlmostEqual(64 * measured["reconstruction/bce_per_pixel"], loss, delta=1e-4 * loss)

    def test_config_is_complete_and_reads_back_to_the_same_run(self):
        recorded = program.read_json(self.run_folder / "config.json")
        self.assertEqual(recorded["model"]["expanded"]["backbone"]["hidden"], [7])
        self.assertEqual(recorded["training"]["optimizer"]["learning_rate"], 0.001)
        self.assertEqual(recorded["data"]["stratified"], False)
        result = program.run("run", self.run_folder / "config.json", "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)
        again = self.output / "recorded.run-1/1"
        self.assertEqual(program.read_json(again / "config.json"), {**recorded, "output": str(self.output)})
        for name in (
            "checkpoints/last.safetensors",
            "checkpoints/best.safetensors",
            "metrics.jsonl",
            "evaluation.json",
        ):
            self.assertTrue(
                program.without_clocks(again / name) == program.without_clocks(self.run_folder / name), name
            )

    def test_an_expansion_that_was_changed_by_hand(self):
        recorded = program.read_json(self.run_folder / "config.json")
        recorded["model"]["expanded"]["code"] = 6
        file = program.write_json(self.folder / "changed.json", recorded)
        self.assert_refused(
            program.run("run", file, "--output", self.output),
            'model.expanded: is not what the variant "dense" expands to',
        )
        self.assert_refused(
            program.run("run", self.run_folder / "config.json", "model.code=6", "--output", self.output),
            "model.expanded: is not",
        )
        self.assertFalse(self.output.exists())

    def test_an_expansion_from_before_there_were_bounds(self):
        recorded = program.read_json(self.run_folder / "config.json")
        self.assertEqual(recorded["model"]["expanded"].pop("bound"), {"kind": "mean", "samples": 1})
        file = program.write_json(self.folder / "earlier.json", recorded)
        result = program.run("run", file, "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)

    def test_numbers_count_up(self):
        config = small_run(training={"epochs": 1})
        self.assertEqual([self.train(config).name for _ in range(2)], ["1", "2"])
        (self.output / "small/41").mkdir()
        (self.output / "small/99.old").mkdir()
        self.assertEqual(self.train(config).name, "42")
        self.assertEqual(sorted(path.name for path in (self.output / "small/41").iterdir()), [])

    def test_two_at_once_get_two_folders(self):
        command = "run", program.write_json(self.folder / "run.json", small_run(training={"epochs": 1})), "--output", self.output
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda _: program.run(*command), range(4)))
        self.assertEqual([result.code for result in results], [0] * 4, results)
        folders = [pathlib.Path(result.stdout.splitlines()[-1]) for result in results]
        self.assertEqual(sorted(folder.name for folder in folders), ["1", "2", "3", "4"])
        self.assertEqual(
            {program.read_json(folder / "status.json")["status"] for folder in folders}, {"completed"}
        )
        first, *others = [
            program.without_clocks(folder / "checkpoints/last.safetensors") for folder in folders
        ]
        self.assertTrue(all(other == first for other in others), "one seed gives one model")

    def test_another_seed_gives_another_model(self):
        folders = [self.train(small_run(training={"epochs": 1}), f"seed={seed}") for seed in (1, 2)]
        self.assertNotEqual(*[(folder / "metrics.jsonl").read_bytes() for folder in folders])

    def test_without_test_and_validation_parts(self):
        folder = self.train(small_run(data={"source": "digits", "validation": 0, "test": 0}))
        self.assertFalse((folder / "evaluation.json").exists())
        line = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
        self.assertEqual({name for name in line if "/" in name}, {"train/loss", "train/reconstruction"})
        self.assertEqual(program.read_json(folder / "status.json")["status"], "completed")

    def test_default_callbacks_can_be_left_out(self):
        folder = self.train(
            small_run(
                callbacks=[
                    {"kind": "log", "enabled": False},
                    {"kind": "checkpoint", "enabled": False},
                    {"kind": "progress", "enabled": False},
                ]
            )
        )
        self.assertEqual(
            {path.name for path in folder.iterdir()},
            {"config.json", "data.json", "environment.json", "evaluation.json", "report.html", "status.json", "summary"},
        )

    def test_pictures(self):
        if Image is None:
            self.skipTest("no pillow")
        images = self.run_folder / "images"
        sizes = {}
        for path in images.iterdir():
            with Image.open(path) as image:
                image.load()
                sizes[path.name] = image.size
                self.assertEqual(image.mode, "RGB" if path.name.startswith("codes") else "L")
                low, high = image.convert("L").getextrema()
                self.assertGreater(high - low, 100, path.name)
        enlarged, gap = 7, 1  # a sample of 8 pixels is drawn at least 56 high
        self.assertEqual(
            sizes["reconstructions-0002.png"],
            (enlarged * (6 * (8 + gap) - gap), enlarged * (2 * (8 + gap) - gap)),
        )
        square = enlarged * (3 * (8 + gap) - gap)  # seven filters in rows of three
        self.assertEqual(sizes["filters-0002.png"], (square, square))
        self.assertEqual(
            {size for name, size in sizes.items() if name.startswith("rec")},
            {sizes["reconstructions-0002.png"]},
        )

    def test_the_picture_of_codes_names_its_classes(self):
        if Image is None:
            self.skipTest("no pillow")
        with Image.open(self.run_folder / "images/codes-0005.png") as image:
            colors = [image.getpixel((485, 13 + 18 * label)) for label in range(10)]
            self.assertEqual(image.size, (480 + 56, 480))
            self.assertEqual(colors[:2], [(31, 119, 180), (255, 127, 14)])
            self.assertEqual(len(set(colors)), 10)
            one = [[image.getpixel((496 + 2 * x, 26 + 2 * y)) == (0, 0, 0) for x in range(3)] for y in range(5)]
            self.assertEqual(["".join(".#"[dot] for dot in row) for row in one], [".#.", "##.", ".#.", ".#.", "###"])

    def test_a_step_of_lbfgs_on_some_rows_is_told(self):
        said = "caution: lbfgs takes every batch for the whole objective"
        for rows, told in (100, 1), (2000, 0):
            config = small_run(training={"epochs": 2, "batch_size": rows, "optimizer": "lbfgs"})
            file = program.write_json(self.folder / "run.json", config)
            result = program.run("run", file, "--output", self.output)
            folder = program.pathlib.Path(result.stdout.splitlines()[-1])
            self.assertEqual(result.stderr.count(said), told)
            self.assertEqual((folder / "log.txt").read_text().count(said), told)


if __name__ == "__main__":
    program.main()
