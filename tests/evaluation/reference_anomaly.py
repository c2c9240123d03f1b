"""The numbers of ranking_test.cc, by scikit-learn, and of DeLong's test by its definition: all pairs of rows."""

import math

import numpy
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score


def scores(rows, levels, strangeness):
    """Scores with many ties, as the test makes them."""
    row = numpy.arange(rows)
    strange = (row * row + 3 * row) % 7 == 0
    return ((row * 37) % levels + strangeness * strange).astype(float), strange


def best_f1(strange, score):
    precision, recall, _ = precision_recall_curve(strange, score)
    return max(2 * p * r / (p + r) for p, r in zip(precision, recall) if p + r > 0)


def precision_at_n(strange, score):
    """The mean over all orders of tied rows: those above the last score count, and those at it in their share."""
    n = strange.sum()
    last = sorted(score)[-n]
    above, at = strange[score > last], strange[score == last]
    return (above.sum() + at.mean() * (n - len(above))) / n


def delong(strange, first, second):
    def placements(score):
        x, y = score[strange], score[~strange]
        pairs = (x[:, None] > y[None]) + 0.5 * (x[:, None] == y[None])
        return pairs.mean(axis=1), pairs.mean(axis=0)

    (x1, y1), (x2, y2) = placements(first), placements(second)
    covariance = numpy.cov(x1, x2) / len(x1) + numpy.cov(y1, y2) / len(y1)
    error = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    z = (x1.mean() - x2.mean()) / error
    return x1.mean(), x2.mean(), math.sqrt(covariance[0, 0]), error, z, math.erfc(abs(z) / math.sqrt(2))


for rows, levels, strangeness in (60, 11, 4), (200, 97, 20), (45, 3, 1), (300, 299, -60):
    score, strange = scores(rows, levels, strangeness)
    values = [
        roc_auc_score(strange, score),
        average_precision_score(strange, score),
        precision_at_n(strange, score),
        *(roc_auc_score(strange, score, max_fpr=rate) for rate in (0.1, 0.25, 1)),
        best_f1(strange, score),
    ]
    print(f"{{{rows}, {levels}, {strangeness}, {{{', '.join(f'{value:.16g}' for value in values)}}}}},")
for rows in 60, 200:
    first, strange = scores(rows, 11, 4)
    second, _ = scores(rows, 97, 20)
    print(f"delong {rows}: " + ", ".join(f"{value:.16g}" for value in delong(strange, first, second)))
