"""Folders of SAELens, sparsify and dictionary_learning as initial weights: those that the packages wrote
(tests/references/golden/formats) give the packages' codes and reconstructions, those that aelab exports give the codes
that they came from, and folders that do not fit or are damaged are refused in one sentence."""

import json
import shutil
import sys

import program

try:
    import numpy
    import torch
    from safetensors.torch import load_file, save_file
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

import dictionaries
from dictionaries import FAMILIES, LATENTS

GOLDEN = program.SOURCE / "tests/references/golden/formats"
FOREIGN = ("skip_transcoder",)  # what aelab has no dictionaries of
TYPES = {"torch.float32": torch.float32, "torch.int32": torch.int32, "torch.int64": torch.int64, "F32": torch.float32}
STILL = {"epochs": 1, "optimizer": {"kind": "sgd", "learning_rate": 0}}


def write_golden(case, folder, dtype=None):
    """The folder as its package wrote it."""
    folder.mkdir()
    for name, content in case["files"].items():
        if name.endswith(".json"):
            (folder / name).write_text(json.dumps(content))
            continue
        tensors = {key: torch.tensor(t["values"], dtype=TYPES[t["dtype"]]).reshape(t["shape"]) for key, t in content["tensors"].items()}
        if dtype:
            tensors = {key: value.to(dtype) if value.is_floating_point() else value for key, value in tensors.items()}
        torch.save(tensors, folder / name) if name.endswith(".pt") else save_file(tensors, folder / name)
    return folder


