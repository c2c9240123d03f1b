"""Many programs at once in one place."""

import subprocess

from endurance import rounds
import program
import resume_test


class Concurrency(program.TestCase):
    def start(self, *arguments):
        return program.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_runs_begun_at_once_in_one_root_all_end_right(self):
        file = program.write_json(self.folder / "run.json", program.small_run(training={"epochs": 1}))
        count = rounds(8, 32)
        processes = [self.start("run", file, "--quiet", "--output", self.output) for _ in range(count)]
        for process in processes:
            result = program.finish(process)
            self.assertEqual(result.code, 0, result.stderr)
        folders = [self.output / "small" / str(i + 1) for i in range(count)]
        self.assertEqual(sorted((self.output / "small").iterdir()), sorted(folders))
        first = resume_test.contents(folders[0])
        for folder in folders[1:]:
            found = resume_test.contents(folder)
            self.assertEqual(found.keys(), first.keys())
            for name, content in first.items():
                self.assertTrue(found[name] == content, f"{folder}: {name}")

    def test_two_programs_in_one_run_folder(self):
        """The second is refused as long as the first one lives, and not a moment longer."""
        config = program.small_run(training={"epochs": 100_000})
        file = program.write_json(self.folder / "run.json", config)
        process = self.start("run", file, "--quiet", "--output", self.output)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        folder = self.output / "small/1"
        self.assertTrue(program.wait_for(lambda: (folder / "log.txt").exists()))
        result = program.run("resume", folder)
        self.assert_refused(result, "another process is working in it")
        process.kill()
        process.wait()
        second = self.start("resume", folder)
        self.addCleanup(second.kill)
        self.assertTrue(program.wait_for(lambda: resume_test.status(folder) == "running"))
        second.terminate()
        result = program.finish(second)
        self.assertIn(result.code, (143, -15), result.stderr)
        self.assertNotIn("another process", result.stderr)


if __name__ == "__main__":
    program.main()
