"""Every error of a wrong run file is reported with its path, and nothing is created."""

import concurrent.futures
import json
import os
import re

import program
from program import small_run
from wrong_run_files import WRONG, training


class WrongRunFiles(program.TestCase):
    def refused(self, name):
        file, *expected = WRONG[name]
        content = file if isinstance(file, (str, bytes)) else json.dumps(file)
        folder = self.folder / re.sub(r"\W+", "-", name)
        folder.mkdir()
        path = folder / "wrong.json"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return program.run("run", path, "--output", folder / "output", cwd=folder), folder, expected

    def test_every_error_is_reported_with_its_path_and_nothing_is_created(self):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, outcome in zip(WRONG, pool.map(self.refused, WRONG)):
                with self.subTest(name):
                    result, folder, expected = outcome
                    self.assert_refused(result, *expected)
                    self.assertEqual([path.name for path in folder.iterdir()], ["wrong.json"])

    def test_cuda_where_there_is_none(self):
        if json.loads(program.run("doctor", "--json").stdout)["cuda"]:
            self.skipTest("this LibTorch has CUDA")
        file = program.write_json(self.folder / "run.json", training(device="cuda"))
        self.assert_refused(
            program.run("run", file, cwd=self.folder), "training.device: this LibTorch has no CUDA device"
        )
        self.assertFalse((self.folder / "runs").exists())

    def test_what_cannot_be_read(self):
        missing = self.folder / "none.json"
        self.assert_refused(program.run("run", missing), f"cannot read {missing}: No such file")
        self.assert_refused(program.run("run", self.folder), f"{self.folder}: is a folder, not a run file")

    def test_an_output_that_cannot_be_created(self):
        file = program.write_json(self.folder / "run.json", small_run())
        self.assert_refused(
            program.run("run", file, "--output", file), f"cannot create a folder in {file}/small"
        )


if __name__ == "__main__":
    program.main()
