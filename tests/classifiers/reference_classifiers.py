#!/usr/bin/env python3
"""Prints the numbers that scikit_learn_test.cc expects. Needs scikit-learn, which no test does:
pip install scikit-learn. Printed with scikit-learn 1.9.1.

The digits that aelab ships, pixels / 16: the first 1,000 rows to fit, the other 797 to test."""

import gzip
import pathlib

import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

ROOT = pathlib.Path(__file__).resolve().parents[2]
with gzip.open(ROOT / "data/digits/digits.csv.gz", "rt") as file:
    rows = np.loadtxt(file, delimiter=",")
x, y = rows[:, :-1] / 16, rows[:, -1].astype(int)
train, test = slice(0, 1000), slice(1000, None)


def objective(model, z, labels):
    """What LogisticRegression minimizes: C * (sum of -log p(label)) + |W|^2 / 2."""
    p = model.predict_log_proba(z)
    return -model.C * p[np.arange(len(labels)), labels].sum() + (model.coef_**2).sum() / 2


def accuracy(model, *steps):
    pipeline = make_pipeline(*steps, model).fit(x[train], y[train])
    return f"{(pipeline.predict(x[test]) == y[test]).sum()} of 797 right"


def vote(neighbors):
    """The class of most neighbors, nearest first; of classes with equally many, that of the nearest."""
    counts = (neighbors[:, :, None] == neighbors[:, None, :]).sum(2)
    return neighbors[np.arange(len(neighbors)), counts.argmax(1)]


def neighbors_accuracy(k, *steps):
    """scikit-learn's neighbors with our rule for ties: its own takes the smallest class."""
    pipeline = make_pipeline(*steps, KNeighborsClassifier(k)).fit(x[train], y[train])
    z = pipeline[:-1].transform(x[test]) if steps else x[test]
    predicted = vote(y[train][pipeline[-1].kneighbors(z, return_distance=False)])
    return f"{(predicted == y[test]).sum()} of 797 right, {(predicted != pipeline.predict(x[test])).sum()} ties"


for standardized in True, False:
    steps = [StandardScaler()] if standardized else []
    z = StandardScaler().fit_transform(x[train]) if standardized else x[train]
    how = "standardized" if standardized else "as they are"
    for C in 0.01, 1, 10:
        model = LogisticRegression(C=C, tol=1e-10, max_iter=100_000)
        right = accuracy(model, *steps)
        print(f"logistic-regression, {how}, C = {C}: {right}, objective {objective(model, z, y[train]):.9g}")
    for C in 0.01, 0.1, 1:
        model = LinearSVC(C=C, dual=False, tol=1e-8, max_iter=100_000)
        print(f"linear-svm, {how}, C = {C}:", accuracy(model, *steps))
    for C, gamma in (1, "scale"), (10, "scale"), (1, 0.1):
        print(f"rbf-svm, {how}, C = {C}, gamma = {gamma}:", accuracy(SVC(C=C, gamma=gamma), *steps))
    for k in 1, 3, 5:
        print(f"nearest-neighbors, {how}, k = {k}:", neighbors_accuracy(k, *steps))

fitted = KMeans(10, n_init=50, random_state=0, tol=0).fit(x)
print(f"k-means: inertia {fitted.inertia_:.6f}, NMI {normalized_mutual_info_score(y, fitted.labels_):.6f}, "
      f"ARI {adjusted_rand_score(y, fitted.labels_):.6f}")

# Scores of two partitions that can be written down.
i = np.arange(60)
clusters, classes = (i * i) % 7, (i // 4) % 5
print(f"scores: NMI {normalized_mutual_info_score(classes, clusters):.15g}, "
      f"ARI {adjusted_rand_score(classes, clusters):.15g}")

# A table whose tree has no equally good splits, so that no seed matters: 400 rows to fit, 200 to test.
i = np.arange(600)
t = np.stack([i * m % p / p for m, p in (
    (7919, 601), (104729, 607), (1299709, 613), (15485863, 617), (32452843, 619))], 1)
c = np.floor(2 * t[:, 0] + 1.5 * t[:, 2] + t[:, 4]).astype(int)
tree = DecisionTreeClassifier(min_samples_leaf=15).fit(t[:400], c[:400])
print(f"decision tree: {tree.tree_.node_count} nodes, {(tree.predict(t[400:]) == c[400:]).sum()} of 200 right, "
      "importances", *(f"{x:.12g}" for x in tree.feature_importances_))
forests = [RandomForestClassifier(100, random_state=seed).fit(x[train], y[train]) for seed in range(5)]
print("random forests:", *((forest.predict(x[test]) == y[test]).sum() for forest in forests), "of 797 right")
importances = np.mean([forest.feature_importances_ for forest in forests], 0)
print("pixels of the largest importances:", *(f"{k}: {importances[k]:.4f}" for k in importances.argsort()[:-5:-1]))
