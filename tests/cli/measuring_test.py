"""What cannot be measured is said, or refused."""

import program
from program import small_run, write_json


class Measuring(program.TestCase):
    def table(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def test_too_few_rows_for_a_test_split(self):
        data = {"source": "csv", "files": self.table("two.csv", "a,b\n1,2\n3,4\n"), "validation": 0}
        model = {"variant": "pca", "code": 1}
        config = small_run(data=data, model=model, evaluation=["reconstruction"], training=None)
        result = program.run("run", write_json(self.folder / "run.json", config), "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("nothing was measured: the test split has no rows", result.stderr)
        self.assertIn("nothing was measured", program.read_json(self.output / "small/1/status.json")["message"])
        self.assertFalse((self.output / "small/1/evaluation.json").exists())
        self.assert_refused(program.run("evaluate", self.output / "small/1"), "the run has no rows in its test split; choose another")
        unasked = small_run(data=data, model=model, evaluation=[], training=None)
        result = program.run("run", write_json(self.folder / "run.json", unasked), "--output", self.output)
        self.assertNotIn("nothing was measured", result.stderr)

    def test_accuracies_among_rows_of_one_class(self):
        config = small_run(
            data={"source": "csv", "files": self.table("train.csv", "x,y,kind\n" + "".join(f"{i % 9 / 10},{i % 5 / 10},{i % 2}\n" for i in range(80))),
                  "test_files": self.table("test.csv", "x,y,kind\n" + "".join(f"{i % 9 / 10},{i % 4 / 10},1\n" for i in range(20))), "label": "kind", "validation": 20},
            model={"variant": "stacked", "layers": [{"variant": "dense", "code": 2}], "classifier": "linear-svm"},
            evaluation=["classification", "probe", "clustering", "reconstruction"],
        )
        metrics = program.read_json(self.train(config) / "evaluation.json")["metrics"]
        self.assertEqual({name for name, value in metrics.items() if value == "not applicable"},
                         {"classification/accuracy", "probe/accuracy", "clustering/nmi", "clustering/ari", "clustering/accuracy"})
        config["data"]["test_files"] = config["data"]["files"]
        metrics = program.read_json(self.train(config) / "evaluation.json")["metrics"]
        self.assertNotIn("not applicable", metrics.values())

    def test_class_names_on_one_side_only(self):
        labeled = [self.table(f"{name}.csv", "x,y,kind\n" + "".join(
            f"{i},{i * i % 7},{classes[i % len(classes)]}\n" for i in range(40)))
            for name, classes in (("named", ["cat", "dog"]), ("numbered", [0, 1]), ("others", [3, 7]))]
        source = lambda file: {"source": "csv", "files": file, "label": "kind"}
        config = small_run(data={**source(labeled[0]), "validation": 5}, model={"variant": "pca", "code": 1}, training=None)
        run = self.train(config)
        for file in labeled[1:]:
            result = program.run("evaluate", run, "--data", program.json.dumps(source(file)))
            self.assert_refused(result, "its classes are numbers without class names, the run's cat, dog")
        bare = {"source": "csv", "files": labeled[1], "ignore": ["kind"]}
        self.assertEqual(program.run("evaluate", run, "--data", program.json.dumps(bare)).code, 0)
        self.assertEqual(program.run("evaluate", run, "--data", program.json.dumps(source(labeled[0]))).code, 0)


if __name__ == "__main__":
    program.main()
