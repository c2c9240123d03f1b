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

    def test_two_metrics_of_one_measure_are_refused(self):
        """Results go by names: one of the two would be lost."""
        twice = [{"kind": "generation", "sampler": "gaussian"}, "reconstruction", {"kind": "generation", "sampler": "mixture"}]
        file = write_json(self.folder / "run.json", small_run(evaluation=twice))
        says = "evaluation[2]: measures generation/precision, as evaluation[0] does: leave one of them out"
        self.assert_refused(program.run("run", file, "--output", self.output), says)
        run = self.train(small_run())
        result = program.run("evaluate", run, "--metrics", "reconstruction,code,reconstruction")
        self.assert_refused(result, "--metrics[2]: measures reconstruction/")

    def test_cross_entropy_of_gray_values_is_no_likelihood(self):
        model = {"variant": "vae", "code": 2, "backbone": {"kind": "dense", "hidden": [8]}}
        config = small_run(model=model, evaluation=["likelihood", {"kind": "latent", "rows": 50}])
        gray = self.train(config)
        self.assertIn("the loss does not bound their log-likelihood", (gray / "log.txt").read_text())
        caution, = program.read_json(gray / "evaluation.json")["cautions"]
        self.assertIn('likelihood: not measured, as the likelihood "bernoulli" is not a distribution of these rows', caution)
        self.assertIn(program.json.dumps(caution)[1:-1], (gray / "report.html").read_text())
        result = program.run("evaluate", gray)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertRegex(result.stdout, "likelihood/nll +not applicable")
        self.assertIn(f"aelab: caution: {caution}", result.stderr)
        self.assertIn(f"aelab: caution: {caution}", program.run("resume", gray).stderr)  # prints what is recorded
        for how in "static", "dynamic":
            config["data"]["transforms"] = [{"kind": "binarize", "how": how}]
            folder = self.train(config)
            self.assertNotIn("no bounds", (folder / "log.txt").read_text())
            metrics = program.read_json(folder / "evaluation.json")["metrics"]
            self.assertGreater(metrics["likelihood/nll"], 5)
            self.assertGreater(-metrics["likelihood/elbo"], metrics["likelihood/nll"])

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

    def labeled(self, name, classes, rows=40):
        """A CSV source whose rows are of these classes in turn."""
        file = self.table(f"{name}.csv", "x,y,kind\n" + "".join(f"{i},{i * i % 7},{classes[i % len(classes)]}\n" for i in range(rows)))
        return {"source": "csv", "files": file, "label": "kind"}

    def classifying_run(self, data, metrics):
        layers = [{"variant": "dense", "code": 2}]
        return small_run(data=data, model={"variant": "stacked", "layers": layers, "classifier": "linear-svm"}, evaluation=metrics)

    def test_classes_of_other_data_that_the_run_never_saw(self):
        metrics = ["classification", "probe", "clustering", "reconstruction"]
        known, others = self.labeled("known", [0, 1]), self.labeled("others", [3, 7])
        run = self.train(self.classifying_run({**known, "validation": 5}, metrics))
        evaluate = lambda data, *more: program.run("evaluate", run, "--data", program.json.dumps(data), *more)
        said = '"classification" and "probe" predict the classes of the training rows (0, 1), not 3, 7; leave out'
        self.assert_refused(evaluate(others), said)
        self.assert_refused(evaluate(self.labeled("one", [1, 2]), "--metrics", "probe"), "training rows (0, 1), not 2")
        result = evaluate(others, "--metrics", "clustering,reconstruction")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertRegex(result.stdout, r"clustering/nmi +\d")
        self.assertEqual(evaluate(self.labeled("same", [1, 0])).code, 0)

    def test_classes_of_test_rows_alone(self):
        metrics = ["probe", "clustering"]
        data = {**self.labeled("train", [0, 1]), "test_files": self.labeled("test", [1, 2])["files"], "validation": 5}
        file = write_json(self.folder / "run.json", self.classifying_run(data, metrics))
        result = program.run("run", file, "--output", self.output)
        self.assert_refused(result, '"probe" predicts the classes of the training rows (0, 1), not 2, which test rows have')
        self.assertFalse(self.output.exists())
        self.train(self.classifying_run(data, ["clustering"]))
        rare = self.labeled("rare", [0, 1] * 19 + [1, 5])  # the one row of class 5 is in any split
        said = ["training rows (0, 1), not 5" in (self.train(
            {**self.classifying_run({**rare, "validation": 5, "test": 20}, metrics), "seed": seed}) / "log.txt").read_text()
            for seed in range(8)]
        self.assertEqual({True, False}, set(said))

    def test_nothing_applicable(self):
        data = {"source": "csv", "files": self.table("rows.csv", "a,b\n" + "".join(f"{i},{i * i % 7}\n" for i in range(40))), "validation": 0}
        config = small_run(data=data, model={"variant": "pca", "code": 1}, evaluation=["image-quality"], training=None)
        result = program.run("run", write_json(self.folder / "run.json", config), "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)
        said = "nothing was measured: no metric is applicable"
        self.assertIn(said, result.stderr)
        run = self.output / "small/1"
        self.assertIn(said, program.read_json(run / "status.json")["message"])
        for json in (), ("--json",):
            result = program.run("evaluate", run, *json)
            self.assertEqual(result.code, 1, result.stderr)
            self.assertIn(said, result.stderr)
            self.assertIn("image/psnr" if not json else "{", result.stdout)
        self.assertEqual(program.run("evaluate", run, "--metrics", "image-quality,reconstruction").code, 0)
        config["evaluation"] = []
        bare = self.train(config)
        self.assert_refused(program.run("evaluate", bare), "--metrics: the run's config lists none; name some")

    def test_runs_that_end_before_a_phase(self):
        config = self.classifying_run({**self.labeled("train", [0, 1]), "validation": 5}, ["classification", "reconstruction"])
        config["callbacks"] = ["log", "progress", {"kind": "timer", "seconds": 1e-9}]
        file = write_json(self.folder / "run.json", config)
        result = program.run("run", file, "--output", self.output)
        self.assertEqual(result.code, 0, result.stderr)
        run, said = self.output / "small/1", 'the run ended in phase "layer 1", before "classifier": what these phases train is untrained'
        self.assertIn(said, result.stderr)
        self.assertIn(said, (run / "log.txt").read_text())
        self.assertIn(said, program.read_json(run / "status.json")["message"])
        self.assertIn("what these phases train is untrained", (run / "report.html").read_text())
        config["callbacks"][-1]["seconds"] = 600
        self.assertNotIn("message", program.read_json(self.train(config) / "status.json"))

    def test_class_names_on_one_side_only(self):
        labeled = [self.labeled(name, classes) for name, classes in
                   (("named", ["cat", "dog"]), ("numbered", [0, 1]), ("others", [3, 7]))]
        config = small_run(data={**labeled[0], "validation": 5}, model={"variant": "pca", "code": 1}, training=None)
        run = self.train(config)
        for source in labeled[1:]:
            result = program.run("evaluate", run, "--data", program.json.dumps(source))
            self.assert_refused(result, "its classes are numbers without class names, the run's cat, dog")
        bare = {"source": "csv", "files": labeled[1]["files"], "ignore": ["kind"]}
        self.assertEqual(program.run("evaluate", run, "--data", program.json.dumps(bare)).code, 0)
        self.assertEqual(program.run("evaluate", run, "--data", program.json.dumps(labeled[0])).code, 0)


if __name__ == "__main__":
    program.main()
