#!/usr/bin/env python3
"""Prints the SSIM that image_quality_test.cc expects. Needs numpy and scikit-image, which no test does:
pip install scikit-image. Printed with scikit-image 0.26.0.

scikit-image's windows are always 11x11 (it crops the border where they leave the image); for smaller images the
formula is written out below, and first shown to give scikit-image's numbers on larger ones."""

import numpy as np
from skimage.metrics import structural_similarity


def pictures(channels, height, width):
    """The test's original and reconstruction, [channels, height, width]: float32, as the metric gets them."""
    c, i, j = np.meshgrid(np.arange(channels), np.arange(height), np.arange(width), indexing="ij")
    original = 7 * i + 13 * j + i * j + 5 * c
    changed = original + (i + 2 * j + c) % 5
    return [((x % 32) / 31).astype(np.float32).astype(np.float64) for x in (original, changed)]


def by_scikit_image(x, y):
    return np.mean([structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
                                          data_range=1) for a, b in zip(x, y)])


def window_by_window(x, y):
    size = min(11, *x.shape[1:])
    size -= 1 - size % 2
    weights = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * 1.5**2))
    weights = np.outer(weights, weights) / weights.sum() ** 2
    values = []
    for a, b in zip(x, y):
        for i in range(a.shape[0] - size + 1):
            for j in range(a.shape[1] - size + 1):
                p, q = a[i:i + size, j:j + size], b[i:i + size, j:j + size]
                mean_p, mean_q = (weights * p).sum(), (weights * q).sum()
                variances = (weights * (p - mean_p) ** 2).sum() + (weights * (q - mean_q) ** 2).sum()
                covariance = (weights * (p - mean_p) * (q - mean_q)).sum()
                values.append((2 * mean_p * mean_q + 1e-4) * (2 * covariance + 9e-4)
                              / ((mean_p**2 + mean_q**2 + 1e-4) * (variances + 9e-4)))
    return np.mean(values)


for shape in (1, 28, 28), (3, 32, 20), (1, 11, 11):
    by_library, by_formula = by_scikit_image(*pictures(*shape)), window_by_window(*pictures(*shape))
    assert abs(by_library - by_formula) < 1e-12, (shape, by_library, by_formula)
    print(shape, f"{by_library:.12f}", "scikit-image")
for shape in (1, 8, 8), (3, 10, 3), (1, 2, 5):
    print(shape, f"{window_by_window(*pictures(*shape)):.12f}", "window by window")
