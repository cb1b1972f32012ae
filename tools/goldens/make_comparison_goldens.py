#!/usr/bin/env python3
"""Makes Tests/Goldens/statistics/{resampling,comparisons,designs}.json with numpy, scipy and statsmodels.

    python3 -m pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 pandas==3.1.1
    python3 tools/goldens/make_comparison_goldens.py

Resampling draws what the library draws: numpy's Philox gives the same words, and the rule that makes row numbers of them
(Lemire's) stands here in Python. What is then computed of the drawn rows is numpy's and scipy's.
"""

import json
import math
import random
from pathlib import Path
from types import SimpleNamespace

import numpy
import pandas
import statsmodels.api
import statsmodels.formula.api
from scipy import optimize, stats
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.proportion import power_proportions_2indep, proportion_confint, proportion_effectsize
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

OUT = Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "statistics"
BOOTSTRAP, QUANTILES = 1, 5


def words(seed, purpose, stream, count):
    """numpy counts up before it draws, so it begins one block before (0, stream, 0, 0)."""
    value = (stream << 64) - 1 & (1 << 256) - 1
    counter = numpy.array([value >> 64 * i & (1 << 64) - 1 for i in range(4)], dtype=numpy.uint64)
    generator = numpy.random.Philox(key=numpy.array([seed, purpose], dtype=numpy.uint64), counter=counter)
    return [int(word) for word in generator.random_raw(count)]


def rows(count, seed, purpose, stream):
    found = []
    for word in words(seed, purpose, stream, count):
        for half in (word & 0xFFFFFFFF, word >> 32):
            product = half * count
            if product & 0xFFFFFFFF >= 2**32 % count:
                found.append(product >> 32)
    return found[:count]


def drawn(count, replicates, seed, purpose=BOOTSTRAP, first=0):
    return numpy.array([rows(count, seed, purpose, first + r) for r in range(replicates)])


def bca(data, statistic, distribution, level):
    """scipy's BCa of replicates that are given: none is drawn anew."""
    made = SimpleNamespace(bootstrap_distribution=numpy.array(distribution))
    found = stats.bootstrap(data, statistic, n_resamples=0, bootstrap_result=made, method="BCa", paired=True,
                            vectorized=True, confidence_level=level)
    return [float(found.confidence_interval.low), float(found.confidence_interval.high)]


def philox():
    return [[seed, purpose, stream, [str(w) for w in words(seed, purpose, stream, 9)]]
            for seed, purpose, stream in ((0, 1, 0), (1234, 1, 7), (2**63, 3, 2**33 + 1))]


def bootstrap():
    rng = random.Random(1)
    lists = [[rng.random() ** 3 for _ in range(23)], [float(rng.random() < 0.8) for _ in range(40)], [0.0, 1.0, 5.0],
             [1.0] * 19 + [0.0]]
    result = []
    for values in lists:
        array = numpy.array(values)
        means = array[drawn(len(values), 400, 1234)].mean(axis=1)
        for level in (0.8, 0.95):
            low, high = bca((array,), lambda x, axis: numpy.mean(x, axis=axis), means, level)
            result.append([values, 400, 1234, level, float(means[0]), float(means[399]), low, high])
    return result


def clustered_bootstrap():
    rng = random.Random(2)
    result = []
    for groups in (5, 12):
        labels = [rng.randrange(groups) for _ in range(60)]
        values = [float(rng.random() < 0.3 + 0.5 * label / groups) for label in labels]
        order = list(dict.fromkeys(labels))
        sums = numpy.array([sum(v for v, l in zip(values, labels) if l == label) for label in order])
        sizes = numpy.array([float(labels.count(label)) for label in order])
        index = drawn(len(order), 300, 99)
        ratio = sums[index].sum(axis=1) / sizes[index].sum(axis=1)
        low, high = bca((sums, sizes), lambda s, n, axis: s.sum(axis=axis) / n.sum(axis=axis), ratio, 0.9)
        model = statsmodels.api.OLS(values, numpy.ones(len(values))).fit(
            cov_type="cluster", cov_kwds={"groups": numpy.array(labels)})
        result.append([values, labels, 300, 99, 0.9, low, high, float(model.bse[0])])
    return result


def quantiles():
    rng = random.Random(3)
    result = []
    for count in (2, 5, 40):  # too few for a quantile: the values themselves would not reach it
        values = [rng.expovariate(1) for _ in range(count)]
        index = drawn(count, 200, 5, QUANTILES)
        for share in (0.5, 0.9):
            replicates = numpy.quantile(numpy.sort(values)[index], share, axis=1)  # ranks are drawn
            low, high = numpy.quantile(replicates, [0.05, 0.95])
            ends = [float(low), float(high)] if max(share, 1 - share) ** count <= 1 - 0.9 else [None, None]
            result.append([values, share, float(numpy.quantile(values, share)), 200, 5, 0.9, *ends])
    return result


