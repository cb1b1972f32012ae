"""Wilson's interval and the exact McNemar test."""

from math import sqrt

from scipy.stats import binomtest

NORMAL_QUANTILE = 1.959963984540054


def wilson_interval(right, count):
    """The 95 % Wilson score interval of a proportion."""
    share, square = right / count, NORMAL_QUANTILE**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = NORMAL_QUANTILE / (1 + square / count) * sqrt(share * (1 - share) / count + square / (4 * count**2))
    return middle - half, middle + half


def mcnemar(first, second):
    """Exact two-sided McNemar test of two lists of outcomes: (only first right, only second right, p)."""
    only_first = sum(a and not b for a, b in zip(first, second))
    only_second = sum(b and not a for a, b in zip(first, second))
    discordant = only_first + only_second
    p = binomtest(only_first, discordant, 0.5).pvalue if discordant else 1.0
    return only_first, only_second, p
