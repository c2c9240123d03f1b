"""Keys that are missing a type, have another name elsewhere, or are in the wrong place: what is read, what is said."""

import json

import program
from program import read_json, small_run, write_json


class DefaultTypes(program.TestCase):
    def recorded(self, config, *overrides):
        file = write_json(self.folder / "run.json", config)
        result = program.run("run", file, "--output", self.output, "--quiet", *overrides)
        self.assertEqual(result.code, 0, result.stderr)
        return read_json(self.output.joinpath(*result.stdout.splitlines()[-1].split("/")[-2:]) / "config.json")

    def refused(self, config, overrides, *expected):
        file = write_json(self.folder / "wrong.json", config)
        self.assert_refused(program.run("run", file, "--output", self.output, *overrides), *expected)
        self.assertFalse(self.output.exists())

    def test_overrides_change_the_default_optimizer(self):
        for config in (small_run(), small_run(training=None)):
            recorded = self.recorded(config, "training.epochs=1", "training.optimizer.learning_rate=.01")
            self.assertEqual(recorded["training"]["optimizer"]["kind"], "adam")
            self.assertEqual(recorded["training"]["optimizer"]["learning_rate"], 0.01)
            self.assertEqual(recorded["training"]["optimizer"]["beta1"], 0.9)

    def test_files_change_the_default_optimizer(self):
        recorded = self.recorded(small_run(training={"epochs": 1, "optimizer": {"beta1": 0.5}}))
        self.assertEqual(recorded["training"]["optimizer"]["kind"], "adam")
        self.assertEqual(recorded["training"]["optimizer"]["beta1"], 0.5)

    def test_parts_that_a_variant_fills_in(self):
        one = {"epochs": 1}
        for variant, path, value, kind in (
            ("denoising", "backbone.hidden", [9], "dense"),
            ("denoising", "corruption.level", 0.5, "masking"),
            ("denoising", "bottleneck.activation", "tanh", "deterministic"),
            ("dense", "bottleneck.activation", "sigmoid", "deterministic"),
            ("contractive", "backbone.activation", "tanh", "dense"),
            ("sparse", "backbone.hidden", [9], "dense"),
            ("autoencoder", "backbone.hidden", [9], "dense"),
        ):
            with self.subTest(variant=variant, path=path):
                part, field = path.split(".")
                for recorded in (
                    self.recorded(
                        small_run(model={"variant": variant, "code": 4}, training=one), f"model.{path}={json.dumps(value)}"
                    ),
                    self.recorded(small_run(model={"variant": variant, "code": 4, part: {field: value}}, training=one)),
                ):
                    for model in recorded["model"], recorded["model"]["expanded"]:
                        self.assertEqual(model[part]["kind"], kind)
                        self.assertEqual(model[part][field], value)

    def test_what_the_variant_chose_for_the_part_stays(self):
        recorded = self.recorded(
            small_run(model={"variant": "sparse", "code": 8, "sparsity": "k-sparse", "k": 3}, training={"epochs": 1}),
            "model.backbone.hidden=[9]",
        )
        self.assertEqual((recorded["model"]["backbone"]["tied"], recorded["model"]["backbone"]["hidden"]), (True, [9]))

    def test_layers_of_a_default_list(self):
        recorded = self.recorded(
            small_run(model={"variant": "convolutional"}, training={"epochs": 1}), "model.encoder[0].conv=4"
        )
        encoder = recorded["model"]["encoder"]
        self.assertEqual([layer.get("conv") for layer in encoder], [4, None, 8, None, 8, None])

    def test_a_default_list_grows(self):
        recorded = self.recorded(small_run(training={"epochs": 1}), "evaluation[1]=code")
        self.assertEqual([metric["kind"] for metric in recorded["evaluation"]], ["reconstruction", "code"])

    def test_names_become_objects_with_their_own_tag(self):
        recorded = self.recorded(
            small_run(model={"variant": "stacked", "layers": ["denoising", "dense"]}, training={"epochs": 1}),
            "model.layers[0].code=5",
            "model.layers[1].code=3",
            "model.layers[0].corruption=gaussian",
            "model.layers[0].corruption.level=0.1",
        )
        layers = recorded["model"]["layers"]
        self.assertEqual([(layer["variant"], layer["code"]) for layer in layers], [("denoising", 5), ("dense", 3)])
        self.assertEqual(layers[0]["corruption"]["level"], 0.1)

    def test_comparisons_take_the_same_overrides(self):
        file = write_json(
            self.folder / "compare.json",
            {
                "name": "c",
                "base": {"data": {"source": "digits", "validation": 100}, "model": "convolutional"},
                "variants": [
                    {"name": "a", "set": {"training.optimizer.learning_rate": 0.01}},
                    {"name": "b", "set": {"model.encoder[0].conv": 5}},
                ],
                "seeds": [1],
                "budget": {"steps": 2},
            },
        )
        result = program.run(
            "compare", file, "--output", self.output, "--quiet", "base.model.encoder[2].conv=6", "base.training.batch_size=16"
        )
        self.assertEqual(result.code, 0, result.stderr)
        a, b = (read_json(self.output / "c" / "runs" / name / "1" / "config.json") for name in "ab") if (
            self.output / "c" / "runs" / "a" / "1"
        ).exists() else (
            read_json(next(path for path in self.output.rglob("config.json") if f"/{name}/" in str(path) or path.parent.name.startswith(name + "-")))
            for name in "ab"
        )
        self.assertEqual(a["training"]["optimizer"]["learning_rate"], 0.01)
        self.assertEqual([layer.get("conv") for layer in a["model"]["encoder"]], [16, None, 6, None, 8, None])
        self.assertEqual([layer.get("conv") for layer in b["model"]["encoder"]], [5, None, 6, None, 8, None])

    def test_types_that_fit_are_named(self):
        self.refused(
            small_run(),
            ["training.optimizer.momentum=.9"],
            'training.optimizer: lacks "kind": write "kind": "sgd" or "rmsprop"; the default, "adam", has no "momentum"',
        )
        self.refused(
            small_run(),
            ["training.optimizer.learning_rate.to=0"],
            'learning_rate: lacks "kind": write "kind": "linear", "exponential" or "cosine"',
        )
        self.refused(small_run(), ["model.likelihood.mean=sigmoid"], 'lacks "kind": write "kind": "gaussian"')
        self.refused(
            small_run(), ["callbacks[0].patience=3"], 'callbacks[0]: lacks "kind": write "kind": "early-stopping" or "plateau"'
        )


