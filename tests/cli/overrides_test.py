"""path.to.key=value on the command line, laid over the run file."""

import program
from program import small_run


class Overrides(program.TestCase):
    def recorded(self, config, *overrides):
        """config.json of a run with these overrides."""
        return program.read_json(self.train(config, *overrides) / "config.json")

    def refused(self, config, overrides, *expected):
        file = program.write_json(self.folder / "run.json", config)
        self.assert_refused(program.run("run", file, "--output", self.output, *overrides), *expected)
        self.assertFalse(self.output.exists())

    def test_keys_values_and_texts(self):
        recorded = self.recorded(
            small_run(),
            "name=renamed",
            "seed=7",
            "training.epochs=1",
            "model.code=5",
            "model.tied=true",
            "model.hidden=[12, 9]",
            "data.stratified=true",
            'data.transforms=["flatten"]',
            "$schema=a.b=c",
            'training.optimizer={"kind": "sgd", "momentum": 0.5}',
        )
        self.assertEqual((recorded["name"], recorded["seed"], recorded["$schema"]), ("renamed", 7, "a.b=c"))
        self.assertEqual(recorded["model"]["code"], 5)
        self.assertIs(recorded["model"]["tied"], True)
        self.assertEqual(recorded["model"]["hidden"], [12, 9])
        self.assertIs(recorded["data"]["stratified"], True)
        self.assertEqual(recorded["training"]["epochs"], 1)
        self.assertEqual(
            (recorded["training"]["optimizer"]["kind"], recorded["training"]["optimizer"]["momentum"]),
            ("sgd", 0.5),
        )

    def test_texts_that_look_like_something_else(self):
        self.refused(small_run(), ["name=3"], 'name: must be a string, not 3: write "3"')
        self.assertEqual(self.recorded(small_run(), 'name="3"', "training.epochs=1")["name"], "3")
        self.assertEqual(self.recorded(small_run(), "name=3d", "training.epochs=1")["name"], "3d")

    def test_the_last_one_wins(self):
        self.assertEqual(
            self.recorded(small_run(), "training.epochs=5", "training.epochs=1")["training"]["epochs"], 1
        )

    def test_entries_of_lists(self):
        config = small_run(
            callbacks=[{"kind": "early-stopping"}, {"kind": "pictures"}], training={"epochs": 1}
        )
        recorded = self.recorded(
            config, "callbacks[0].patience=3", "callbacks.1.count=2", "callbacks[1].every=1"
        )
        self.assertEqual(recorded["callbacks"][0]["patience"], 3)
        self.assertEqual((recorded["callbacks"][1]["count"], recorded["callbacks"][1]["every"]), (2, 1))

    def test_replaces_and_appends_entries(self):
        config = small_run(callbacks=["early-stopping"], training={"epochs": 1})
        recorded = self.recorded(
            config,
            "callbacks[0]=pictures",
            "callbacks[1].kind=checkpoint",
            "callbacks[1].seconds=0",
            "model.hidden=[]",
            "model.hidden[0]=6",
        )
        self.assertEqual([entry["kind"] for entry in recorded["callbacks"]], ["pictures", "checkpoint"])
        self.assertEqual(recorded["callbacks"][1]["seconds"], 0)
        self.assertEqual(recorded["model"]["hidden"], [6])

    def test_starts_a_list_that_the_file_has_not(self):
        recorded = self.recorded(
            small_run(training={"epochs": 1}),
            "callbacks[0].kind=pictures",
            "callbacks[0].every=1",
            "model.hidden[0]=6",
        )
        self.assertEqual([entry["kind"] for entry in recorded["callbacks"]], ["pictures"])
        self.assertEqual(recorded["model"]["hidden"], [6])

    def test_shorthands_expand(self):
        config = {
            "data": "digits",
            "model": "dense",
            "callbacks": ["pictures"],
            "training": {"optimizer": "adam", "epochs": 1},
        }
        recorded = self.recorded(
            config,
            "training.optimizer.learning_rate=0.01",
            "data.validation=100",
            "model.code=3",
            "callbacks[0].count=2",
            "model.likelihood=gaussian",
            "model.likelihood.mean=sigmoid",
        )
        self.assertEqual(recorded["training"]["optimizer"]["kind"], "adam")
        self.assertEqual(recorded["training"]["optimizer"]["learning_rate"], 0.01)
        self.assertEqual((recorded["data"]["source"], recorded["data"]["validation"]), ("digits", 100))
        self.assertEqual((recorded["model"]["variant"], recorded["model"]["code"]), ("dense", 3))
        self.assertEqual(recorded["model"]["likelihood"], {"kind": "gaussian", "mean": "sigmoid", "deviation": 1, "learned": False})
        self.assertEqual(recorded["callbacks"][0]["count"], 2)

    def test_schedules(self):
        recorded = self.recorded(
            small_run(training={"epochs": 1, "optimizer": "adam"}),
            "training.optimizer.learning_rate=cosine",
            "training.optimizer.learning_rate.from=0.5",
        )
        rate = recorded["training"]["optimizer"]["learning_rate"]
        self.assertEqual((rate["kind"], rate["from"], rate["to"]), ("cosine", 0.5, 0))

    def test_mend_a_file_without_data_and_model(self):
        self.assertEqual(self.recorded({}, "data=digits", "model=dense", "training.epochs=1")["name"], "run")

    def test_option_after_overrides(self):
        file = program.write_json(self.folder / "run.json", small_run())
        result = program.run(
            "run", file, "training.epochs=1", "--output", self.output, "--quiet", "model.code=3"
        )
        self.assertEqual(result.code, 0, result.stderr)

    def test_errors_in_values(self):
        self.refused(
            small_run(),
            ["model.cod=3", "training.epochs=0"],
            'model.cod: unknown key. Did you mean "code"?',
            "training.epochs: must be at least 1, is 0",
        )
        self.refused(
            small_run(), ["model.code=abc"], 'model.code: must be a whole number, not "abc"'
        )
        self.refused(small_run(), ["training.epochs="], "training.epochs: must be a whole number")
        self.refused(small_run(), ["model.code=2.0"], "model.code: must be a whole number, not 2.0")
        self.refused(small_run(), ["training.optimizer.learning_rate=NaN"], "training.optimizer")
        self.refused(small_run(), ["model=dens"], 'unknown variant "dens". Did you mean "dense"?')

    def test_errors_in_paths(self):
        one = small_run(callbacks=["pictures"])
        for override, said in (
            ("training.epochs", 'override "training.epochs": must be path.to.key=value'),
            ("=3", 'override "=3": must be path.to.key=value'),
            ("training..epochs=3", "has an empty key"),
            ("callbacks[]=3", "has an empty key"),
            (".name=x", "has an empty key"),
            ("callbacks[2].every=1", 'override "callbacks[2].every=1": "2" is not an entry of a list of 1'),
            ("callbacks[x].every=1", '"x" is not an entry of a list of 1'),
            ("callbacks[-1].every=1", '"-1" is not an entry of a list of 1'),
            ("callbacks[1].every[2]=1", '"2" is not an entry of a list of 0'),
            ("callbacks.99999999999999999999.every=1", "is not an entry of a list of 1"),
            ("training.epochs.x=3", '"epochs" is 2, which has no keys'),
            ('training.optimizer={"kind":', 'override "training.optimizer={"kind":":1:'),
            ('model={"variant": "dense", "variant": "dense"}', 'the key "variant" appears twice'),
        ):
            with self.subTest(override):
                self.refused(one, [override], said)


if __name__ == "__main__":
    program.main()
