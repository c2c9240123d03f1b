#!/usr/bin/env python3
"""Prints the numbers that pca_test.cc expects. Needs scikit-learn, which no test does: pip install scikit-learn.
Printed with scikit-learn 1.9.1.

The digits that aelab ships, pixels / 16: the first 1,000 rows to fit, all 1,797 to reconstruct. A component's sign
is free; here its largest entry is positive. Given an aelab run folder of `pca` on MNIST, compares its checkpoint with
scikit-learn's components of the same rows instead (needs safetensors, too):
    tests/models/reference_pca.py runs/pca-mnist/1 data/mnist"""

import gzip
import pathlib
import sys
import time

import numpy as np
from sklearn.decomposition import PCA

ROOT = pathlib.Path(__file__).resolve().parents[2]


def signed(components):
    largest = np.abs(components).argmax(1)
    return components * np.sign(components[np.arange(len(components)), largest])[:, None]


def show(name, values):
    lines = [", ".join(f"{value:.7f}" for value in values[i:i + 8]) for i in range(0, len(values), 8)]
    print(name, "{" + ",\n    ".join(lines) + "}")


def digits():
    with gzip.open(ROOT / "data/digits/digits.csv.gz", "rt") as file:
        x = np.loadtxt(file, delimiter=",")[:, :-1] / 16
    pca = PCA(10, svd_solver="full").fit(x[:1000])
    show("variances", pca.explained_variance_)
    show("ratios", pca.explained_variance_ratio_)
    for i, component in enumerate(signed(pca.components_)[:3]):
        show(f"component {i}", component)
    error = ((pca.inverse_transform(pca.transform(x)) - x) ** 2).sum(1).mean()
    whitened = PCA(10, svd_solver="full", whiten=True).fit(x[:1000]).transform(x)
    print("squared error", f"{error:.9g}")
    show("variances of whitened codes", whitened.var(0, ddof=1))


def mnist(folder, images):
    from safetensors.numpy import load_file

    found = {name.removeprefix("model."): value for name, value in
             load_file(pathlib.Path(folder) / "checkpoints/last.safetensors").items()}
    with gzip.open(pathlib.Path(images) / "train-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784) / 255
    components = found["backbone.encoder_0.weight"]
    began = time.time()
    pca = PCA(len(components)).fit(x)
    print("scikit-learn:", f"{time.time() - began:.2f} s in float64")
    narrow = x.astype(np.float32)
    began = time.time()
    PCA(len(components)).fit(narrow)
    print("scikit-learn:", f"{time.time() - began:.2f} s in float32")
    print("components differ by", np.abs(components - signed(pca.components_)).max())
    print("variances by", np.abs(found["variances"] / pca.explained_variance_ - 1).max(), "(relative)")
    print("ratios by", np.abs(found["explained_variance_ratio"] - pca.explained_variance_ratio_).max())
    print("mean by", np.abs(found["backbone.mean"] - pca.mean_).max())
    print("squared error", ((pca.inverse_transform(pca.transform(x)) - x) ** 2).sum(1).mean())


if len(sys.argv) > 1:
    mnist(*sys.argv[1:])
else:
    digits()
