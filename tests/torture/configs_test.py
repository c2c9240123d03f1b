"""Run files with an error in every place: exit code 2, one message an error, and nothing created."""

import copy
import json

from endurance import chance, rounds
import program

WRONG = (None, True, -1, 2.5, 1e400, 10**30, "", "x" * 5000, [], {}, [[]], {"x": 1}, "\x00", "../..", "\ud83d\ude00")


def shipped():
    """The run files of experiments/."""
    files = sorted((program.SOURCE / "experiments").rglob("*.json"))
    return [file for file in files if "model" in json.loads(file.read_text())]


def places(value, path=()):
    """The paths of all keys and list entries."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def inside(value, path):
    for key in path:
        value = value[key]
    return value


def misspelt(config, path):
    parent = inside(config, path[:-1])
    if isinstance(parent, dict):
        parent[path[-1] + "x"] = parent.pop(path[-1])


def retyped(config, path, wrong):
    inside(config, path[:-1])[path[-1]] = wrong


class Shipped(program.TestCase):
    def refused_or_run(self, text):
        """A changed value may be a right one, which `aelab run` must not begin with here: the data are not there."""
        file = self.folder / "run.json"
        file.write_text(text)
        result = program.run("run", file, "--output", self.output)
        self.assertEqual(result.code, 2, f"{text}\n{result.stderr}")
        self.assertTrue(result.stderr.startswith("aelab: "), result.stderr)
        for unwanted in "c10", "frame #", "terminate", "json.exception", "what():":
            self.assertNotIn(unwanted, result.stderr)
        self.assertFalse(self.output.exists())

    def test_every_key_misspelt_or_retyped(self):
        cases = []
        for file in shipped():
            config = json.loads(file.read_text())
            config["data"] = {"source": "idx", "train_images": str(self.folder / "absent")}
            for path in places(config):
                if isinstance(path[-1], str) and path[-1] != "$schema":
                    cases.append((config, path, None))
                cases += [(config, path, wrong) for wrong in WRONG]
        pick = chance("configs")
        for config, path, wrong in pick.sample(cases, min(len(cases), rounds(60, 5000))):
            changed = copy.deepcopy(config)
            misspelt(changed, path) if wrong is None else retyped(changed, path, wrong)
            with self.subTest(path=path, wrong=str(wrong)[:20]):
                self.refused_or_run(json.dumps(changed))

    def test_texts_that_are_no_run_files(self):
        good = json.dumps(program.small_run())
        for text in (
            "", " ", "{", "[]", "null", "\ufeff{}", good + good, good[:-1], good.replace(":", "=", 1), "[" * 100_000,
            '{"a":' * 100_000, '{"name": "a", "name": "b"}', "{\"seed\": " + "9" * 400 + "}", "\x00" * 100, good * 100,
        ):  # fmt: skip
            with self.subTest(text[:30]):
                self.refused_or_run(text)


class Names(program.TestCase):
    PARTS = ("..", ".", "/", "a/b", "/tmp/x", "~", "a\\b", "\x00", "\n", "a" * 300, "-rf", " ", ".hidden", "con\u202e", "%2e",
             "$HOME", "`id`", "é", "*", "?", ":", "|", "<x>", "\x1b[31m", "..\\..", "a/../../b", "//", "\t", "'", '"')  # fmt: skip

    def hostile(self):
        pick = chance("names")
        while True:
            yield "".join(pick.choice(self.PARTS) for _ in range(pick.randint(1, 3)))

    def test_no_name_leads_out_of_the_output_folder(self):
        names = self.hostile()
        before = sorted(self.folder.parent.glob("*"))
        for _ in range(rounds(20, 200)):
            name = next(names)
            with self.subTest(name=name):
                file = program.write_json(self.folder / "run.json", program.small_run(name=name, training={"epochs": 1}))
                result = program.run("run", file, "--quiet", "--output", self.output, cwd=self.folder)
                self.assertEqual(result.code, 2, result.stderr)
                self.assertNotIn("\x1b", result.stderr)
                self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["run.json"])
        self.assertLessEqual(set(before), set(self.folder.parent.glob("*")) | set(before))

    def test_nor_does_a_variants_of_a_comparison(self):
        names = self.hostile()
        base = {key: value for key, value in program.small_run().items() if key != "name"}
        for _ in range(rounds(10, 100)):
            name = next(names)
            with self.subTest(name=name):
                config = {"name": "c", "base": base, "variants": [{"name": name, "set": {}}, {"name": "b", "set": {"model.code": 3}}], "seeds": [1]}
                file = program.write_json(self.folder / "comparison.json", config)
                result = program.run("compare", file, "--output", self.output, cwd=self.folder)
                self.assertEqual(result.code, 2, result.stderr)
                self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["comparison.json"])


if __name__ == "__main__":
    program.main()
