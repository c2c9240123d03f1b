#!/usr/bin/env python3
"""The golden metrics are what their remarks say, recomputed in NumPy: which of the packages' are equal to the pooled
definitions, and how the others differ."""

import json
import pathlib
import unittest

import numpy as np
from scipy.optimize import linear_sum_assignment

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden" / "metrics"


def read(name):
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def relu_model(case, batch):
    p = {name: np.array(value) for name, value in case["parameters"].items()}
    code = np.maximum((np.array(batch) - p["b_dec"]) @ p["W_enc"] + p["b_enc"], 0)
    return code, code @ p["W_dec"] + p["b_dec"]


def cosines(a, b):
    return np.abs(a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)


class Metrics(unittest.TestCase):
    def near(self, found, expected, what=""):
        self.assertLess(np.abs(np.asarray(found) - np.asarray(expected)).max(), 2e-6 * max(1, np.abs(expected).max()), what)

    def setUp(self):
        self.case = read("relu")
        self.batches = [np.array(batch) for batch in self.case["inputs"]]
        self.x = np.concatenate(self.batches)
        self.code, self.x_hat = relu_model(self.case, self.x)

    def of_batches(self, measure):
        return np.mean([measure(batch, relu_model(self.case, batch)[1]) for batch in self.batches])

    def test_pooled(self):
        x, x_hat, pooled = self.x, self.x_hat, self.case["pooled"]
        sizes, sizes_hat = np.linalg.norm(x, axis=1), np.linalg.norm(x_hat, axis=1)
        self.near((self.code != 0).sum(1).mean(), pooled["l0"])
        self.near((self.code != 0).mean(0), np.array(pooled["densities"]))
        self.assertEqual((self.code != 0).any(0).sum(), pooled["alive"])
        self.near(((x - x_hat) ** 2).sum(1).mean(), pooled["mse"])
        self.near(1 - ((x - x_hat) ** 2).sum() / ((x - x.mean(0)) ** 2).sum(), pooled["explained_variance"])
        self.near(((x * x_hat).sum(1) / sizes / sizes_hat).mean(), pooled["cosine"])
        self.near((sizes_hat / sizes).mean(), pooled["norm_ratio"])
        self.near((x_hat**2).sum() / (x * x_hat).sum(), pooled["relative_reconstruction_bias"])

    def test_what_saelens_has_right(self):
        pooled, theirs = self.case["pooled"], self.case["saelens"]["metrics"]
        for ours, name in (("explained_variance",) * 2, ("cosine", "cossim"), ("norm_ratio", "l2_ratio"), ("l0", "l0"),
                           ("l1", "l1"), ("mse", "mse")):
            self.near(theirs[name], pooled[ours], name)
        self.near(self.case["saelens"]["features"]["feature_density"], np.array(pooled["densities"]))

    def test_where_saelens_differs(self):
        theirs = self.case["saelens"]["metrics"]

        def legacy(x, x_hat):
            return (1 - ((x - x_hat) ** 2).sum(1) / ((x - x.mean(0)) ** 2).sum(1)).mean()

        self.near(self.of_batches(legacy), theirs["explained_variance_legacy"])
        self.near(self.of_batches(lambda x, x_hat: (x_hat**2).sum() / (x * x_hat).sum()),
                  theirs["relative_reconstruction_bias"])
        self.assertGreater(abs(theirs["explained_variance_legacy"] - self.case["pooled"]["explained_variance"]), 0.1)

    def test_dictionary_learning(self):
        pooled, theirs = self.case["pooled"], self.case["dictionary_learning"]["metrics"]
        for ours, name in (("l0", "l0"), ("l1", "l1_loss"), ("cosine", "cossim"), ("norm_ratio", "l2_ratio")):
            self.near(theirs[name], pooled[ours], name)

        def of_variances(x, x_hat):
            return 1 - (x - x_hat).var(0).sum() / x.var(0).sum()

        self.near(self.of_batches(of_variances), theirs["frac_variance_explained"])
        self.near(np.linalg.norm(self.x - self.x_hat, axis=1).mean(), theirs["l2_loss"])
        self.near(pooled["alive"] / 12, theirs["frac_alive"])
        self.assertGreater(abs(theirs["frac_variance_explained"] - pooled["explained_variance"]), 0.1)

    def test_a_wrong_bias_is_seen_by_the_pooled_one_alone(self):
        case, x = read("constant_error"), self.batches[0]
        code, x_hat = relu_model(case, x)
        right_code, right = relu_model(self.case, x)
        self.near(code, right_code)
        self.near(x_hat, right + 1)
        self.near(1 - (x - right).var(0).sum() / x.var(0).sum(), case["dictionary_learning"]["frac_variance_explained"])
        expected = 1 - ((x - right - 1) ** 2).sum() / ((x - x.mean(0)) ** 2).sum()
        self.near(expected, case["pooled"]["explained_variance"])
        self.near(expected, case["saelens"]["explained_variance"])

    def test_readings_of_batch_top_k(self):
        case = read("batch_topk")
        p = {name: np.array(value) for name, value in case["parameters"].items()}
        for reading in ("batch", "threshold_reading"):
            found = []
            for batch in case["inputs"]:
                active = np.maximum((np.array(batch) - p["b_dec"]) @ p["W_enc"] + p["b_enc"], 0)
                least = np.sort(active.ravel())[-case["k"] * len(batch)] if reading == "batch" else case["threshold"]
                found.append((active >= least).sum(1).mean())
            self.near(np.mean(found), case[reading]["pooled"]["l0"])
            self.near(np.mean(found), case[reading]["saelens"]["l0"])
        self.near(np.mean(found), case["threshold_reading"]["dictionary_learning"]["l0"])

    def test_truth(self):
        case = read("truth")
        theirs, truth = case["metrics"], np.array(case["features"])
        code, x_hat = relu_model(case, case["inputs"])
        near = cosines(np.array(case["parameters"]["W_dec"]), truth)
        rows, columns = linear_sum_assignment(-near)
        nearest = near.argmax(1)
        self.near(near[rows, columns].mean(), theirs["mcc"])
        self.near(len(set(nearest)) / 12, theirs["uniqueness"])
        fires, true = code != 0, np.array(case["feature_values"])[:, nearest] > 0
        hits = (fires & true).sum(0)
        precision = hits / np.maximum(fires.sum(0), 1)
        recall = hits / np.maximum(true.sum(0), 1)
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-30)
        for name, value in (("precision", precision), ("recall", recall), ("f1", f1), ("accuracy", (fires == true).mean(0))):
            self.near(value.mean(), theirs[name], name)
        sizes = np.linalg.norm(case["inputs"], axis=1)
        kept = sizes > 1e-6
        self.near((np.linalg.norm(x_hat, axis=1)[kept] / sizes[kept]).mean(), theirs["shrinkage"])
        self.assertEqual((~fires.any(0)).sum(), theirs["dead_latents"])


if __name__ == "__main__":
    unittest.main()
