"""Sparse rows on the command line: matrices of SciPy are described, refused where they are wrong, trained on and measured;
ADBench's files."""

import json
import pathlib
import sys

import program
from program import small_run

try:
    import numpy
    import scipy.sparse
except ImportError as error:
    print(f"skipped: {error}", file=sys.stderr)
    sys.exit(program.SKIPPED)

USERS, ITEMS = 300, 40


def baskets(users=USERS, seed=0):
    """Users of two tastes, who like items of one half or the other."""
    random = numpy.random.default_rng(seed)
    taste = random.integers(2, size=users)
    of_taste = (numpy.arange(ITEMS) % 2)[None] == taste[:, None]
    chance = numpy.where(of_taste, 0.5, 0.03) * numpy.linspace(1.3, 0.4, ITEMS)
    return (random.uniform(size=(users, ITEMS)) < chance).astype(numpy.float32), taste


def quality(scores, read, held_out, k):
    """Recall@k and NDCG@k, row by row, and of equal items in their order."""
    recalls, ndcgs = [], []
    for score, known, wanted in zip(scores, read, held_out):
        if not wanted.any():
            continue
        ranking = [i for i in sorted(range(len(score)), key=lambda i: (-score[i], i)) if not known[i]]
        gains = [wanted[i] / numpy.log2(rank + 2) for rank, i in enumerate(ranking[:k])]
        ideal = sum(1 / numpy.log2(rank + 2) for rank in range(min(k, wanted.sum())))
        recalls.append(sum(wanted[i] for i in ranking[:k]) / wanted.sum())
        ndcgs.append(sum(gains) / ideal)
    return numpy.mean(recalls), numpy.mean(ndcgs)


