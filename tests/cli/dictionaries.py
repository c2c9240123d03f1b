"""Sparse dictionaries of every kind that other packages have, too, trained on the same rows."""

import numpy
import program

ROWS, FEATURES, LATENTS = 300, 10, 40
# By the names of SAELens's golden files.
FAMILIES = {
    "topk": {"variant": "top-k", "k": 3},
    "topk_not_rescaled": {"variant": "top-k", "k": 3, "norm": "scaled", "pre_bias": False},
    "abstopk": {"variant": "top-k", "k": 3, "absolute": True, "norm": "free"},
    "batchtopk": {"variant": "batch-top-k", "k": 2},
    "matryoshka": {"variant": "matryoshka", "k": 2, "widths": [4, 12]},
    "standard": {"variant": "l1-dictionary", "weight": 0.01},
    "gated": {"variant": "gated", "weight": 0.01, "as": "saelens"},
    "jumprelu": {"variant": "jump-relu", "weight": 0.01, "threshold": 0.05, "bandwidth": 0.1},
    "matching_pursuit": {"variant": "matching-pursuit", "k": 3, "residual": 0.5, "norm": "free"},
}
FORMATS = {
    "saelens": set(FAMILIES),
    "dictionary-learning": set(FAMILIES) - {"abstopk", "matching_pursuit"},
    "sparsify": {"topk", "topk_not_rescaled"},
}


def transforms_of(name):
    """Those that multiply and shift features, a different one for each family; none where the encoder is the decoder."""
    if name == "matching_pursuit":
        return []
    return (["standardize"], [{"kind": "scale-norm"}])[list(FAMILIES).index(name) % 2]


def rows():
    random = numpy.random.default_rng(3)
    directions = random.normal(size=(30, FEATURES))
    active = random.random((ROWS, 30)) * (random.random((ROWS, 30)) < 0.1)
    return (active @ directions * 4 + 3).astype(numpy.float32)


def run_file(model, file, transforms):
    return program.small_run(
        data={"source": "npy", "files": str(file), "validation": 30, "test": 30, "transforms": transforms},
        model={"code": LATENTS, **model},
        training={"epochs": 3, "batch_size": 50, "optimizer": {"kind": "adam", "learning_rate": 0.01}},
        evaluation=["reconstruction"],
    )
