"""Folders of pictures: what is read is what is recorded, what is skipped is said, and a change behind a link shows."""

import json
import sys

import program
import reading

try:
    import numpy
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


class Folders(reading.DataTest):
    def picture(self, name):
        """A new picture of noise."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(self.random.integers(0, 256, (6, 5), "u1")).save(path)
        return path

    def described(self, folder):
        result = program.run("data", json.dumps({"source": "images", "files": str(folder)}), "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def linked_classes(self):
        """Two classes, one of them behind a link."""
        for i in range(12):
            self.picture(f"p/cats/{i}.png")
            self.picture(f"elsewhere/{i}.png")
        (self.folder / "p/dogs").symlink_to("../elsewhere", target_is_directory=True)
        return self.folder / "p"

    def trained(self, folder):
        return self.train(program.small_run(
            data={"source": "images", "files": str(folder), "validation": 4, "test": 4},
            model={"variant": "dense", "code": 3}, evaluation=["reconstruction"], training={"epochs": 1},
        ))

    def test_linked_class_folders_are_read_and_recorded(self):
        folder = self.linked_classes()
        data = self.described(folder)
        self.assertEqual((data["rows"]["train"], data["class_names"]), (24, ["cats", "dogs"]))
        record = data["files"][0]
        sizes = sum(path.stat().st_size for place in ("p/cats", "elsewhere") for path in (self.folder / place).iterdir())
        self.assertEqual((record["bytes"], len(record["content"])), (sizes, 24))

    def test_changes_behind_links_are_noticed(self):
        run = self.trained(self.linked_classes())
        self.assertEqual(program.run("evaluate", run).code, 0)
        self.picture("elsewhere/3.png")
        for command in ("evaluate", "apply"):
            self.assert_refused(program.run(command, run), "is not what the run used (dogs/3.png changed)")
        status = program.read_json(run / "status.json")
        program.write_json(run / "status.json", {**status, "status": "stopped"})
        self.assert_refused(program.run("resume", run), "is not what the run used (dogs/3.png changed)")

    def test_a_link_that_leads_elsewhere_is_noticed(self):
        run = self.trained(self.linked_classes())
        for i in range(12):
            self.picture(f"other/{i}.png")
        (self.folder / "p/dogs").unlink()
        (self.folder / "p/dogs").symlink_to("../other", target_is_directory=True)
        self.assert_refused(program.run("evaluate", run), "dogs/0.png changed")

    def test_linked_pictures_are_recorded_by_their_content(self):
        kept = self.picture("kept.png")
        for i in range(11):
            self.picture(f"p/{i}.png")
        (self.folder / "p/linked.png").symlink_to(kept)
        run = self.trained(self.folder / "p")
        self.picture("kept.png")
        self.assert_refused(program.run("evaluate", run), "(linked.png changed)")

    def test_what_is_passed_over_is_said_and_not_recorded(self):
        folder = self.linked_classes()
        before = self.described(folder)
        self.assertEqual(before["notes"], [])
        for name in ("p/cats/more/a.png", "p/cats/more/yet/b.png", "p/dogs/more/c.png", "p/.cache/d.png"):
            self.picture(name)
        (folder / "labels.csv").write_text("x")
        (folder / ".DS_Store").write_text("x")
        after = self.described(folder)
        self.assertEqual(after["rows"], before["rows"])
        self.assertEqual(after["files"], before["files"])
        self.assertEqual(after["notes"], [
            f"{folder}: skipped: 3 images in subfolders of class folders, such as cats/more/a.png",
            f"{folder}: skipped: 1 image with hidden names, .cache/d.png",
            f"{folder}: skipped: 1 file of other kinds, labels.csv",
        ])
        run = self.trained(folder)
        self.assertIn("3 images in subfolders of class folders", (run / "log.txt").read_text())

    def test_links_that_lead_nowhere_or_to_themselves(self):
        folder = self.linked_classes()
        source = json.dumps({"source": "images", "files": str(folder)})
        for target, says in {"nowhere": "it is a link that leads nowhere", "birds": "Too many levels of symbolic links"}.items():
            (folder / "birds").symlink_to(target)
            self.assert_refused(program.run("data", source), f"cannot read {folder / 'birds'}: {says}")
            (folder / "birds").unlink()
        (folder / "cats/x.png").symlink_to("x.png")
        self.assert_refused(program.run("data", source), f"cannot read {folder / 'cats/x.png'}: Too many levels of symbolic links")

    def test_loops_of_links_in_place_of_files(self):
        loop = self.folder / "loop"
        loop.symlink_to("loop")
        says = f"{loop}: Too many levels of symbolic links"
        for source in ("csv", "parquet", "npy", "npz", "safetensors", "idx", "images"):
            with self.subTest(source):
                self.assert_refused(program.run("data", json.dumps({"source": source, "files": str(loop)})), says)
        for source in ("mnist", "digits", "cifar10"):
            with self.subTest(source):
                refused = program.run("data", json.dumps({"source": source, "folder": str(loop)}))
                self.assertEqual(refused.code, 2)
                self.assertIn("Too many levels of symbolic links", refused.stderr)
        self.assert_refused(program.run("data", loop), says)
        self.assert_refused(program.run("run", loop), "Too many levels of symbolic links")


if __name__ == "__main__":
    program.main()