class SparseRows(program.TestCase):
    def save(self, name, matrix, **options):
        path = self.folder / name
        scipy.sparse.save_npz(path, matrix, **options)
        return str(path)

    def described(self, source):
        result = program.run("data", source if isinstance(source, str) else json.dumps(source), "--json")
        self.assertEqual(result.code, 0, result.stderr)
        return json.loads(result.stdout)

    def rows_of(self, source, name="train"):
        """All rows, as aelab data writes them."""
        folder = self.folder / f"written-{len(list(self.folder.iterdir()))}"
        result = program.run("data", source if isinstance(source, str) else json.dumps(source), "--output", folder)
        self.assertEqual(result.code, 0, result.stderr)
        return numpy.load(folder / f"{name}.npy")

    def refused(self, path, *says, **fields):
        source = {"source": "sparse-rows", "files": str(path), **fields}
        self.assert_said(program.run("data", json.dumps(source)), *says)

    def assert_said(self, result, *texts):
        """In one line."""
        self.assert_refused(result, texts[0])
        for text in texts:
            self.assertIn(text, result.stderr)

    def test_all_formats_and_types_are_the_rows_of_scipy(self):
        random = numpy.random.default_rng(1)
        dense = random.poisson(0.3, (37, 23)) * random.integers(1, 4, (37, 23))
        dense[5] = 0
        for make in (scipy.sparse.csr_matrix, scipy.sparse.csc_matrix, scipy.sparse.coo_matrix, scipy.sparse.csr_array):
            for dtype in (numpy.int8, numpy.uint16, numpy.int64, numpy.float32, numpy.float64, bool):
                matrix = make(dense.astype(dtype))
                path = self.save("x.npz", matrix, compressed=dtype is not numpy.float32)
                self.assertTrue((self.rows_of(path) == matrix.toarray().astype(numpy.float32)).all(), (make, dtype))
        wide = scipy.sparse.csr_matrix(dense)
        wide.indices, wide.indptr = wide.indices.astype(numpy.int64), wide.indptr.astype(numpy.int64)
        self.assertTrue((self.rows_of(self.save("wide.npz", wide)) == dense).all())

    def test_unsorted_and_repeated_places_are_added_up_and_zeros_are_none(self):
        matrix = scipy.sparse.csr_matrix(
            (numpy.array([1.0, 2, 4, -3, 3, 0, 5]), numpy.array([3, 0, 3, 1, 1, 2, 0]), numpy.array([0, 3, 6, 6, 7])), shape=(4, 5))
        path = self.save("x.npz", matrix)
        self.assertTrue((self.rows_of(path) == matrix.toarray()).all())
        notes = " ".join(self.described(path)["notes"])
        self.assertIn("3 of 20 values are not zero (15 %); rows have 0 to 2 of them", notes)
        self.assertIn("2 rows have none", notes)

    def test_description_shows_density_labels_and_held_out_items(self):
        x, taste = baskets()
        away = (x > 0) & (numpy.random.default_rng(2).uniform(size=x.shape) < 0.3)
        paths = [self.save("a.npz", scipy.sparse.csr_matrix(x[:200] * ~away[:200])), self.save("b.npz", scipy.sparse.csr_matrix(x[200:] * ~away[200:]))]
        held_out = [self.save("c.npz", scipy.sparse.csr_matrix(away[:200])), self.save("d.npz", scipy.sparse.csr_matrix(away[200:]))]
        labels = [str(self.folder / "a.npy"), str(self.folder / "b.npy")]
        numpy.save(labels[0], taste[:200])
        numpy.save(labels[1], taste[200:])
        source = {"source": "sparse-rows", "files": paths, "label_files": labels, "held_out_files": held_out}
        said = self.described(source)
        self.assertEqual((said["rows"]["train"], said["shape"], said["classes"]), (300, [40], 2))
        kept = (x * ~away > 0).sum(1)
        self.assertIn(f"training: {kept.sum()} of 12000 values are not zero ({100 * kept.sum() / 12000:.3g} %); rows have "
                      f"{kept.min()} to {kept.max()} of them, median {sorted(kept)[150]}", " ".join(said["notes"]))
        self.assertIn(f"{away.sum()} items are held out of {away.any(1).sum()} rows", " ".join(said["notes"]))
        self.assertTrue((self.rows_of(source) == x * ~away).all())
        self.assertTrue((self.rows_of(source, "train-labels") == taste).all())
        self.assertEqual(self.described(paths[0])["source"], "sparse-rows")  # recognized by its content

    def test_broken_matrices_are_refused_by_file_and_row(self):
        x = scipy.sparse.csr_matrix(numpy.eye(4, 6))
        good = {"indices": x.indices, "indptr": x.indptr, "format": numpy.array(b"csr"), "shape": numpy.array([4, 6]), "data": x.data}

        def broken(**changes):
            path = self.folder / "broken.npz"
            numpy.savez(path, **{name: value for name, value in {**good, **changes}.items() if value is not None})
            return path

        cases = [
            ({"data": numpy.array([1, numpy.nan, 1, 1])}, "broken.npz: data: row 1: the value in column 1 is NaN or infinite"),
            ({"data": numpy.array([1.0, 1, 1])}, "broken.npz: indices: has 4 numbers for 3 values"),
            ({"data": numpy.array([1 + 1j] * 4)}, "broken.npz: data: byte", "complex numbers"),
            ({"data": numpy.array(["a", None] * 2, dtype=object)}, "Python objects"),
            ({"data": numpy.ones((4, 1, 1))}, "data: has the shape 4x1x1"),
            ({"indices": numpy.array([0, 1, 6, 3])}, "data: row 2: a value is in column 6, and there are columns 0 to 5"),
            ({"indices": numpy.array([0, -1, 2, 3])}, "data: row 1: a value is in column -1"),
            ({"indices": numpy.array([0.0, 1, 2, 3])}, "indices: holds floating-point numbers, not integers"),
            ({"indptr": numpy.array([0, 2, 1, 3, 4])}, "indptr: row 1: does not ascend"),
            ({"indptr": numpy.array([0, 1, 2, 3, 9])}, "indptr: row 3: does not ascend to the number of values, 4"),
            ({"indptr": numpy.array([0, 1, 2, 3])}, "indptr: has 4 numbers, and 4 rows need 5"),
            ({"indptr": numpy.array([1, 1, 2, 3, 4])}, "indptr: does not begin with 0"),
            ({"indptr": numpy.array([0, 1, 2, 3, 3])}, "indptr: ends with 3, and there are 4 values"),
            ({"shape": numpy.array([4, 6, 1])}, "shape: has 3 numbers"),
            ({"shape": numpy.array([4, 0])}, "shape: is [4, 0]"),
            ({"shape": numpy.array([4, 1 << 40])}, "shape: is [4, 1099511627776]"),
            ({"format": numpy.array(b"dia")}, 'broken.npz: is in the sparse format "dia"', "tocsr()"),
            ({"format": numpy.array(7)}, "format: is not a single short text"),
            ({"format": None}, "broken.npz: is not a sparse matrix of SciPy", "save_npz"),
            ({"data": numpy.zeros(0), "indices": numpy.zeros(0, int), "indptr": numpy.zeros(5, int)}, "is empty"),
        ]
        for changes, *says in cases:
            self.refused(broken(**changes), *says)
        coo = {"row": numpy.array([0, 4]), "col": numpy.array([1, 1]), "data": numpy.ones(2), "shape": numpy.array([4, 6]), "format": numpy.array(b"coo")}
        path = self.folder / "coo.npz"
        numpy.savez(path, **coo)
        self.refused(path, "data: value 1 is in row 4, and there are rows 0 to 3")
        numpy.savez(path, **{**coo, "row": numpy.array([0])})
        self.refused(path, "row: has 1 numbers for 2 values")
        whole = broken().read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        self.refused(path, "coo.npz", "truncated or corrupted")
        path.write_text("1,2\n3,4\n")
        self.refused(path, "coo.npz")
        self.refused(self.folder / "none.npz", "files: there is no file")
        self.assert_said(program.run("data", json.dumps({"source": "npz", "files": str(broken())})), "sparse matrix of SciPy",
                            '"source": "sparse-rows"')

    def test_matrices_that_do_not_fit_together_are_refused(self):
        def matrix(name, rows, columns):
            return self.save(name, scipy.sparse.csr_matrix(numpy.eye(rows, columns)))

        a, b, c = matrix("a.npz", 4, 6), matrix("b.npz", 4, 5), matrix("c.npz", 3, 6)
        self.refused(a, "b.npz: has 5 columns, and", files=[a, b])
        self.refused(a, "c.npz: has 3 rows, and the rows that its items are held out of", held_out_files=c)
        self.refused(a, "b.npz: has 5 columns", held_out_files=b)
        self.refused(a, "the test rows have shape 5, the training rows 6", test_files=b)
        self.refused(a, "test_held_out_files: must be as many files as test_files", test_held_out_files=a)
        labels = self.folder / "labels.npy"
        numpy.save(labels, numpy.arange(3))
        self.refused(a, "labels.npy: has 3 labels for the 4 rows of", label_files=str(labels))
        joined = {"source": "joined", "sources": [{"source": "sparse-rows", "files": a, "held_out_files": a}] * 2}
        self.assert_refused(program.run("data", json.dumps(joined)), "sources[0]: has held-out items")
        self.assertIn("4 of them are in these rows as well", " ".join(
            self.described({"source": "sparse-rows", "files": a, "held_out_files": a})["notes"]))

    def test_a_model_of_baskets_is_measured_by_the_held_out_items(self):
        x, _ = baskets()
        away = (x > 0) & (numpy.random.default_rng(3).uniform(size=x.shape) < 0.25)
        users, items = self.save("users.npz", scipy.sparse.csr_matrix(x * ~away)), self.save("items.npz", scipy.sparse.csr_matrix(away))
        run = self.train(small_run(
            data={"source": "sparse-rows", "files": users, "test_files": users, "test_held_out_files": items, "validation": 30},
            model={"variant": "vae", "code": 4, "likelihood": "multinomial", "beta": {"kind": "linear", "from": 0, "to": 0.2},
                   "backbone": {"kind": "dense", "hidden": [30], "activation": "tanh", "normalize_input": True, "input_dropout": 0.5}},
            training={"epochs": 60, "batch_size": 30, "optimizer": {"kind": "adam", "learning_rate": 0.01}},
            evaluation=["likelihood", {"kind": "recommendation", "k": [5, 10]}]))
        found = program.read_json(run / "evaluation.json")["metrics"]
        written = program.run("apply", run, "--write", "reconstruction", "--json")
        scores = numpy.load(pathlib.Path(json.loads(written.stdout)["folder"]) / "reconstruction.npy")
        numpy.testing.assert_allclose(scores.sum(1), 1, rtol=1e-5)
        read = x * ~away > 0
        for k in (5, 10):
            recall, ndcg = quality(scores, read, away, k)
            self.assertAlmostEqual(found[f"recommendation/recall@{k}"], recall, places=9)
            self.assertAlmostEqual(found[f"recommendation/ndcg@{k}"], ndcg, places=9)
        self.assertEqual(found["recommendation/rows"], away.any(1).sum())
        self.assertEqual(found["recommendation/rows_left_out"], USERS - away.any(1).sum())
        self.assertGreater(found["recommendation/recall@10"], found["recommendation/popularity_recall@10"] + 0.1)
        self.assertGreater(found["likelihood/nll"], 0)
        # Other users, whose items the file does not hold out: the metric hides some, and says so.
        others = self.save("others.npz", scipy.sparse.csr_matrix(baskets(seed=9)[0]))
        result = program.run("evaluate", run, "--data", others, "--metrics", "recommendation", "--json")
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("the metric hid 0.2 of each row's items", result.stderr)
        own = json.loads(result.stdout)
        self.assertGreater(own["recommendation/recall@10"], own["recommendation/popularity_recall@10"])

    def test_negative_values_are_refused_before_anything_is_created(self):
        x = numpy.abs(baskets()[0])
        x[7, 3] = -1
        path = self.save("x.npz", scipy.sparse.csr_matrix(x))
        run = self.folder / "run.json"
        program.write_json(run, small_run(data={"source": "sparse-rows", "files": path, "validation": 0, "test": 0},
                                          model={"variant": "dense", "code": 2, "likelihood": "multinomial"}, evaluation=[]))
        self.assert_refused(program.run("run", run, "--output", self.output),
                            "model.likelihood: multinomial is for values at least 0, and the training split has values from -1 to 1")
        self.assertFalse(self.output.exists())

    def test_files_of_adbench_are_read_as_they_are(self):
        random = numpy.random.default_rng(4)
        x, y = random.normal(size=(60, 5)), random.integers(2, size=60)
        for labels in (y, y.astype(numpy.float64), y.astype(numpy.uint8)):
            path = self.folder / "6_cardio.npz"
            numpy.savez(path, X=x, y=labels)
            said = self.described(str(path))
            self.assertEqual((said["source"], said["classes"], said["shape"]), ("npz", 2, [5]))
            self.assertIn('"X" holds the rows, and "y" their labels', said["notes"])
            self.assertTrue((self.rows_of(str(path)) == x.astype(numpy.float32)).all())
            self.assertTrue((self.rows_of(str(path), "train-labels") == y).all())
        numpy.savez(path, X=x, y=y + 0.5)
        self.assert_said(program.run("data", path), "6_cardio.npz: y", "labels must be integers")
        numpy.savez(path, X=x, y=y, z=y)
        self.assert_refused(program.run("data", path), "inputs: say which array of")


if __name__ == "__main__":
    program.main()
