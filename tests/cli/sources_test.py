"""All sources call the user's files by the same keys; earlier versions' keys are read, said, and replaced on record."""

import json
import struct
import unittest

import program
from program import small_run

FILES = {"files", "test_files", "label_files", "test_label_files"}
FORMER = {
    "csv": {"train_files": "files"},
    "npy": {"train_inputs": "files", "train_labels": "label_files", "test_inputs": "test_files", "test_labels": "test_label_files"},
    "npz": {"train_files": "files"},
    "safetensors": {"train_files": "files"},
    "idx": {"train_images": "files", "train_labels": "label_files", "test_images": "test_files", "test_labels": "test_label_files"},
    "images": {"folder": "files", "test_folder": "test_files"},
}


def write_idx(path, shape, values):
    path.write_bytes(struct.pack(f">4B{len(shape)}I", 0, 0, 8, len(shape), *shape) + bytes(values))
    return str(path)


class Sources(program.TestCase):
    def labeled(self, prefix=""):
        values = [(7 * i) % 256 for i in range(40 * 16)]
        return {
            f"{prefix}inputs": write_idx(self.folder / f"{prefix}x", (40, 4, 4), values),
            f"{prefix}labels": write_idx(self.folder / f"{prefix}y", (40,), [i % 3 for i in range(40)]),
        }

    def idx(self, former):
        files = {**self.labeled(), **self.labeled("test_")}
        names = ("train_images", "train_labels", "test_images", "test_labels") if former else (
            "files", "label_files", "test_files", "test_label_files")
        return {"source": "idx", **dict(zip(names, files.values()))}

    def test_former_keys_are_read_and_replaced(self):
        former, now = self.idx(True), self.idx(False)
        file = program.write_json(self.folder / "old.json", small_run(data=former))
        result = program.run("run", file, "--output", self.output, "--plain")
        self.assertEqual(result.code, 0, result.stderr)
        folder = program.pathlib.Path(result.stdout.splitlines()[-1])
        said = 'data.train_images: is now called "files"; rename it'
        for text in (result.stderr, (folder / "log.txt").read_text()):
            self.assertEqual(text.count(said), 1, text)
        recorded = program.read_json(folder / "config.json")["data"]
        self.assertEqual({key: recorded[key] for key in FILES}, {key: now[key] for key in FILES})
        self.assertFalse(set(FORMER["idx"]) & set(recorded))
        new = self.train(small_run(data=now))
        self.assertEqual(program.without_clocks(folder / "checkpoints/best.safetensors")[1],
                         program.without_clocks(new / "checkpoints/best.safetensors")[1])

    def test_runs_recorded_with_former_keys_go_on(self):
        folder = self.train(small_run(data=self.idx(False)))
        config = program.read_json(folder / "config.json")
        old = {now: former for former, now in FORMER["idx"].items()}
        config["data"] = {old.get(key, key): value for key, value in config["data"].items()}
        again = program.run("run", program.write_json(self.folder / "old.json", config), "--output", self.output)
        self.assertEqual(again.code, 0, again.stderr)
        self.assertIn('is now called "files"', again.stderr)

    def test_a_new_key_excludes_its_former_one(self):
        data = {**self.idx(False), "train_images": "x"}
        file = program.write_json(self.folder / "both.json", small_run(data=data))
        self.assert_refused(program.run("run", file), 'data.train_images: is the former name of "files", which is given too')

    def test_options_and_comparisons_say_it(self):
        data = self.idx(True)
        said = 'train_images: is now called "files"; rename it'
        self.assertIn(said, program.run("data", json.dumps(data)).stderr)
        folder = self.train(small_run(data=self.idx(False)))
        self.assertIn(said, program.run("apply", folder, "--data", json.dumps(data)).stderr)
        comparison = {"name": "old", "base": small_run(name=None, data=data), "seeds": [1], "output": str(self.output)}
        file = program.write_json(self.folder / "comparison.json", comparison)
        result = program.run("compare", file)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(result.stderr.count("data." + said), 1, result.stderr)
        self.assertEqual(program.run("compare", file).code, 0)  # its runs on record are those asked for

    def test_help_and_schema_show_the_new_keys_alone(self):
        schema = json.loads(program.run("schema", "run").stdout)["definitions"]["data"]["anyOf"][1]["allOf"]
        for case in schema:
            kind, fields = case["if"]["properties"]["source"]["const"], case["then"]["properties"]
            if kind in FORMER:
                self.assertFalse(set(FORMER[kind]) & set(fields), kind)
                self.assertIn("files", fields)
                shown = [line.split()[0] for line in program.run("describe", "data", kind).stdout.splitlines() if line.strip()]
                self.assertIn("files", shown)
                self.assertFalse(set(FORMER[kind]) & set(shown), kind)


if __name__ == "__main__":
    program.main()
