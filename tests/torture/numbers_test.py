"""NaN and infinite values, and data with too few rows or columns: an error that names the place, or a right answer."""

import numpy

from endurance import chance, rounds
import program
from program import small_run, write_json


class Numbers(program.TestCase):
    def save(self, name, array):
        path = self.folder / f"{name}.npy"
        numpy.save(path, array)
        return str(path)

    def images(self, rows=60):
        return numpy.random.default_rng(3).random((rows, 6, 6), dtype=numpy.float32)

    def run_on(self, inputs, labels=None, **changes):
        data = {"source": "npy", "files": self.save("inputs", inputs), "test": 0.25, "validation": 0}
        if labels is not None:
            data["label_files"] = self.save("labels", labels)
        config = {"data": data, "training": {"epochs": 1, "batch_size": 16}, "evaluation": ["reconstruction"], **changes}
        file = write_json(self.folder / "run.json", small_run(**config))
        return program.run("run", file, "--quiet", "--json", "--output", self.output)

    def test_a_value_in_the_data_that_is_no_number(self):
        pick = chance("numbers")
        for _ in range(rounds(4, 40)):
            images, wrong = self.images(), pick.choice((numpy.nan, numpy.inf, -numpy.inf))
            row, y, x = pick.randrange(60), pick.randrange(6), pick.randrange(6)
            images[row, y, x] = wrong
            with self.subTest(row=row, wrong=wrong):
                result = self.run_on(images)
                self.assert_refused(result, "NaN or infinite values")
                self.assertFalse(self.output.exists())

    def test_labels_out_of_range(self):
        labels = numpy.arange(60) % 3
        for wrong in -1, 2**40:
            labels[7] = wrong
            with self.subTest(wrong=wrong):
                self.assert_refused(self.run_on(self.images(), labels), "labels are class numbers from 0")
        self.assert_refused(self.run_on(self.images(), numpy.arange(59)), "59")

    def test_few_rows(self):
        for rows in range(5):
            with self.subTest(rows=rows):
                result = self.run_on(self.images(rows))
                self.assertIn(result.code, (0, 2), result.stderr)
                if result.code == 2:
                    self.assert_refused(result, "rows" if rows else "is empty")
                if rows >= 4:
                    self.assertEqual(result.code, 0, result.stderr)

    def test_more_classes_than_rows(self):
        metrics = ["reconstruction", "probe", "clustering"]
        result = self.run_on(self.images(12), numpy.arange(12), evaluation=metrics)
        self.assertIn(result.code, (0, 2), result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), result.code // 2, result.stderr)

    def test_features_that_never_change(self):
        constant = numpy.full((60, 6, 6), 0.25, numpy.float32)
        for variant in ("pca", "linear", "dense", "sparse", "denoising", "contractive"):
            with self.subTest(variant):
                model = {"variant": variant, "code": 4}
                result = self.run_on(constant, model=model, evaluation=["reconstruction", "code", "jacobian"])
                self.assertEqual(result.code, 0, result.stderr)
                self.assertNotIn("nan", result.stdout.lower())

    def test_values_as_large_as_numbers_get(self):
        images = self.images() * numpy.float32(3e38)
        result = self.run_on(images, model={"variant": "dense", "code": 4, "likelihood": "gaussian"})
        self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
        self.assertIn("step 1", result.stderr)

    def test_a_rate_that_leads_out_of_all_numbers(self):
        for optimizer in ("sgd", "adam", "rmsprop", "lbfgs"):
            with self.subTest(optimizer):
                result = self.run_on(
                    self.images(),
                    model={"variant": "dense", "code": 4, "likelihood": "gaussian"},
                    training={"epochs": 50, "batch_size": 16, "optimizer": {"kind": optimizer, "learning_rate": 1e20}},
                )
                if optimizer == "lbfgs":  # its line search may find a smaller step
                    self.assertIn(result.code, (0, 1), result.stderr)
                else:
                    self.assertEqual((result.code, len(result.stderr.splitlines())), (1, 1), result.stderr)
                    self.assertRegex(result.stderr, "(loss term|gradient of) .* became .*step")
                for path in self.output.rglob("last.safetensors"):
                    self.assert_finite(path)

    def assert_finite(self, path):
        """The state that was saved is the last finite one."""
        header, _, tensors = program.checkpoint_parts(path)
        for name, tensor in header.items():
            if name.startswith("model."):
                begin, end = tensor["data_offsets"]
                values = numpy.frombuffer(tensors[begin:end], {"F32": "<f4", "F64": "<f8"}[tensor["dtype"]])
                self.assertTrue(numpy.isfinite(values).all(), name)


if __name__ == "__main__":
    program.main()