def ranking():
    rng = random.Random(4)
    tasks = [[[float(rng.random() < 0.4 + 0.1 * m) for _ in range(n)] for m in range(3)] for n in (15, 24)]
    totals = sum(numpy.array(task).T[drawn(len(task[0]), 300, 7, BOOTSTRAP, number << 32)].mean(axis=1)
                 for number, task in enumerate(tasks)) / len(tasks)
    shares = numpy.zeros((3, 3))
    for total in totals:
        for model in range(3):
            better = sum(total > total[model] + 1e-12)
            equal = sum(abs(total - total[model]) <= 1e-12)
            shares[model, better:better + equal] += 1 / equal / 300
    return [[tasks, 300, 7, shares.tolist()]]


def groups():
    rng = random.Random(5)
    result = []
    for sizes in ((3, 10, 25), (8, 8), (2, 2, 2, 90)):
        lists = [[float(rng.random() < 0.6) for _ in range(n)] for n in sizes]
        lists[0] = [0.0, 1.0] + lists[0][2:]
        everything = [x for values in lists for x in values]
        labels = numpy.concatenate([[i] * len(v) for i, v in enumerate(lists)])
        n, means = len(everything), [numpy.mean(v) for v in lists]
        sems = [0.0 if len(set(v)) == 1 else stats.sem(v) for v in lists]
        clustered = statsmodels.api.OLS(everything, numpy.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": labels})
        result.append([lists, float(numpy.mean(everything)),
                       math.sqrt(sum((len(v) / n * s) ** 2 for v, s in zip(lists, sems))), float(clustered.bse[0]),
                       float(numpy.mean(means)), math.sqrt(sum(s * s for s in sems)) / len(lists),
                       float(stats.sem(means))])
    return result


def components():
    """A crossed design of three facets; the mean squares by statsmodels, the components by the textbook's equations."""
    rng = random.Random(6)
    result = []
    for a, b, c in ((6, 3, 2), (4, 2, 5)):
        item, draw = [rng.gauss(0, 1) for _ in range(a)], [rng.gauss(0, 0.5) for _ in range(b)]
        table = [(i, j, k, item[i] + draw[j] + rng.gauss(0, 0.7)) for i in range(a) for j in range(b) for k in range(c)]
        frame = pandas.DataFrame(table, columns=["i", "j", "k", "y"])
        fit = statsmodels.formula.api.ols("y ~ (C(i) + C(j) + C(k)) ** 2", frame).fit()
        ms = anova_lm(fit)["mean_sq"]
        i, j, k, ij, ik, jk, r = (float(ms[key]) for key in (
            "C(i)", "C(j)", "C(k)", "C(i):C(j)", "C(i):C(k)", "C(j):C(k)", "Residual"))
        variances = [(i - ij - ik + r) / (b * c), (j - ij - jk + r) / (a * c), (ij - r) / c, (k - ik - jk + r) / (a * b),
                     (ik - r) / b, (jk - r) / a, r]
        result.append([[a, b, c], [row[3] for row in table], [i, j, ij, k, ik, jk, r], variances])
    return result


def permutation():
    rng = random.Random(7)
    lists = [[rng.gauss(0.5, 1) for _ in range(9)], [1.0, -1.0, 0.0, 1.0, 1.0, 0.0], [0.0, 0.0], [3.0, -2.0, 5.0, 5.0],
             [rng.gauss(0, 1) for _ in range(12)], [0.25, 0.5, 0.75]]
    return [[values, float(stats.permutation_test((numpy.array(values),), numpy.sum, permutation_type="samples",
                                                  n_resamples=numpy.inf).pvalue)] for values in lists]


def tango(b, c, n, level):
    z, found = stats.norm.ppf((1 + level) / 2), []
    def statistic(d):
        big, middle, small = 2 * n, -b - c + (2 * n - b + c) * d, -c * d * (1 - d)
        share = max(0.0, (math.sqrt(max(0.0, middle**2 - 4 * big * small)) - middle) / (2 * big))
        variance = n * (2 * share + d * (1 - d))
        return (b - c - n * d) / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, b - c - n * d)
    for sign, end in ((1, -1 + 1e-13), (-1, 1 - 1e-13)):
        centre = (b - c) / n
        root = optimize.brentq(lambda d: max(-99, min(99, statistic(d))) - sign * z, centre, end, xtol=1e-15)
        found.append(float(root))
    return found


