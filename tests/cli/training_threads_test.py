"""The number of threads that a run takes when its file does not say, and where it is recorded."""

import os

import program
from program import read_json, small_run

class Threads(program.TestCase):
    def threads(self, config, *overrides, **variables):
        env = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
        folder = self.train(config, "training.epochs=1", "--quiet", *overrides, env={**env, **variables})
        return read_json(folder / "config.json")["training"]["threads"]

    def test_small_work_has_one(self):
        self.assertEqual(self.threads(small_run()), 1)
        self.assertEqual(self.threads(small_run(), OMP_NUM_THREADS="2"), 1)

    def test_what_the_file_says_wins(self):
        self.assertEqual(self.threads(small_run(), "training.threads=2"), 2)
        self.assertEqual(self.threads(small_run(), "training.threads=2", OMP_NUM_THREADS="1"), 2)

    def test_large_work_has_all_that_are_allowed(self):
        large = "model.hidden=[3000]", "training.batch_size=512"
        self.assertEqual(self.threads(small_run(), *large, OMP_NUM_THREADS="1"), 1)
        self.assertEqual(self.threads(small_run(), *large, OMP_NUM_THREADS="2"), 2)

    def test_closed_forms_have_all_that_are_allowed(self):
        pca = small_run(model={"variant": "pca", "code": 3})
        self.assertEqual(self.threads(pca, OMP_NUM_THREADS="2"), 2)

    def test_a_resumed_run_keeps_its_number(self):
        env = {**os.environ, "OMP_NUM_THREADS": "2"}
        folder = self.train(small_run(), "model.hidden=[3000]", "training.batch_size=512", "--quiet", env=env)
        self.assertEqual(read_json(folder / "config.json")["training"]["threads"], 2)
        self.assertEqual(program.run("resume", folder).code, 0)


if __name__ == "__main__":
    program.main()
