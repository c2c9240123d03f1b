#!/usr/bin/env python3
"""Prints the golden numbers of recommendation_test.cc: the metrics of RecBole 1.2.1, whose code is called where it is
installed or unpacked (PYTHONPATH), on scores with ties, rows of different lengths and rows without held-out items.

    pip download recbole==1.2.1 --no-deps && unzip -q recbole-*.whl -d recbole-1.2.1
    PYTHONPATH=recbole-1.2.1 python3 tests/evaluation/reference_recommendation.py
"""

import ast
import importlib.util
import pathlib

import numpy

K = (1, 3, 10)
USERS, ITEMS = 40, 60


def data():
    """Scores with ties, the items that are read, and those that are held out, as the test makes them."""
    user, item = numpy.mgrid[:USERS, :ITEMS]
    scores = (user * 7 + item * item * 5 + item * 11) % 23
    read = (user * user + 3 * item) % 7 == 0
    held_out = (user * 5 + item * item) % (3 + user % 17) == 1
    held_out[user % 9 == 4] = False  # nothing is held out of these rows
    return scores.astype(numpy.float32), read, held_out & ~read


def metric_info(name):
    """The method of a class of recbole/evaluator/metrics.py, without what the module imports besides."""
    found = importlib.util.find_spec("recbole")
    tree = ast.parse(pathlib.Path(found.submodule_search_locations[0], "evaluator/metrics.py").read_text())
    cls = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    method = next(node for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == "metric_info")
    numpy.float = float  # which NumPy had when that code was written
    scope = {"np": numpy}
    exec(compile(ast.Module([method], []), "metrics.py", "exec"), scope)
    return lambda *arguments: scope["metric_info"](None, *arguments)


def measured(scores, read, held_out, k=K):
    """{"recall@1": ...} by RecBole, with ties in the order of the items."""
    some = held_out.any(1)
    scores = numpy.where(read, -numpy.inf, scores)[some]
    order = numpy.argsort(-scores, axis=1, kind="stable")[:, : max(k)]
    positive = numpy.take_along_axis(held_out[some], order, 1)
    length = held_out[some].sum(1)
    values = {"recall": metric_info("Recall")(positive, length), "ndcg": metric_info("NDCG")(positive, length)}
    return {f"{name}@{at}": of_rows.mean(0)[at - 1] for at in k for name, of_rows in values.items()}


if __name__ == "__main__":
    for name, value in measured(*data()).items():
        print(f'{{"{name}", {value:.17g}}},')
    scores, read, held_out = data()
    print("rows", held_out.any(1).sum(), "least free items", (~read).sum(1).min(), "lengths", sorted(set(held_out.sum(1))))
