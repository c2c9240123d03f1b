"""Data that are larger than memory or than the number of open files: read a part at a time, or refused in one sentence."""

import gzip
import json
import os
import resource
import struct
import subprocess
import sys
import zlib

import program
import reading

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

GIB = 1 << 30


def limited(limit, value):
    """Options of a process with this limit."""
    return {"preexec_fn": lambda: resource.setrlimit(limit, (value, resource.getrlimit(limit)[1]))}


class Memory(reading.DataTest):
    def refused_within(self, source, *says):
        """Refused where the program may use 3 GiB of address space, of which its libraries need about one."""
        result = program.run("data", json.dumps(source), **limited(resource.RLIMIT_AS, 3 * GIB))
        self.assert_refused(result, *says)

    def bomb(self, name, pattern):
        """2 GiB in two megabytes: one gzip stream after the other."""
        stream = gzip.compress(pattern * (GIB // 16 // len(pattern)), 1)
        (self.folder / name).write_bytes(stream * 32)
        return self.path(name)

    def test_gzip_bombs(self):
        table = self.bomb("t.csv.gz", b"0,0,0,0\n")
        self.refused_within({"source": "csv", "files": table}, f"{table}: a table of about 268194914 rows and 4 columns needs 4.1 GiB of memory, ")
        zeros = self.bomb("zeros.csv.gz", bytes(1024))
        self.refused_within({"source": "csv", "files": zeros}, f"{zeros}: holds zero bytes, so this is not a text file")
        self.refused_within({"source": "idx", "files": zeros}, "zeros.csv.gz: byte 2: 0x00 is not a value type of IDX")
        (self.folder / "data_batch_1.bin.gz").write_bytes((self.folder / "zeros.csv.gz").read_bytes())
        self.refused_within({"source": "cifar10", "folder": str(self.folder)}, "its content is longer than the limit of")

    def test_headers_that_claim_more_than_there_is_memory(self):
        idx = self.folder / "x.idx.gz"
        idx.write_bytes(gzip.compress(struct.pack(">4B3I", 0, 0, 14, 3, 1 << 20, 1 << 10, 1 << 10) + bytes(1000)))
        self.refused_within({"source": "idx", "files": str(idx)}, f"{idx} needs 8192.0 GiB of memory, ")

    def sparse_npy(self, shape):
        path = self.folder / "x.npy"
        with open(path, "wb") as file:
            numpy.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
            file.truncate(file.tell() + 4 * int(numpy.prod(shape)))
        return str(path)

    def test_arrays_beyond_memory_may_stay_in_their_files(self):
        source = {"source": "npy", "files": self.sparse_npy((1 << 20, 1 << 14))}
        self.refused_within(source, 'GiB are free; set "in_memory" to false')

    def test_archives_beyond_memory(self):
        name, packed, size = b"x.npy", os.urandom(GIB >> 8), 3 * GIB
        about = struct.pack("<5H3I2H", 20, 0, 8, 0, 0, 0, len(packed), size, len(name), 0)
        local = b"PK\3\4" + about + name + packed
        listed = b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<3H2I", 0, 0, 0, 0, 0) + name
        path = self.folder / "a.npz"
        path.write_bytes(local + listed + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, len(listed), len(local), 0))
        self.refused_within({"source": "npz", "files": str(path)}, f"{path}: x needs 3.0 GiB of memory")

    def test_models_beyond_memory(self):
        for hidden, says in (
            ([10**6, 1000], r"^aelab: .*run\.json: model: with \d{10} parameters it needs \d+\.\d GiB of memory, [0-2]\.\d GiB are free; lower model\.hidden, model\.code\n$"),
            ([10**6, 10**6], r"^aelab: .*run\.json: model: .*; lower model\.hidden, model\.code\n$"),
        ):
            config = program.small_run(model={"variant": "dense", "hidden": hidden, "code": 8}, output=str(self.output))
            result = program.run("run", program.write_json(self.folder / "run.json", config), **limited(resource.RLIMIT_AS, 3 * GIB))
            self.assert_refused(result, "model: ")
            self.assertRegex(result.stderr, says)
            self.assertFalse(self.output.exists())

    def test_pictures_beyond_memory(self):
        folder = self.folder / "p"
        folder.mkdir()
        size = 9000
        rows = zlib.compress(bytes((size + 1) * size), 1)
        chunk = lambda name, content: struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", size, size, 8, 0, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
        (folder / "0.png").write_bytes(picture)
        for i in range(1, 100):
            os.link(folder / "0.png", folder / f"{i}.png")
        self.refused_within({"source": "images", "files": str(folder)}, 'make them smaller with "resize"')


class Signals(reading.DataTest):
    def resident(self, process):
        """Bytes of memory that the process has in use."""
        with open(f"/proc/{process.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def test_a_signal_ends_the_reading_of_a_large_table(self):
        table = self.folder / "t.csv.gz"
        table.write_bytes(gzip.compress(b"0.5,1.5\n" * (GIB // 128), 1) * 8)  # 512 MiB
        file = program.write_json(self.folder / "run.json", program.small_run(data={"source": "csv", "files": str(table), "header": False}))
        process = program.start("run", file, "--output", self.output, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(program.wait_for(lambda: self.resident(process) > GIB // 2))
        process.terminate()
        result = program.finish(process)
        self.assertEqual((result.code, result.stdout), (128 + 15, ""), result.stderr)
        self.assertFalse(self.output.exists(), "nothing was begun")


class Shards(reading.DataTest):
    COUNT = 1500

    def test_more_shards_than_descriptors(self):
        values = self.random.normal(size=(self.COUNT, 2, 4)).astype("f4")
        labels = self.random.integers(0, 3, (self.COUNT, 2))
        for i in range(self.COUNT):
            numpy.save(self.path(f"x{i}.npy"), values[i])
            numpy.save(self.path(f"y{i}.npy"), labels[i])
        names = lambda kind: [self.path(f"{kind}{i}.npy") for i in range(self.COUNT)]
        source = {"source": "npy", "files": names("x"), "label_files": names("y")}
        for in_memory in (True, False):
            config = program.small_run(
                data={**source, "in_memory": in_memory, "validation": 300}, training={"epochs": 1},
                model={"variant": "dense", "code": 2, "likelihood": "gaussian"}, evaluation=["reconstruction"],
            )
            run = self.train(config, **limited(resource.RLIMIT_NOFILE, 1024))
            self.assertEqual(program.read_json(run / "data.json")["rows"]["train"], 2 * self.COUNT)
            place = self.folder / f"read-{in_memory}"
            result = program.run("data", json.dumps({**source, "files": names("x")[:1000], "label_files": [], "in_memory": in_memory}),
                                 "--output", place, **limited(resource.RLIMIT_NOFILE, 1024))
            self.assertEqual(result.code, 0, result.stderr)
            self.same(numpy.load(place / "train.npy"), values[:1000].reshape(-1, 4))


if __name__ == "__main__":
    program.main()