# Where a key is written, and where it belongs.
HINTS = {
    ("training", "lr"): 'Did you mean "learning_rate" of "training.optimizer"?',
    ("training.optimizer", "lr"): 'Did you mean "learning_rate"?',
    ("training", "learning_rate"): '"learning_rate" belongs to "training.optimizer"',
    ("training", "n_epochs"): 'Did you mean "epochs"?',
    ("training", "max_epochs"): 'Did you mean "epochs"?',
    ("training", "batchSize"): 'Did you mean "batch_size"?',
    ("training", "bs"): 'Did you mean "batch_size"?',
    ("training", "optimiser"): 'Did you mean "optimizer"?',
    ("model", "latent_dim"): 'Did you mean "code"?',
    ("model", "bottleneck_dim"): 'Did you mean "code"?',
    ("model", "n_components"): 'Did you mean "code"?',
    ("model", "loss"): 'Did you mean "likelihood"?',
    ("model", "criterion"): 'Did you mean "likelihood"?',
    ("model", "hidden_dims"): 'Did you mean "hidden"?',
    ("model", "layers"): 'Did you mean "hidden"?',
    ("model", "epochs"): '"epochs" belongs to "training"',
    ("model", "batch_size"): '"batch_size" belongs to "training"',
    ("training", "hidden"): '"hidden" belongs to "model"',
    ("training", "latent_dim"): 'Did you mean "code" of "model"?',
    ("training", "seed"): '"seed" belongs at the top level, beside "training"',
    ("training", "random_state"): 'Did you mean "seed" at the top level, beside "training"?',
    ("", "epochs"): '"epochs" belongs to "training"',
    ("", "metrics"): 'Did you mean "evaluation"?',
    ("", "patience"): '"patience" belongs to an entry of "callbacks"',
    ("model", "tau"): "Known: ",
}


