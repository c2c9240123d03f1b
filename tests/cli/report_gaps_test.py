"""What a report cannot show it says, and what links lead out of the folder to it leaves out."""

import json

import program
from program import small_run


class Gaps(program.TestCase):
    def test_are_said_on_stderr_and_in_json(self):
        folder = self.train(small_run(), "--quiet")
        whole = program.run("report", folder)
        self.assertEqual((whole.code, whole.stdout, whole.stderr), (0, f"{folder / 'report.html'}\n", ""))
        secret = self.folder / "secret.txt"
        secret.write_text("a-secret-of-someone-else\n")
        for name in "log.txt", "metrics.jsonl", "summary/inputs.png":
            (folder / name).unlink()
            (folder / name).symlink_to(secret)
        (folder / "evaluation.json").unlink()
        result = program.run("report", folder)
        self.assertEqual((result.code, result.stdout), (0, f"{folder / 'report.html'}\n"))
        for name in "log.txt", "metrics.jsonl", "summary/inputs.png":
            self.assertIn(f"aelab: not in the report: {name}: is left out: a symbolic link leads out of the folder", result.stderr)
        self.assertIn("aelab: not in the report: evaluation.json: is missing", result.stderr)
        self.assertNotIn("a-secret-of-someone-else", (folder / "report.html").read_text())
        as_json = program.run("report", folder, "--json")
        self.assertEqual(as_json.stderr, "")
        self.assertEqual(len(json.loads(as_json.stdout)["gaps"]), 4)

    def test_what_was_changed_since_the_run_completed_is_said(self):
        folder = self.train(small_run(), "--quiet")
        for name in "evaluation.json", "metrics.jsonl", "config.json":
            path = folder / name
            path.write_text(path.read_text().replace("{", "{ ", 1))
        gaps = json.loads(program.run("report", folder, "--json").stdout)["gaps"]
        changed = "was changed since the run was completed; shown as it is now"
        self.assertEqual(sorted(gaps), [f"{name}: {changed}" for name in ("config.json", "evaluation.json", "metrics.jsonl")])

    def test_commands_read_nothing_that_links_lead_out_to(self):
        folder, other = (self.train(small_run(), "--quiet") for _ in range(2))
        commands = {
            "config.json": ("evaluate", "export", "resume", "apply"),
            "data.json": ("evaluate", "resume"),
            "checkpoints/best.safetensors": ("evaluate", "export", "apply"),
            "evaluation.json": ("resume",),
        }
        for name, readers in commands.items():
            (folder / name).unlink()
            (folder / name).symlink_to(other / name)
            for reader in readers:
                with self.subTest(name=name, command=reader):
                    self.assert_refused(program.run(reader, folder), f"{folder / name}: is a symbolic link")
            (folder / name).unlink()
            (folder / name).write_bytes((other / name).read_bytes())
        (folder / "inner.json").write_bytes((folder / "data.json").read_bytes())
        (folder / "data.json").unlink()
        (folder / "data.json").symlink_to("inner.json")
        self.assertEqual(program.run("evaluate", folder).code, 0)


if __name__ == "__main__":
    program.main()
