"""Pictures that Pillow writes are read to the pixels that it reads; a folder is recorded as it is read."""

import json
import shutil
import struct
import sys
import zlib

import program
import reading

try:
    import numpy
    from PIL import Image, ImageOps
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)


def png(values, bits, kind):
    """A PNG file of values [height, width, channels], which need not be one that Pillow can write."""
    chunk = lambda name, content: struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(f">u{bits // 8}").tobytes() for row in values)
    header = struct.pack(">2I5B", width, height, bits, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Pictures(reading.DataTest):
    def picture(self, mode, size):
        channels = {"L": 1, "RGB": 3, "RGBA": 4, "P": 3, "LA": 2, "1": 1}[mode]
        smooth = numpy.add.outer(numpy.arange(size[0]) * 5, numpy.arange(size[1]) * 3)[..., None]
        noise = self.random.integers(0, 120, (*size, channels))
        values = ((smooth + noise) % 256).astype("u1").squeeze()
        if mode in ("P", "1"):
            return Image.fromarray(values).convert(mode)
        return Image.fromarray(values)

    def test_what_pillow_writes(self):
        folder = self.folder / "pictures"
        folder.mkdir()
        wanted = {"gray": [], "rgb": []}
        cases = [("L", "a.png", {}), ("RGB", "b.png", {}), ("RGBA", "c.png", {}), ("P", "d.png", {}), ("1", "e.png", {})]
        cases += [("RGB", "f.jpg", {}), ("RGB", "g.jpeg", {"quality": 30, "progressive": True}), ("L", "h.JPG", {})]
        cases += [("RGB", "i.jpg", {"subsampling": 0, "quality": 95}), ("LA", "j.png", {})]
        for mode, name, options in cases:
            self.picture(mode, (13, 10)).save(folder / name, **options)
        for path in sorted(folder.iterdir()):
            for color, to in (("gray", "L"), ("rgb", "RGB")):
                pixels = numpy.asarray(Image.open(path).convert(to), "f4") / 255
                wanted[color].append(pixels[None] if to == "L" else pixels.transpose(2, 0, 1))
        for color, values in wanted.items():
            read = self.read({"source": "images", "files": str(folder), "color": color})["train"]
            self.same(read, numpy.stack(values))

    def test_sizes_and_classes_as_pillow_brings_them(self):
        wanted = []
        for label, name in enumerate(("cats", "dogs")):
            (self.folder / "p" / name).mkdir(parents=True)
            for i, size in enumerate(((20, 31), (9, 7), (33, 8))):
                picture = self.picture("RGB", size)
                picture.save(self.folder / "p" / name / f"{i}.png")
                bilinear = Image.Resampling.BILINEAR  # at once, Pillow chooses which side comes first
                scaled = picture.resize((10, size[0]), bilinear).resize((10, 12), bilinear)
                wanted.append((numpy.asarray(scaled, "f4") / 255).transpose(2, 0, 1)[:, 2:10, 1:9])
        source = {"source": "images", "files": self.path("p"), "color": "rgb", "resize": [12, 10], "crop": [8, 8]}
        read = self.read(source)
        self.same(read["train"], numpy.stack(wanted))
        numpy.testing.assert_array_equal(read["train-labels"], [0, 0, 0, 1, 1, 1])

    def test_damaged_pictures_are_named(self):
        folder = self.folder / "p"
        folder.mkdir()
        for name in ("a.png", "b.jpg"):
            self.picture("RGB", (30, 30)).save(folder / name)
            content = (folder / name).read_bytes()
            (folder / name).write_bytes(content[: len(content) // 2])
        self.picture("RGB", (30, 30)).convert("CMYK").save(folder / "c.jpg")
        result = program.run("data", json.dumps({"source": "images", "files": str(folder)}))
        self.assertEqual(result.code, 2)
        for name in ("a.png", "b.jpg", "c.jpg"):
            self.assertIn(f"{name}: cannot be read as an image: ", result.stderr)

    def test_other_formats_are_refused_not_passed_over(self):
        (self.folder / "p").mkdir()
        for name in ("a.png", "b.gif"):
            self.picture("L", (8, 8)).save(self.folder / "p" / name)
        result = program.run("data", json.dumps({"source": "images", "files": self.path("p")}))
        self.assert_refused(result, "b.gif is neither PNG nor JPEG: convert it, or move it out of the folder")

    def test_sixteen_bits_are_kept(self):
        values = self.random.integers(0, 65536, (3, 4, 5)).astype("<u2")
        for i, value in enumerate(values):
            path = self.folder / f"p/{i}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(value).save(path)
            self.assertEqual(path.read_bytes()[24], 16)  # bits
        for color in ("gray", "rgb"):
            read = self.read({"source": "images", "files": self.path("p"), "color": color})["train"]
            wanted = (values / numpy.float32(65535)).astype("f4")[:, None]
            self.same(read, wanted if color == "gray" else wanted.repeat(3, 1))
        self.assertGreater(len(numpy.unique(read)), 50)

    def test_sixteen_bits_of_color_are_kept(self):
        values = self.random.integers(0, 65536, (2, 4, 5, 3))
        (self.folder / "p").mkdir()
        for i, value in enumerate(values):
            (self.folder / f"p/{i}.png").write_bytes(png(value, bits=16, kind=2))
        read = self.read({"source": "images", "files": self.path("p"), "color": "rgb"})["train"]
        self.same(read, (values / numpy.float32(65535)).astype("f4").transpose(0, 3, 1, 2))
        read = self.read({"source": "images", "files": self.path("p")})["train"]
        numpy.testing.assert_allclose(read[:, 0], values @ [0.299, 0.587, 0.114] / 65535, atol=1.1 / 65535)

    def test_twelve_bits_of_a_camera_keep_their_levels(self):
        levels = numpy.arange(4096).reshape(64, 64) * 16
        (self.folder / "p").mkdir()
        (self.folder / "p/a.png").write_bytes(png(levels[..., None], bits=16, kind=0))
        read = self.read({"source": "images", "files": self.path("p")})["train"]
        self.assertEqual(len(numpy.unique(read)), 4096)
        half = self.read({"source": "images", "files": self.path("p"), "resize": [32, 32]})["train"][0, 0]
        numpy.testing.assert_allclose(half.mean(), levels.mean() / 65535, rtol=1e-3)
        self.assertGreater(len(numpy.unique(half)), 256)

    def test_pictures_are_turned_as_their_orientation_says(self):
        folder = self.folder / "p"
        for kind in ("jpg", "png"):
            for orientation in range(1, 9):
                with self.subTest(kind, orientation=orientation):
                    folder.mkdir()
                    exif = Image.Exif()
                    exif[0x0112] = orientation
                    self.picture("RGB", (10, 16)).save(folder / f"a.{kind}", exif=exif)
                    wanted = numpy.asarray(ImageOps.exif_transpose(Image.open(folder / f"a.{kind}")), "f4") / 255
                    source = {"source": "images", "files": str(folder), "color": "rgb"}
                    self.same(self.read(source)["train"], wanted.transpose(2, 0, 1)[None])
                    notes = json.loads(program.run("data", json.dumps(source), "--json").stdout)["notes"]
                    said = f"1 image is rotated or flipped according to its EXIF orientation, such as {folder / f'a.{kind}'}"
                    self.assertEqual(notes, [said] if orientation > 1 else [])
                    shutil.rmtree(folder)

    def test_a_picture_that_changed_is_named(self):
        folder = self.folder / "p"
        folder.mkdir()
        for i in range(12):
            self.picture("L", (8, 8)).save(folder / f"{i}.png")
        run = self.train(program.small_run(
            data={"source": "images", "files": str(folder), "validation": 2},
            model={"variant": "dense", "code": 3}, evaluation=[],
        ))
        self.picture("L", (8, 8)).save(folder / "7.png")
        (folder / "5.png").rename(folder / "50.png")
        (folder / "notes.txt").write_text("no picture")
        self.assert_refused(
            program.run("apply", run), f"{folder} is not what the run used (5.png is gone, 7.png changed, 50.png was added): "
        )


if __name__ == "__main__":
    program.main()
