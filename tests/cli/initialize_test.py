"""Weights that a model begins with: PyTorch's, by their names, and another run's; and parameters that stay frozen."""

import sys

import program
from program import small_run

try:
    import numpy
    import torch
    from safetensors.numpy import load_file
    from safetensors.torch import save_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

NAMES = [
    {"from": "encoder.0", "to": "backbone.encoder_0"},
    {"from": "encoder.2", "to": "backbone.encoder_1"},
    {"from": "decoder.0", "to": "backbone.decoder_0"},
    {"from": "decoder.2", "to": "backbone.decoder_1"},
]


class Initialize(program.TestCase):
    def setUp(self):
        super().setUp()
        torch.manual_seed(0)
        layers = lambda *sizes: torch.nn.Sequential(torch.nn.Linear(*sizes[:2]), torch.nn.Tanh(), torch.nn.Linear(*sizes[2:]))
        self.module = torch.nn.ModuleDict({"encoder": layers(64, 20, 20, 5), "decoder": layers(5, 20, 20, 64)})
        self.file = str(self.folder / "theirs.safetensors")
        save_file(self.module.state_dict(), self.file)

    def config(self, initialize_from, **training):
        model = {"variant": "dense", "code": 5, "hidden": [20], "activation": "tanh", "initialize_from": initialize_from}
        return small_run(model=model, training={"epochs": 1, **training})

    def weights(self, folder, checkpoint="last"):
        saved = load_file(folder / f"checkpoints/{checkpoint}.safetensors")
        return {name.removeprefix("model."): value for name, value in saved.items() if name.startswith("model.")}

    def theirs(self):
        renamed = {}
        for name, value in self.module.state_dict().items():
            entry = next(n for n in NAMES if name.startswith(n["from"] + "."))
            renamed[entry["to"] + name.removeprefix(entry["from"])] = value.numpy()
        return renamed

    def test_pytorchs_weights_by_their_names_and_frozen_they_stay(self):
        frozen = self.train(self.config({"path": self.file, "names": NAMES}, freeze=["backbone.encoder_0", "backbone.decoder_1.bias"]))
        trained, theirs = self.weights(frozen), self.theirs()
        self.assertEqual(trained.keys(), theirs.keys())
        for name, value in trained.items():
            stays = name.startswith("backbone.encoder_0") or name == "backbone.decoder_1.bias"
            self.assertEqual(numpy.array_equal(value, theirs[name]), stays, name)

    def test_pytorchs_weights_give_pytorchs_outputs(self):
        still = {"kind": "sgd", "learning_rate": 0}
        folder = self.train(self.config({"path": self.file, "names": NAMES}, optimizer=still))
        result = program.run("apply", folder, "--write", "code", "--part", "all", "--output", self.folder / "applied")
        self.assertEqual(result.code, 0, result.stderr)
        program.run("data", "digits", "--output", self.folder / "digits")
        x = torch.from_numpy(numpy.load(self.folder / "digits/train.npy")).flatten(1)
        codes = self.module["encoder"](x).detach().numpy()
        numpy.testing.assert_allclose(numpy.load(self.folder / "applied/code.npy"), codes, atol=1e-5)

    def test_half_precision_and_parts(self):
        half = {name: value.half() for name, value in self.module.state_dict().items() if name.startswith("encoder.0")}
        save_file(half, self.file)
        start = {"path": self.file, "names": NAMES, "partial": True}
        folder = self.train(self.config(start, freeze=["backbone.encoder_0"]))
        weight = self.weights(folder)["backbone.encoder_0.weight"]
        numpy.testing.assert_array_equal(weight, half["encoder.0.weight"].float().numpy())

    def test_another_runs(self):
        first = self.train(self.config({"path": self.file, "names": NAMES}))
        start = {"path": str(first), "checkpoint": "last"}
        second = self.train(self.config(start, freeze=["backbone.encoder_0", "backbone.encoder_1"]))
        before, after = self.weights(first), self.weights(second)
        for name in before:
            self.assertEqual(numpy.array_equal(before[name], after[name]), "encoder" in name, name)
        self.assertEqual(program.run("resume", second).code, 0)

    def test_what_does_not_fit_is_named(self):
        def refused(config, *says):
            file = program.write_json(self.folder / "run.json", config)
            result = program.run("run", file, "--output", self.output / "none")
            self.assertEqual(result.code, 2, result)
            for text in says:
                self.assertIn(text, result.stderr)
            self.assertFalse((self.output / "none").exists())

        refused(self.config({}), "model.initialize_from.path: is missing")
        refused(self.config({"path": "/nowhere"}), "model.initialize_from.path: /nowhere does not exist")
        refused(
            self.config({"path": self.file, "names": NAMES[:3]}),
            'the model has no tensor "decoder.2.bias" for its "decoder.2.bias"',
            'the model\'s "backbone.decoder_1.weight" is not in',
        )
        wrong = [*NAMES[1:], {"from": "encoder.0", "to": "backbone.decoder_0"}]
        refused(self.config({"path": self.file, "names": wrong}), '"encoder.0.weight" is 20x64, the model\'s "backbone.decoder_0.weight" 20x5')
        good = {"path": self.file, "names": NAMES}
        refused(self.config(good, freeze=["backbone.encodr_0"]), 'training.freeze[0]: the model has no parameter "backbone.encodr_0"')
        refused(self.config(good, freeze=["backbone"]), 'training.freeze: nothing is left to train in the phase "train"')


if __name__ == "__main__":
    program.main()
