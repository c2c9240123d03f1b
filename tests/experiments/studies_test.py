"""Every study runs: its commands at their smallest, and its comparison files as they are."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import program

EXPERIMENTS = program.SOURCE / "experiments"
STUDIES = sorted(EXPERIMENTS.glob("*/study.sh"))


class Studies(program.TestCase):
    def study(self, file, *arguments):
        environment = program.environment(AELAB_PROGRAM=program.PROGRAM, JOBS="1")
        return subprocess.run(
            [file, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600
        )

    def test_comparison_files(self):
        for file in (file for study in STUDIES for file in sorted(study.parent.glob("*.json"))):
            if "seeds" not in program.read_json(file):
                continue  # a run file
            with self.subTest(file.relative_to(EXPERIMENTS)):
                result = program.run("compare", file, "--plan", "--output", self.output)
                self.assertEqual(result.code, 0, result.stderr)

    def test_an_unknown_option_is_refused(self):
        result = self.study(STUDIES[0], "--shrot")
        self.assertEqual((result.returncode, list(self.folder.iterdir())), (2, []), result.stderr)
        self.assertIn("--short", result.stderr)


def runs(file):
    def test(self):
        result = self.study(file, "--short")
        self.assertEqual(result.returncode, 0, result.stdout[-1000:] + result.stderr[-1000:])
        compared = list(self.folder.glob("comparisons/*/comparison.json"))
        self.assertTrue(compared, "nothing was compared")
        for comparison in compared:
            self.assertTrue(comparison.parent.name.endswith("-short"), comparison)
            self.assertIn(comparison.parent.name, result.stdout)

    return test


for study in STUDIES:
    setattr(Studies, "test_" + study.parent.name.replace("-", "_"), runs(study))

if __name__ == "__main__":
    program.main()