def paired():
    """Counts of the four cases: Tango's interval, Cohen's h, odds ratio and interval, TOST, Student's interval."""
    result = []
    for a, b, c, d in ((40, 12, 7, 41), (3, 1, 5, 2), (500, 30, 60, 410), (10, 5, 0, 5), (20, 0, 4, 3)):
        n = a + b + c + d
        first = [1.0] * (a + b) + [0.0] * (c + d)
        second = [1.0] * a + [0.0] * b + [1.0] * c + [0.0] * d
        low, high = (float(x) for x in proportion_confint(b, b + c, 0.05, method="beta"))
        tost = ttost_paired(numpy.array(first), numpy.array(second), -0.07, 0.07)
        difference = DescrStatsW(numpy.array(first) - numpy.array(second))
        result.append([a, b, c, d, *tango(b, c, n, 0.95), *tango(b, c, n, 0.8),
                       float(proportion_effectsize((a + b) / n, (a + c) / n)), low / (1 - low),
                       None if high == 1 else high / (1 - high), float(tost[1][1]), float(tost[2][1]),
                       *(float(x) for x in difference.tconfint_mean(0.05))])
    return result


def welch():
    rng = random.Random(8)
    result = []
    for m, n in ((5, 9), (30, 4)):
        x, y = [rng.gauss(0, 1) for _ in range(m)], [rng.gauss(0.5, 3) for _ in range(n)]
        test = stats.ttest_ind(x, y, equal_var=False)
        interval = test.confidence_interval(0.9)
        result.append([x, y, float(test.df), float(test.pvalue), float(interval.low), float(interval.high)])
    return result


def strengths():
    """Residuals of the two-way table, their errors from the covariance of the models within each task."""
    rng = random.Random(9)
    sizes = (12, 20, 9)
    tasks = [[[float(rng.random() < 0.3 + 0.1 * m + (0.3 if m == t else 0)) for _ in range(n)] for m in range(3)]
             for t, n in enumerate(sizes)]
    means = numpy.array([[numpy.mean(model) for model in task] for task in tasks]).T
    cells = []
    for m in range(3):
        for t in range(3):
            residual = means[m, t] - means[m].mean() - means[:, t].mean() + means.mean()
            weights = numpy.eye(3)[m] - 1 / 3
            parts = [((u == t) - 1 / 3) ** 2 * float(weights @ numpy.cov(task) @ weights) / len(task[0])
                     for u, task in enumerate(tasks)]
            df = sum(parts) ** 2 / sum(p * p / (len(task[0]) - 1) for p, task in zip(parts, tasks))
            cells.append([float(residual), math.sqrt(sum(parts)),
                          float(2 * stats.t.sf(abs(residual) / math.sqrt(sum(parts)), df))])
    return [[tasks, cells]]


def kendall():
    rng = random.Random(10)
    lists = [([1, 2, 3], [1, 3, 2]), ([1, 2, 3, 4], [4, 3, 2, 1]), ([1, 1, 2, 3, 4], [1, 2, 2, 3, 5]),
             ([rng.random() for _ in range(20)], [rng.random() for _ in range(20)]),
             ([rng.randrange(5) for _ in range(30)], [rng.randrange(4) for _ in range(30)]),
             ([rng.random() for _ in range(50)], [rng.random() for _ in range(50)]),
             (list(range(40)), [1, 0, *range(2, 40)])]
    return [[list(map(float, x)), list(map(float, y)), *(float(v) for v in stats.kendalltau(x, y))] for x, y in lists]


def independent_power():
    return [[p, d, n, alpha, float(power_proportions_2indep(d, p, n, alpha=alpha, return_results=False))]
            for p in (0.1, 0.5, 0.9) for d in (-0.05, 0.02, 0.1) for n in (30, 400, 5000) for alpha in (0.05, 0.01)]


def mcnemar_power():
    """Every split of every number of discordant items, one by one."""
    result = []
    for n, discordance, difference, alpha in ((20, 0.4, 0.2, 0.05), (60, 0.2, 0.1, 0.05), (150, 0.3, 0.0, 0.05),
                                              (150, 0.1, 0.08, 0.01), (40, 0.3, 0.3, 0.05)):
        lean, power = (1 + difference / discordance) / 2, 0.0
        for m in range(1, n + 1):
            k = numpy.arange(m + 1)
            small = numpy.minimum(k, m - k)
            middle = 2 * stats.binom.cdf(small, m, 0.5) - stats.binom.pmf(small, m, 0.5)
            rejected = numpy.where(2 * k == m, 1.0, middle) <= alpha
            power += stats.binom.pmf(m, n, discordance) * stats.binom.pmf(k, m, lean)[rejected].sum()
        result.append([n, discordance, difference, alpha, float(power)])
    return result