class UnknownKeys(program.TestCase):
    def refusal(self, config, command="run"):
        file = write_json(self.folder / "wrong.json", config)
        result = program.run(command, file, "--output", self.output)
        self.assertEqual(result.code, 2, result)
        self.assertFalse(self.output.exists())
        return result.stderr

    def test_hints(self):
        for (path, key), hint in HINTS.items():
            with self.subTest(path=path, key=key):
                config = small_run()
                place = config
                for part in path.split(".") if path else ():
                    place = place.setdefault(part, {})
                place[key] = 1
                self.assertIn(f"{path + '.' if path else ''}{key}: unknown key. {hint}", self.refusal(config))

    def test_keys_of_other_variants(self):
        said = self.refusal(small_run(model={"variant": "pca", "code": 3, "encoder": []}))
        self.assertIn('model.encoder: unknown key. It belongs to the variant "convolutional"', said)

    def test_a_comparison_has_hints_too(self):
        comparison = {
            "name": "c",
            "base": small_run(name=None),
            "variants": [{"name": "a", "set": {}, "grid": {"model.code": [2, 3]}, "seeds": [1]}],
            "seeds": [1],
        }
        said = self.refusal(comparison, "compare")
        self.assertIn('variants[0].grid: unknown key. "grid" belongs at the top level, beside "variants"', said)
        self.assertIn('variants[0].seeds: unknown key. "seeds" belongs at the top level, beside "variants"', said)

    def test_other_names_of_a_comparisons_keys(self):
        comparison = {"name": "c", "base": small_run(name=None), "variants": [{"name": "a", "overrides": {}}], "seeds": [1]}
        comparison.update(n_seeds=3, models=[], sweep={}, reference="a", workers=2)
        said = self.refusal(comparison, "compare")
        for key, field in {
            "variants[0].overrides": "set",
            "n_seeds": "seeds",
            "models": "variants",
            "sweep": "grid",
            "reference": "baseline",
            "workers": "threads",
        }.items():
            self.assertIn(f'{key}: unknown key. Did you mean "{field}"?', said)

    def test_keys_of_a_comparison_among_those_of_a_variants_run(self):
        for key, value, place in (
            ("grid", {"model.code": [2, 3]}, 'at the top level, beside "variants"'),
            ("list", [{"model.code": 2}], 'at the top level, beside "variants"'),
            ("budget.epochs", 3, 'at the top level, beside "variants"'),
            ("shares", [1], 'beside "set"'),
        ):
            comparison = {"name": "c", "base": small_run(name=None), "variants": [{"name": "a", "set": {key: value}}], "seeds": [1]}
            said = self.refusal(comparison, "compare")
            self.assertIn(f'variants[0].set.{key}: is not a key of a run. "{key}" belongs {place}', said)

    def test_other_names_of_a_sources_files(self):
        for source, field in {"csv": "files", "images": "files", "npy": "files", "npz": "files", "idx": "files", "mnist": "folder"}.items():
            for key in "path", "filename", "directory":
                said = self.refusal(small_run(data={"source": source, key: "x"}))
                self.assertIn(f'data.{key}: unknown key. Did you mean "{field}"?', said)


class FileKinds(program.TestCase):
    COMPARISON = {"name": "c", "base": {"data": "digits"}, "variants": [], "seeds": [1], "budget": {"epochs": 1}}

    def refusal(self, command, file, *expected):
        result = program.run(command, file, "--output", self.output)
        self.assert_refused(result, *expected)
        self.assertFalse(self.output.exists())

    def test_a_comparison_given_to_run(self):
        file = write_json(self.folder / "which.json", self.COMPARISON)
        self.refusal("run", file, f"which.json: is a comparison file, by its keys \"base\", \"budget\", \"seeds\", \"variants\": use aelab compare {file}")

    def test_a_run_file_given_to_compare(self):
        file = write_json(self.folder / "run.json", small_run())
        self.refusal("compare", file, f'run.json: is a run file, by its keys "data", "model", "training": use aelab run {file}; a comparison may name it as its "base"')

    def test_files_of_other_programs(self):
        for value in (
            {"name": "left-pad", "version": "1.0.0", "main": "index.js", "scripts": {}, "dependencies": {}},
            {"type": "object", "properties": {}, "additionalProperties": False},
        ):
            file = write_json(self.folder / "package.json", value)
            for command, kind in ("run", "run"), ("compare", "comparison"):
                self.refusal(command, file, f"package.json: is not a {kind} file:")

    def test_files_of_run_folders(self):
        folder = self.train(small_run(training={"epochs": 1}), "--quiet")
        for name in "status.json", "environment.json", "evaluation.json":
            result = program.run("run", folder / name, "--output", self.folder / "other")
            self.assert_refused(result, f"{name}: is not a run file:")
            self.assertIn(f"it belongs to the run folder {folder}: see aelab report {folder}, or run {folder}/config.json", result.stderr)
        result = program.run("run", folder / "config.json", "--output", self.folder / "again", "--quiet")
        self.assertEqual(result.code, 0, result.stderr)

    def test_the_folder_of_a_comparison_is_no_run(self):
        file = write_json(self.folder / "c.json", {**self.COMPARISON, "base": {"data": {"source": "digits", "train": 100}, "model": "pca"}, "variants": [{"name": "a"}], "budget": {"steps": 1}})
        result = program.run("compare", file, "--output", self.output, "--quiet")
        self.assertEqual(result.code, 0, result.stderr)
        folder = self.output / "c"
        self.assert_refused(program.run("resume", folder), f"to resume the comparison: aelab compare {folder}")
        self.assert_refused(program.run("run", folder / "comparison.json"), f"it belongs to the comparison in {folder}")

    def test_a_file_with_only_shared_keys_is_completed_by_overrides(self):
        file = write_json(self.folder / "run.json", {"name": "x"})
        result = program.run("run", file, "--output", self.output, "data=digits", "model=pca", "--quiet")
        self.assertEqual(result.code, 0, result.stderr)


if __name__ == "__main__":
    program.main()
