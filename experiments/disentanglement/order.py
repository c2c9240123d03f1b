#!/usr/bin/env python3
"""Whether seeds agree on the order of a comparison's variants: order.py FOLDER

Reads runs.csv and prints, for each measure, Kendall's coefficient of concordance W over the seeds (1: all give the same
order, 0: none of them agrees with another), the mean rank correlation (Spearman's) of two seeds, and the variants that
are best under some seed; then the rank correlation of the variants' mean MIG and mean reconstruction error.
"""

import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from study import measured

MEASURES = ["mig", "sap", "dci_disentanglement", "modularity", "beta_vae", "factor_vae"]
ERROR = "reconstruction/squared_error"


def ranks(values):
    """1 for the lowest; equal values share the mean of their ranks."""
    return [(sum(other < value for other in values) + sum(other <= value for other in values) + 1) / 2 for value in values]


def correlation(a, b):
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    products = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    squares = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return products / squares**0.5 if squares else float("nan")


def concordance(orders):
    """Kendall's W of one list of ranks for each seed, from the mean of their correlations: exact also with ties."""
    pairs = [correlation(a, b) for i, a in enumerate(orders) for b in orders[:i]]
    mean = sum(pairs) / len(pairs)
    return (1 + mean * (len(orders) - 1)) / len(orders), mean


def main():
    values = measured(sys.argv[1])
    variants = list(values[ERROR])
    seeds = list(values[ERROR][variants[0]])
    print(f"{'':24}{'W':>6}{'rank correlation':>20}  best under some seed")
    for measure in ["disentanglement/" + name for name in MEASURES] + [ERROR]:
        found = values.get(measure, {})
        if any(seed not in found.get(variant, {}) for variant in variants for seed in seeds):
            continue
        table = [[found[variant][seed] for variant in variants] for seed in seeds]
        w, mean = concordance([ranks(row) for row in table])
        choose = min if measure == ERROR else max
        best = collections.Counter(variants[row.index(choose(row))] for row in table)
        names = ", ".join(f"{name} ({count})" for name, count in best.most_common())
        print(f"{measure.split('/')[1]:24}{w:6.2f}{mean:20.2f}  {names}")

    def mean_of(measure):
        return [sum(values[measure][variant][seed] for seed in seeds) / len(seeds) for variant in variants]

    relation = correlation(ranks(mean_of("disentanglement/mig")), ranks(mean_of(ERROR)))
    print(f"\nrank correlation of MIG and squared error over the variants: {relation:.2f}")


main()