class DictionaryImport(program.TestCase):
    def run_file(self, model, rows, transforms=(), **changes):
        file = self.folder / f"rows-{rows.shape[1]}.npy"
        numpy.save(file, rows)
        return program.small_run(
            data={"source": "npy", "files": str(file), "validation": 2, "test": 2, "transforms": list(transforms)},
            model=model, evaluation=["reconstruction"], training=STILL, **changes)

    def answer(self, run_folder, rows):
        self.count = getattr(self, "count", 0) + 1
        numpy.save(self.folder / "asked.npy", rows)
        applied = self.folder / f"applied-{self.count}"
        result = program.run("apply", run_folder, "--checkpoint", "last", "--data", self.folder / "asked.npy", "--output", applied)
        self.assertEqual(result.code, 0, result.stderr)
        return numpy.load(applied / "code.npy"), numpy.load(applied / "reconstruction.npy")

    def model_for(self, folder):
        result = program.run("import", folder)
        self.assertEqual(result.code, 0, result.stderr)
        return self.still(json.loads(result.stdout))

    def still(self, model):
        """A step without a learning rate still moves the average of a threshold: here by nothing."""
        return {**model, "decay": 0.9999999} if model["variant"] in ("batch-top-k", "matryoshka") else model

    def golden(self, name, **options):
        case = json.loads((GOLDEN / f"{name}.json").read_text())
        return case, write_golden(case, self.folder / f"{name}{len(list(self.folder.iterdir()))}", **options)

    def test_folders_that_the_packages_wrote(self):
        names = [path.stem for path in sorted(GOLDEN.glob("*.json")) if not path.stem.startswith("folding")]
        for name in (name for name in names if not name.endswith(FOREIGN)):
            with self.subTest(name):
                case, folder = self.golden(name)
                rows = numpy.array(case["inputs"], dtype=numpy.float32)
                trained = self.train(self.run_file(self.model_for(folder), numpy.concatenate([rows] * 4)))
                codes, outputs = self.answer(trained, rows)
                numpy.testing.assert_allclose(codes, case["codes"], atol=1e-5)
                numpy.testing.assert_allclose(outputs, case["outputs"], atol=1e-5)
                log = (trained / "log.txt").read_text()
                self.assertIn("is a folder of", log)
                self.assertIn("its L0 is", log)

    def test_folders_are_named_from_the_working_directory(self):
        for name in ("saelens_topk_not_rescaled", "dictionary_learning_topk", "sparsify_topk"):
            _, folder = self.golden(name)
            for path in (folder.name, f"./{folder.name}/", f"../{self.folder.name}/{folder.name}"):
                result = program.run("import", path, cwd=self.folder)
                self.assertEqual(result.code, 0, result.stderr)
                self.assertEqual(json.loads(result.stdout)["initialize_from"], {"path": path})

    def test_half_precision_is_read_by_the_header(self):
        for dtype in torch.float16, torch.bfloat16:
            for name in "saelens_topk_not_rescaled", "dictionary_learning_topk":
                with self.subTest(name, dtype=dtype):
                    case, folder = self.golden(name, dtype=dtype)
                    model = self.model_for(folder)
                    self.assertEqual(model["norm"], "free")
                    rows = numpy.array(case["inputs"], dtype=numpy.float32)
                    trained = self.train(self.run_file(model, numpy.concatenate([rows] * 4)))
                    saved = load_file(trained / "checkpoints/last.safetensors")["model.backbone.decoder_bias"]
                    expected = torch.tensor(case["trained"]["b_dec"]).to(dtype).float()
                    numpy.testing.assert_array_equal(saved.numpy(), expected.numpy())

    def trained(self, model, transforms):
        rows, file = dictionaries.rows(), self.folder / "rows.npy"
        numpy.save(file, rows)
        run = dictionaries.run_file(model, file, transforms)
        run["data"].update({"validation": 2, "test": 2})  # as of run_file(): the same rows are fitted to
        return self.train(run), rows

    def test_round_trips(self):
        for name, model in FAMILIES.items():
            transforms = dictionaries.transforms_of(name)
            first, rows = self.trained(model, transforms)
            expected, output = self.answer(first, rows)
            for package, takes in dictionaries.FORMATS.items():
                with self.subTest(name, package=package):
                    exported = program.run("export", first, "--format", package, "--checkpoint", "last")
                    if name not in takes:
                        self.assertEqual(exported.code, 2)
                        self.assertIn(": choose saelens", exported.stderr)
                        self.assertFalse((first / package).exists())
                        continue
                    self.assertEqual(exported.code, 0, exported.stderr)
                    for config, its in ((self.model_for(first / package), []),
                                        (self.still({"code": LATENTS, **model, "initialize_from": {"path": str(first / package)}}), transforms)):
                        again = self.train(self.run_file(config, rows, its))
                        codes, found = self.answer(again, rows)
                        numpy.testing.assert_allclose(codes, expected, atol=2e-6 * abs(expected).max())
                        numpy.testing.assert_allclose(found, output, atol=2e-6 * abs(output).max())
            self.assertEqual([p.name for p in first.iterdir() if p.name.startswith(".aelab")], [])

    def refused(self, model, rows, *says):
        file = program.write_json(self.folder / "run.json", self.run_file(model, rows))
        result = program.run("run", file, "--output", self.output / "none")
        self.assertEqual(result.code, 2, result)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.output / "none").exists())

    def test_what_does_not_fit_is_refused(self):
        case, folder = self.golden("saelens_topk_not_rescaled")
        rows = numpy.concatenate([numpy.array(case["inputs"], dtype=numpy.float32)] * 4)
        model = self.model_for(folder)
        self.refused({**model, "k": 3}, rows, "cfg.json", "with k 2", "the model's k is 3", '"variant":"top-k"')
        self.refused({**model, "code": 13}, rows, "the model's code has 13")
        self.refused({**model, "norm": "unit"}, rows, 'set "norm": "free"')
        self.refused(model, numpy.ones((20, 7), numpy.float32) * rows[:20, :1], '"d_in" is 6', "have 7 numbers")
        gated = {"variant": "gated", "code": 12, "initialize_from": model["initialize_from"]}
        self.refused(gated, rows, '"architecture" is "topk"', 'the model has the bottleneck "gated"')
        for changes, says in (({"normalize_activations": "layer_norm"}, '"normalize_activations" is "layer_norm"'),
                              ({"normalize_activations": "expected_average_only_in"}, "fold_activation_norm_scaling_factor"),
                              ({"architecture": "temporal"}, '"architecture" is "temporal"'),
                              ({"d_sae": 11}, '"d_sae" is 11'), ({"k": "2"}, '"k" must be a whole number'),
                              ({"k": 13}, "cfg.json: k is 13, and there are 12 latents to choose from")):
            (folder / "cfg.json").write_text(json.dumps({**case["files"]["cfg.json"], **changes}))
            self.refused(model, rows, says)
        (folder / "cfg.json").unlink()
        self.refused(model, rows, "cfg.json: is missing")
        (folder / "cfg.json").write_text(json.dumps(case["files"]["cfg.json"]))
        good = load_file(folder / "sae_weights.safetensors")
        for changes, says in (({"W_dec": good["W_dec"][:, :5].contiguous()}, '"W_dec" is 12x5, and must be 12x6'),
                              ({"b_dec": good["b_dec"].long()}, '"b_dec" is of type I64, not of floats'),
                              ({"extra": good["b_dec"].clone()}, 'has a tensor "extra"'),
                              ({"b_enc": good["b_enc"] * float("nan")}, '"b_enc" has NaN')):
            save_file({**good, **changes}, folder / "sae_weights.safetensors")
            self.refused(model, rows, says)

    def test_damaged_files_of_torch_save(self):
        case, folder = self.golden("dictionary_learning_topk")
        rows = numpy.concatenate([numpy.array(case["inputs"], dtype=numpy.float32)] * 4)
        model, good = self.model_for(folder), (folder / "ae.pt").read_bytes()
        (folder / "ae.pt").write_bytes(good[: len(good) // 2])
        self.refused(model, rows, "ae.pt", "truncated or corrupted")
        values = torch.tensor(case["files"]["ae.pt"]["tensors"]["b_dec"]["values"]).numpy().tobytes()
        place = good.index(values)
        (folder / "ae.pt").write_bytes(good[:place] + b"\xff" + good[place + 1:])
        self.refused(model, rows, "ae.pt", "is corrupted")
        marker = self.folder / "called"

        class Evil:
            def __reduce__(self):
                return (open, (str(marker), "w"))

        torch.save({"encoder.weight": Evil()}, folder / "ae.pt")
        self.refused(model, rows, "a call of", "open")
        self.assertFalse(marker.exists())
        (folder / "ae.pt").unlink()
        self.refused(model, rows, "does not exist")

    def test_other_units_are_cautioned_about(self):
        case, folder = self.golden("dictionary_learning_batch_topk")
        shutil.copy(folder / "config.json", self.folder / "kept.json")
        (folder / "eval_results.json").write_text('{"l0": 0.01}')
        rows = numpy.concatenate([numpy.array(case["inputs"], dtype=numpy.float32)] * 4) * 0.01 + 5
        trained = self.train(self.run_file(self.model_for(folder), rows.astype(numpy.float32)))
        log = (trained / "log.txt").read_text()
        self.assertIn("caution: model.initialize_from", log)
        self.assertIn("worse than the mean of the rows", log)
        self.assertIn("l0 of eval_results.json says 0.01", log)


if __name__ == "__main__":
    program.main()