def wilson_items():
    result = []
    for share in (0.0, 0.3, 0.5, 0.97):
        for half in (0.01, 0.05, 0.2):
            n = next(n for n in range(1, 100000) if half_width(share, n) <= half)
            result.append([share, half, n])
    return result


def half_width(share, n):
    low, high = proportion_confint(share * n, n, 0.05, method="wilson")
    return (high - low) / 2


def sequences():
    """Waudby-Smith and Ramdas' hedged capital in logarithms, over the whole history at once for each mean of the grid."""
    rng = random.Random(11)
    result = []
    for values, population in (([float(rng.random() < 0.7) for _ in range(80)], None),
                               ([rng.random() for _ in range(60)], 60), ([float(rng.random() < 0.9) for _ in range(50)], 75)):
        x, steps, alpha = numpy.array(values), 200, 0.05
        t = numpy.arange(1, len(x) + 1)
        mu = (0.5 + numpy.cumsum(x)) / (t + 1)
        variance = (0.25 + numpy.cumsum((x - mu) ** 2)) / (t + 1)
        before = numpy.concatenate([[0.25], variance[:-1]])
        bets = numpy.sqrt(2 * numpy.log(2 / alpha) / (before * t * numpy.log(t + 1)))
        seen = numpy.concatenate([[0], numpy.cumsum(x)[:-1]])
        above, below = [], []
        for m in numpy.arange(steps + 1) / steps:
            means = numpy.full(len(x), m) if population is None else (population * m - seen) / (population - t + 1)
            with numpy.errstate(divide="ignore", invalid="ignore"):
                up = numpy.log(1 + numpy.minimum(bets, 0.5 / means) * (x - means))
                down = numpy.log(1 - numpy.minimum(bets, 0.5 / (1 - means)) * (x - means))
            up = numpy.where(means > 1e-12, up, numpy.where((means < -1e-12) | (x > 0), math.inf, 0))
            down = numpy.where(means < 1 - 1e-12, down, numpy.where((means > 1 + 1e-12) | (x < 1), math.inf, 0))
            above.append(numpy.maximum.accumulate(numpy.cumsum(up)) >= math.log(2 / alpha))
            below.append(numpy.maximum.accumulate(numpy.cumsum(down)) >= math.log(2 / alpha))
        ends = []
        for now in range(len(x)):
            needed = [(population or 0) * i / steps for i in range(steps + 1)]
            least, most = sum(values[:now + 1]), sum(values[:now + 1]) + (population or 0) - now - 1
            out = [i for i in range(steps + 1) if above[i][now] or population and needed[i] < least - 1e-9]
            over = [i for i in range(steps + 1) if below[i][now] or population and needed[i] > most + 1e-9]
            ends.append([(max(out) if out else 0) / steps, (min(over) if over else steps) / steps])
        result.append([values, population, steps, ends])
    return result


def coverage():
    """Exact: the binomial probability of the counts whose interval holds p."""
    result = []
    for n in (20, 100, 1000):
        k = numpy.arange(n + 1)
        share, sem = k / n, numpy.sqrt(k * (n - k) / n / n / max(1, n - 1))
        ends = {"normal": (share - 1.959963984540054 * sem, share + 1.959963984540054 * sem)}
        for name, method in (("wilson", "wilson"), ("clopper_pearson", "beta"), ("jeffreys", "jeffreys")):
            ends[name] = [numpy.array(e) for e in proportion_confint(k, n, 0.05, method=method)]
        ends["jeffreys"][0][0], ends["jeffreys"][1][-1] = 0, 1
        for p in (0.05, 0.3, 0.5, 0.9, 0.99):
            weight = stats.binom.pmf(k, n, p)
            result.append([p, n, *(float(weight[(low <= p) & (p <= high) & (low < high)].sum())
                                   for low, high in ends.values())])
    return result


FILES = {
    "resampling": (philox, bootstrap, clustered_bootstrap, quantiles, ranking),
    "comparisons": (groups, components, permutation, paired, welch, strengths, kendall),
    "designs": (independent_power, mcnemar_power, wilson_items, sequences, coverage),
}


def main():
    for name, parts in FILES.items():
        body = ",\n".join(f'"{part.__name__}": [\n' + ",\n".join(json.dumps(row) for row in part()) + "\n]"
                          for part in parts)
        (OUT / f"{name}.json").write_text("{" + body + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
