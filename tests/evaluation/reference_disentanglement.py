#!/usr/bin/env python3
"""Prints the numbers that disentanglement_test.cc expects. Needs scikit-learn, which no test does:
pip install scikit-learn. Printed with scikit-learn 1.9.1, NumPy 2 and SciPy 1.17.

The table has 360 rows of two factors and four code dimensions that can be computed anywhere."""

import numpy as np
from scipy.stats import entropy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

i = np.arange(360)
factors = np.stack([i % 3, i // 3 % 4], 1)
noise = [(i * m % p) / p for m, p in ((7919, 101), (104729, 211), (31, 17), (1299709, 53))]
codes = np.stack([
    factors[:, 0] + 0.8 * noise[0],
    factors[:, 1] ** 2 + 3 * noise[1],
    factors[:, 0] + 0.5 * factors[:, 1] + noise[2],
    noise[3],
], 1)

BINS = 20
information = np.zeros((4, 2))
for d in range(4):
    edges = np.histogram(codes[:, d], BINS)[1]
    binned = np.digitize(codes[:, d], edges[:-1])
    for k in range(2):
        information[d, k] = mutual_info_score(binned, factors[:, k])
entropies = np.array([mutual_info_score(f, f) for f in factors.T])
ordered = np.sort(information, 0)
print("mutual information", *(f"{x:.12g}" for x in information.ravel()))
print(f"MIG {np.mean((ordered[-1] - ordered[-2]) / entropies):.12g}")
squares = information**2
largest = squares.max(1)
print(f"modularity {np.mean(1 - (squares.sum(1) - largest) / (largest * (2 - 1))):.12g}")

squared = np.array([[np.corrcoef(c, f)[0, 1] ** 2 for f in factors.T] for c in codes.T])
ordered = np.sort(squared, 0)
print(f"SAP {np.mean(ordered[-1] - ordered[-2]):.12g}")

importances = np.array([[0.7, 0.1, 0.0], [0.2, 0.5, 0.0], [0.1, 0.4, 0.3], [0.0, 0.0, 0.7]])
per_code = 1 - entropy(importances.T, base=3)
per_factor = 1 - entropy(importances, base=4)
print(f"disentanglement {np.sum(per_code * importances.sum(1) / importances.sum()):.12g}")
print(f"completeness {np.sum(per_factor * importances.sum(0) / importances.sum()):.12g}")

fitted, tested = slice(0, 240), slice(240, None)
scale = StandardScaler().fit(codes[fitted])
areas = []
for factor in factors.T:
    model = LogisticRegression(tol=1e-10, max_iter=100_000).fit(scale.transform(codes[fitted]), factor[fitted])
    p = model.predict_proba(scale.transform(codes[tested]))
    areas.append(np.mean([2 * roc_auc_score(factor[tested] == v, p[:, v]) - 1 for v in range(p.shape[1])]))
print(f"explicitness {np.mean(areas):.12g}")
