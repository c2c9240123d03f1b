#!/usr/bin/env python3
"""Prints the golden numbers of mixed_likelihood_test.cc: log-probabilities by scipy.stats, of the outputs and targets that
are written there."""

import numpy
from scipy import special, stats

OUTPUT = numpy.array([[0.3, -1.2, 0.5, -0.25, 2.0, 0.7, -0.4, 1.1], [-2.0, 0.9, 1.5, 0.75, -1.0, -1.3, 2.2, -0.6]])
TARGET = numpy.array([[0.1, -0.7, 0, 1, 0, 3, 0, 1], [1.4, 0.2, 0, 0, 1, 0, 7, 0]])  # two numbers, a category of three, two counts, a flag
LOGITS = numpy.array([[0.4, -1.5], [-0.8, 0.1]])  # of zeros of their own


def rows(counts, deviation=0.7):
    total = -stats.norm.logpdf(TARGET[:, :2], OUTPUT[:, :2], deviation).sum(1)
    total -= (TARGET[:, 2:5] * special.log_softmax(OUTPUT[:, 2:5], axis=1)).sum(1)
    total -= counts.sum(1)
    return total - stats.bernoulli.logpmf(TARGET[:, 7], special.expit(OUTPUT[:, 7]))


def counts(dispersion=None, inflated=False):
    rate, y = numpy.exp(OUTPUT[:, 5:7]), TARGET[:, 5:7]
    own = stats.poisson(rate) if dispersion is None else stats.nbinom(dispersion, dispersion / (dispersion + rate))
    if not inflated:
        return own.logpmf(y)
    zero = special.expit(LOGITS)
    return numpy.log(zero * (y == 0) + (1 - zero) * own.pmf(y))


if __name__ == "__main__":
    dispersion = numpy.exp([0.5, -0.3])
    for name, logs in (("poisson", counts()), ("negative binomial", counts(dispersion)),
                       ("zero-inflated poisson", counts(None, True)), ("zero-inflated negative binomial", counts(dispersion, True))):
        print(name, ", ".join(f"{value:.17g}" for value in rows(logs)))
    print("without the cells of columns 0 and 2 to 4 in row 0")
    total = rows(counts())[0] + stats.norm.logpdf(TARGET[0, 0], OUTPUT[0, 0], 0.7) + special.log_softmax(OUTPUT[0, 2:5])[1]
    print(f"{total:.17g}")
    print("poisson.ppf", stats.poisson.ppf([0.0, 0.1, 0.5, 0.99, 0.3], [0.5, 3, 3, 1000, 1e-3]))
    print("gamma.ppf", [f"{x:.12g}" for x in stats.gamma.ppf([0.1, 0.5, 0.999], [0.5, 2, 30])])
