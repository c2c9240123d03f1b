#!/usr/bin/env python3
"""Every file of a run or comparison cut, emptied, deleted or replaced, for every command that reads it: what does not
need the file goes on, what does is refused in words, with a documented exit code, and nothing hangs."""

import concurrent.futures
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import comparing
import program
import resume_test
from endurance import rounds

DAMAGES = {
    "cut to half": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "deleted": None,
    "[]": lambda _: b"[]",
    "null": lambda _: b"null",
    "{}": lambda _: b"{}",
    "of other types": lambda _: b'{"status": -1, "files": [1], "measures": [1], "metrics": 3, "rows": -1, "format": "x", "folder": 7, "runs": -2}',
    "deep": lambda _: b'{"a":' * 100 + b"1" + b"}" * 100,
    "no text": lambda _: bytes(range(256)),
}
CIRCLE = "a link in circles"  # resuming refuses links at all
RAW = ("json.exception", "std::", "filesystem error", "basic_string", "vector::", "what():", "terminate", "c10", "18446744073709551615", "bad_alloc")
CHECKSUMMED = {"config.json", "evaluation.json", "metrics.csv", "metrics.jsonl"}
BEST = "checkpoints/best.safetensors"
MODEL = {"config.json", "data.json", BEST}

# Each command on a folder, what it needs of it, and the exit code where that is damaged.
COMPLETED = {
    "resume": (["resume", "RUN", "--quiet"], {*CHECKSUMMED, "data.json"}),
    "evaluate": (["evaluate", "RUN"], MODEL),
    "apply": (["apply", "RUN", "--output", "OUT"], MODEL),
    "interpolate": (["interpolate", "RUN", "--from", "0", "--to", "1", "--output", "OUT"], MODEL),
    "export": (["export", "RUN", "--output", "OUT/model.npz"], {"config.json", BEST}),
    "report": (["report", "RUN"], set()),
}
COMPARED = {
    "compare": ["compare", "RUN", "--quiet"],
    "collect": ["compare", "RUN", "--collect"],
    "report": ["report", "RUN"],
}


class Records(resume_test.ResumeTestCase):
    def damaged(self, whole, name, damage, number):
        """A copy of a folder with that file damaged."""
        folder = self.folder / f"copy-{number}" / whole.name
        shutil.copytree(whole, folder)
        (folder / name).unlink()
        if damage == CIRCLE:
            (folder / name).symlink_to(pathlib.Path(name).name)
        elif DAMAGES[damage]:
            (folder / name).write_bytes(DAMAGES[damage]((whole / name).read_bytes()))
        return folder

    def attempt(self, whole, name, damage, command, number):
        folder = self.damaged(whole, name, damage, number)
        out = folder.parent / "out"
        result = program.run(*(part.replace("RUN", str(folder)).replace("OUT", str(out)) for part in command))
        said = f"{name} {damage}: {command[0]}: {result}"
        for raw in RAW:
            self.assertNotIn(raw, result.stderr + result.stdout, said)
        if result.code == 2:
            self.assertFalse(out.exists(), said)
            self.assertIn(str(folder), result.stderr, said)
        shutil.rmtree(folder.parent)
        return result, said

    def all_of(self, cases):
        """Several at once; each case is (whole, name, damage, command, check)."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = [(pool.submit(self.attempt, *case[:4], number), case[4]) for number, case in enumerate(cases)]
            for job, check in jobs:
                result, said = job.result()
                check(result, said)

    def chosen(self, place):
        """Of all damages some, other ones for every place; all of them in long runs."""
        names = list(DAMAGES)
        count = rounds(1, len(names))
        return [names[(4 * place + i) % len(names)] for i in range(count)]

    def test_of_a_completed_run(self):
        whole = self.reference_folder
        names = [name for name in resume_test.contents(whole) if not name.startswith("images/") or name.endswith("-0004.png")]
        cases, place = [], 0
        for name in [*names, "config.json", "environment.json", "report.html"]:
            for command, needed in COMPLETED.values():
                for damage in self.chosen(place):
                    is_old = (name, damage) == ("data.json", "deleted")  # runs of old versions have none
                    code = 2 if name in needed and not is_old else 0
                    cases.append((whole, name, damage, command, lambda result, said, code=code: self.assertEqual(result.code, code, said)))
                place += 1
        self.all_of(cases)

    def test_links_in_circles_and_names_that_are_too_long(self):
        commands, cases = list(COMPLETED.items()), []
        for place, name in enumerate(("config.json", "data.json", "status.json", "environment.json", "evaluation.json", "metrics.jsonl", "log.txt", BEST)):
            for command, (arguments, needed) in (commands[(2 * place + i) % len(commands)] for i in range(rounds(2, len(commands)))):
                code = 2 if name in needed or (command, name) == ("resume", "status.json") else 0
                cases.append((self.reference_folder, name, CIRCLE, arguments, lambda result, said, code=code: self.assertEqual(result.code, code, said)))
        self.all_of(cases)
        for arguments, _ in COMPLETED.values():
            result = program.run(*(part.replace("RUN", "x" * 300).replace("OUT", str(self.folder / "out")) for part in arguments))
            self.assertEqual(result.code, 2, result)
            self.assertNotIn("filesystem error", result.stderr)

    def test_of_a_stopped_run(self):
        whole, _ = self.interrupt(resume_test.signal.SIGTERM, lambda folder: resume_test.has_lines(2)(folder) and (folder / "checkpoints/previous.safetensors").exists())
        codes = {"config.json": 2, "data.json": 2, BEST: 2, "checkpoints/last.safetensors": 2, "checkpoints/previous.safetensors": 0,
                 "environment.json": 0, "status.json": 0, "metrics.jsonl": 1, "metrics.csv": 0, "log.txt": 0}
        ways_out = {BEST: "remove the file", "checkpoints/last.safetensors": "--checkpoint previous"}
        cases = []
        for place, (name, code) in enumerate(codes.items()):
            for damage in self.chosen(place):
                expected = 0 if damage == "deleted" and name in ("data.json", BEST) else code
                way_out = ways_out.get(name, "") if expected else ""

                def check(result, said, expected=expected, way_out=way_out):
                    self.assertEqual(result.code, expected, said)
                    self.assertIn(way_out, result.stderr, said)

                cases.append((whole, name, damage, ["resume", "RUN", "--quiet"], check))
        self.all_of(cases)

    def test_of_a_comparison(self):
        file = program.write_json(self.folder / "comparison.json", comparing.comparison(seeds=[1]))
        result = program.run("compare", file, "--output", self.output, "--quiet")
        self.assertEqual(result.code, 0, result.stderr)
        run, cases = "runs/dense/seed-1/", []
        names = ["config.json", "comparison.json", "environment.json", *(run + name for name in (*CHECKSUMMED, "status.json", "data.json", "summary/summary.json", BEST))]
        for place, name in enumerate(names):
            excludes = name.startswith(run) and name.removeprefix(run) in CHECKSUMMED
            for command, arguments in COMPARED.items():
                for damage in self.chosen(place):
                    code = {"config.json": 2}.get(name, 1 if excludes else 0) if command != "report" else 0
                    if (command, name) == ("collect", run + "status.json"):
                        code = 1
                    if (command, name, damage) == ("report", "comparison.json", "deleted"):
                        code = 2
                    if (command, name, damage) == ("compare", run + "config.json", "deleted"):
                        code = 0  # it is run again
                    cases.append((self.output / "small", name, damage, arguments, lambda result, said, code=code: self.assertEqual(result.code, code, said)))
        self.all_of(cases)


if __name__ == "__main__":
    program.main()
