"""aelab export --format saelens|sparsify|dictionary-learning: folders that give the codes and reconstructions of aelab apply on raw rows.
tests/references/check_exports.py loads such folders with the packages themselves."""

import json
import sys
import zipfile

import program

try:
    import numpy
    import torch
    from safetensors.numpy import load_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

sys.path.insert(0, str(program.SOURCE / "tests/references"))
import dictionaries
import reading
from dictionaries import FAMILIES, FEATURES, LATENTS

GOLDEN = program.SOURCE / "tests/references/golden/formats"


class DictionaryExport(program.TestCase):
    def trained(self, model, transforms):
        rows, file = dictionaries.rows(), self.folder / "rows.npy"
        numpy.save(file, rows)
        return self.train(dictionaries.run_file(model, file, transforms)), rows

    def compare(self, folder, rows, written, read, weights, config_file="cfg.json", load=load_file):
        applied = self.folder / f"applied-{written.name}-{len(list(self.folder.iterdir()))}"
        result = program.run("apply", folder, "--data", self.folder / "rows.npy", "--output", applied)
        self.assertEqual(result.code, 0, result.stderr)
        config = program.read_json(written / config_file)
        tensors = {name: numpy.array(tensor).astype(float) for name, tensor in load(written / weights).items()}
        code, output = read(config, tensors, rows.astype(float))
        expected = numpy.load(applied / "code.npy")
        numpy.testing.assert_allclose(code, expected, atol=1e-5 * abs(expected).max())
        reconstruction = numpy.load(applied / "reconstruction.npy")
        numpy.testing.assert_allclose(output, reconstruction, atol=1e-5 * abs(reconstruction).max())
        self.assertGreater((expected != 0).mean(), 0)
        return config, load(written / weights)

    def assert_layout(self, config, tensors, golden, weights):
        files = json.loads((GOLDEN / golden).read_text())["files"]
        self.assertLessEqual(set(files["cfg.json"]) - {"metadata"}, set(config))
        named = files[weights]["tensors"]
        self.assertEqual(set(tensors), set(named))
        sizes = {6: FEATURES, 12: LATENTS}
        for name, tensor in named.items():
            self.assertEqual(tensors[name].dtype, numpy.float32, name)
            self.assertEqual(list(tensors[name].shape), [sizes[size] for size in tensor["shape"]], name)

    def test_saelens(self):
        for golden, model in FAMILIES.items():
            usual = dictionaries.transforms_of(golden)
            for transforms in ([], usual) if golden == "topk" else (usual,):
                with self.subTest(golden=golden, transforms=transforms):
                    folder, rows = self.trained(model, transforms)
                    result = program.run("export", folder, "--format", "saelens")
                    self.assertEqual((result.code, result.stderr), (0, ""))
                    written = folder / "saelens"
                    self.assertEqual(result.stdout.splitlines()[-1], str(written))
                    config, tensors = self.compare(folder, rows, written, reading.saelens, "sae_weights.safetensors")
                    self.assert_layout(config, tensors, f"saelens_{golden}.json", "sae_weights.safetensors")
                    self.assertEqual(config["apply_b_dec_to_input"], model.get("pre_bias", True))

    def test_sparsify(self):
        for model in (FAMILIES["topk"], FAMILIES["topk_not_rescaled"]):
            with self.subTest(model):
                folder, rows = self.trained(model, [{"kind": "scale-norm"}])
                written = self.folder / f"written-{model.get('norm', 'unit')}"
                result = program.run("export", folder, "--format", "sparsify", "--output", written)
                self.assertEqual((result.code, result.stderr), (0, ""))
                config, tensors = self.compare(folder, rows, written, reading.sparsify, "sae.safetensors")
                self.assert_layout(config, tensors, "sparsify_topk.json", "sae.safetensors")

    def test_dictionary_learning(self):
        golden = {"topk": "topk", "topk_not_rescaled": "topk", "batchtopk": "batch_topk", "matryoshka": "matryoshka", "gated": "gated",
                  "jumprelu": "jumprelu", "standard": None}  # of free norms: AutoEncoderNew
        self.assertEqual(set(golden), dictionaries.FORMATS["dictionary-learning"])
        for name, layout in golden.items():
            with self.subTest(name):
                folder, rows = self.trained(FAMILIES[name], dictionaries.transforms_of(name))
                result = program.run("export", folder, "--format", "dictionary-learning")
                self.assertEqual((result.code, result.stderr), (0, ""))
                written = folder / "dictionary-learning"
                load = lambda path: torch.load(path, weights_only=True)
                config, tensors = self.compare(folder, rows, written, reading.dictionary_learning, "ae.pt", "config.json", load)
                self.assertEqual((config["trainer"]["activation_dim"], config["trainer"]["dict_size"]), (FEATURES, LATENTS))
                self.assertEqual(sorted(path.name for path in written.iterdir()), ["ae.pt", "config.json"])
                self.assertIsNone(zipfile.ZipFile(written / "ae.pt").testzip())
                if not layout:
                    self.assertEqual(config["trainer"]["dict_class"], "AutoEncoderNew")
                    continue
                files = json.loads((GOLDEN / f"dictionary_learning_{layout}.json").read_text())["files"]
                self.assertEqual(config["trainer"]["dict_class"], files["config.json"]["trainer"]["dict_class"])
                named = files["ae.pt"]["tensors"]
                self.assertEqual(set(tensors), set(named))
                for key, tensor in named.items():
                    self.assertEqual(str(tensors[key].dtype), tensor["dtype"], key)
                    self.assertEqual(len(tensors[key].shape), len(tensor["shape"]), key)

    def test_what_a_package_does_not_have_is_refused(self):
        folder, _ = self.trained(FAMILIES["standard"], [])
        refuse = lambda folder, *arguments, says: self.assert_refused(program.run("export", folder, *arguments), says)
        refuse(folder, "--format", "sparsify", says='--format: sparsify has no codes as those of the bottleneck "deterministic": choose saelens or dictionary-learning')
        refuse(folder, "--format", "saelens", "--output", self.folder / "x.npz", says="name a folder")
        (folder / "saelens").mkdir()
        refuse(folder, "--format", "saelens", says="is there already")
        pursuit, _ = self.trained(FAMILIES["matching_pursuit"], ["standardize"])
        refuse(pursuit, "--format", "saelens", says="which transforms that multiply the rows")
        whitened, _ = self.trained(FAMILIES["topk"], ["whiten"])
        refuse(whitened, "--format", "saelens", says="multiply and shift each feature")
        clipped, _ = self.trained(FAMILIES["topk"], [{"kind": "scale", "clip": True}])
        refuse(clipped, "--format", "saelens", says="multiply and shift each feature")
        dense = self.train(program.small_run(name="dense"))
        refuse(dense, "--format", "saelens", says='models with the backbone "dictionary"')
        self.assertFalse((dense / "saelens").exists())
        other, _ = self.trained({"variant": "autoencoder", "backbone": "dictionary", "bottleneck": {"kind": "deterministic", "activation": "tanh"}}, [])
        for package in ("saelens", "sparsify", "dictionary-learning"):
            says = '--format: the folder of a package has no codes as those of the bottleneck "deterministic": choose safetensors, npz or model'
            refuse(other, "--format", package, says=says)
        self.assertEqual(program.run("export", other, "--format", "model").code, 0)


if __name__ == "__main__":
    program.main()
