"""aelab bench, and the kernels that runs record."""

import json
import shutil

import program
from program import small_run, write_json

MOMENT = ("--seconds", "0.05")


class Bench(program.TestCase):
    def bench(self, *arguments):
        result = program.run("bench", "--json", *MOMENT, *arguments)
        self.assertEqual((result.code, result.stderr), (0, ""))
        return json.loads(result.stdout)

    def assert_plausible(self, report, names):
        self.assertEqual([workload["name"] for workload in report["workloads"]], names)
        for workload in report["workloads"]:
            self.assertLess(0, workload["limit_ms"])
            self.assertLess(0, workload["min_ms"])
            self.assertLessEqual(workload["min_ms"], workload["median_ms"])
        for ceiling in "matrix_product_gflops", "memory_gb_per_s":
            self.assertLess(0, report["ceilings"][ceiling])

    def test_standard_workloads(self):
        self.assert_plausible(self.bench("--filter", "mlp-128"), ["mlp-128"])
        self.assert_plausible(self.bench("--filter", "convolutional-128"), ["convolutional-128"])
        self.assert_plausible(self.bench("--filter", "iwae-128"), ["iwae-128"])
        self.assert_plausible(self.bench("--filter", "vq-vae-128"), ["vq-vae-128"])

    def test_run_files(self):
        first = write_json(self.folder / "first.json", small_run())
        closed = write_json(self.folder / "pca.json", small_run(name="pca", model={"variant": "pca", "code": 4}))
        report = self.bench(first, closed)
        self.assert_plausible(report, ["small", "pca"])
        rows = 1797 - 359 - 200  # digits, without a fifth for the test and 200 for validation
        pca = report["workloads"][1]
        self.assertAlmostEqual(pca["samples_per_second"] * pca["median_ms"] / 1e3, rows, delta=1)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["first.json", "pca.json"])

    def test_samples_are_those_of_a_step(self):
        file = write_json(self.folder / "run.json", small_run(training={"batch_size": 32, "accumulate": 2}))
        workload = self.bench(file)["workloads"][0]
        self.assertAlmostEqual(workload["samples_per_second"] * workload["median_ms"] / 1e3, 64, delta=0.01)

    def test_calibration_names_both_kernels(self):
        for layer in self.bench("--calibrate")["calibration"]:
            self.assertNotEqual(layer["chosen"], layer["other"])
            self.assertLess(0, min(layer["chosen_ms"], layer["other_ms"]))

    def test_errors(self):
        self.assert_refused(program.run("bench", "--filter", "nothing"), 'contains "nothing". Known: mlp-128')
        self.assertEqual(program.run("bench", "--seconds", "0").code, 2)
        wrong = write_json(self.folder / "wrong.json", small_run(model={"variant": "dens"}))
        self.assert_refused(program.run("bench", wrong), 'wrong.json: model.variant: unknown variant "dens"')


class RecordedKernels(program.TestCase):
    CONVOLUTIONAL = small_run(
        model={
            "variant": "convolutional",
            "encoder": [{"conv": 4, "activation": "relu"}, {"pool": "max"}],
            "decoder": [{"upsample": 2}, {"conv": 1}],
        },
        evaluation=["reconstruction"],
    )

    def kernels_of(self, folder):
        _, metadata, _ = program.checkpoint_parts(folder / "checkpoints/last.safetensors")
        recorded = [program.read_json(folder / "config.json")["training"]["kernels"], metadata["kernels"]]
        recorded.append(program.read_json(folder / "environment.json")["kernels"])
        self.assertEqual(recorded[1:], recorded[:-1])
        return recorded[0]

    def test_are_what_the_rule_chose(self):
        chosen = self.kernels_of(self.train(self.CONVOLUTIONAL))
        self.assertNotIn("auto", chosen.values())
        doctor = json.loads(program.run("doctor", "--json").stdout)
        self.assertEqual(chosen, doctor["kernels"])

    def test_are_forced_and_replayed(self):
        forced = [f"training.kernels.{seam}=libtorch" for seam in ("linear", "convolution", "cross_entropy")]
        whole = self.train(self.CONVOLUTIONAL, *forced)
        self.assertEqual(set(self.kernels_of(whole).values()), {"libtorch"})
        # Half of the same run, resumed: its config names the kernels; without them, the checkpoint does.
        for named in True, False:
            half = self.folder / f"half-{named}"
            shutil.copytree(self.train(self.CONVOLUTIONAL, *forced, "training.epochs=1"), half)
            config = program.read_json(whole / "config.json")
            if not named:
                del config["training"]["kernels"]
            write_json(half / "config.json", config)
            write_json(half / "status.json", {"status": "stopped"})
            self.unfinish(half / "checkpoints/last.safetensors")
            (half / "checkpoints/best.safetensors").unlink()  # it has the config of the half run
            result = program.run("resume", half)
            self.assertEqual(result.code, 0, result.stderr)
            last = "checkpoints/last.safetensors"
            self.assertEqual(program.checkpoint_parts(half / last)[2], program.checkpoint_parts(whole / last)[2])
            self.assertEqual(*(program.read_json(folder / "evaluation.json")["metrics"] for folder in (half, whole)))

    def unfinish(self, path):
        """Lets a checkpoint that ended its phase stand within it."""
        header, aelab, tensors = program.checkpoint_parts(path)
        aelab["progress"]["phase_ended"] = False
        self.rewrite(path, header, aelab, tensors)

    def rewrite(self, path, header, aelab, tensors):
        """The checkpoint with other metadata, as an older aelab might have left it: without the run's config."""
        aelab.pop("config", None)
        program.write_checkpoint(path, header, aelab, tensors)

    def test_that_do_not_exist_are_refused(self):
        folder = self.train(self.CONVOLUTIONAL)
        config = program.read_json(folder / "config.json")
        del config["training"]["kernels"]
        write_json(folder / "config.json", config)
        write_json(folder / "status.json", {"status": "stopped"})
        path = folder / "checkpoints/last.safetensors"
        header, aelab, tensors = program.checkpoint_parts(path)
        aelab["kernels"]["linear"] = "abacus"
        self.rewrite(path, header, aelab, tensors)
        (folder / "checkpoints/best.safetensors").unlink()  # it has the config with the kernels
        self.assert_refused(program.run("resume", folder), 'cannot be resumed to the same bits: kernels: linear: must be one of')


if __name__ == "__main__":
    program.main()
