#!/usr/bin/env python3
"""Prints the golden numbers of multinomial_likelihood_test.cc: scipy.stats.multinomial's log-probabilities of the counts and
logits that are written there."""

import numpy
from scipy import special, stats

LOGITS = numpy.array([[0.3, -1.2, 0.5, -0.25, 2.0], [-2.0, 0.9, 1.5, 0.75, -1.0], [0.1, 0.2, 0.3, 0.4, 0.5]])
COUNTS = numpy.array([[1, 0, 0, 1, 1], [0, 7, 2, 0, 31], [0, 0, 0, 0, 0]])

if __name__ == "__main__":
    for counts, probability in zip(COUNTS, special.softmax(LOGITS, axis=1)):
        print(f"{-stats.multinomial.logpmf(counts, counts.sum(), probability):.17g}")
