"""What tests take for the program: a copy of a process that was started before does what a new process does."""

import concurrent.futures
import pathlib
import signal
import subprocess

import program
from program import small_run, write_json


def started(*arguments, cwd=".", **changes):
    process = program.start(
        *arguments, cwd=cwd, env=program.environment(**changes), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    return program.finish(process)


class Warm(program.TestCase):
    def setUp(self):
        super().setUp()
        self.assertTrue(program.Warm.can_run([]), f"{program.WARM} is older than the program: build both")

    def same(self, *arguments, **options):
        result = program.run(*arguments, **options)
        self.assertEqual(result, started(*arguments, **options))
        return result

    def test_results_and_errors(self):
        self.assertEqual(self.same("list").code, 0)
        self.assertEqual(self.same("rum", "", "größe\n").code, 2)
        self.assertEqual(self.same().code, 2)
        self.assertEqual(self.same("data", "no such file", cwd=self.folder).code, 2)

    def test_failures(self):
        wild = {"epochs": 1, "optimizer": {"kind": "sgd", "learning_rate": 1e30}}
        file = write_json(self.folder / "run.json", small_run(model={"variant": "dense", "likelihood": "gaussian"}, training=wild))
        self.assertEqual(self.same("run", file, "--quiet", cwd=self.folder).code, 1)

    def test_the_width_is_given(self):
        narrow = program.run("describe", "training", columns=60)
        self.assertEqual(narrow, started("describe", "training", COLUMNS="60"))
        self.assertNotEqual(narrow, program.run("describe", "training"))

    def test_runs_and_comparisons_have_the_same_bits(self):
        run = write_json(self.folder / "run.json", small_run(training={"epochs": 1}))
        base = small_run(name=None, training=None)
        compared = {"name": "c", "base": base, "variants": [{"name": "a"}], "seeds": [1], "budget": {"steps": 3}}
        comparison = write_json(self.folder / "comparison.json", compared)
        for begin, place in (program.run, "warm"), (started, "started"):
            for command, file in ("run", run), ("compare", comparison):
                result = begin(command, file, "--output", self.folder / place)
                self.assertEqual(result.code, 0, result.stderr)
        for path in "small/1", "c/runs/a/seed-1":
            one, other = (program.checkpoint_parts(self.folder / place / path / "checkpoints/last.safetensors")[2] for place in ("warm", "started"))
            self.assertEqual(one, other)

    def test_a_command_that_is_killed(self):
        """As by the kernel where memory is short, and with what it had printed."""
        warm = program.Warm()
        children = pathlib.Path(f"/proc/{warm.process.pid}/task/{warm.process.pid}/children")
        file = write_json(self.folder / "run.json", small_run(training={"epochs": 100000}))
        command = {"arguments": ["run", str(file), "--plain"], "cwd": str(self.folder), "environment": program.environment()}
        metrics = self.folder / "runs/small/1/metrics.jsonl"

        def kill():
            self.assertTrue(program.wait_for(lambda: metrics.exists() and metrics.stat().st_size))
            subprocess.run(["kill", "-KILL", *children.read_text().split()], check=True)

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            killed = pool.submit(kill)
            result = warm.answer(command)
            killed.result()
        self.assertEqual(result.code, -signal.SIGKILL)
        self.assertIn("epoch 1/", result.stderr)


if __name__ == "__main__":
    program.main()
