#!/usr/bin/env python3
"""Makes Tests/Goldens/statistics/closed-forms.json: closed forms as scipy and statsmodels compute them.

    python3 -m pip install scipy==1.17.1 statsmodels==0.15.0
    python3 tools/goldens/make_statistics_goldens.py
"""

import json
import random
from pathlib import Path

import numpy
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

OUT = Path(__file__).resolve().parents[2] / "Tests" / "Goldens" / "statistics"
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
METHODS = {"wilson": "wilson", "clopper_pearson": "beta", "jeffreys": "jeffreys"}


def proportions():
    rows = []
    for count in (1, 2, 3, 10, 20, 57, 100, 1000, 1319, 14042, 1_000_000):
        for successes in sorted({0, 1, count // 10, count // 3, count // 2, count - 1, count}):
            for level in LEVELS:
                row = [successes, count, level]
                for name, method in METHODS.items():
                    low, high = (float(x) for x in proportion_confint(successes, count, 1 - level, method=method))
                    if name == "jeffreys":  # Brown, Cai and DasGupta's modification at the ends
                        low = 0.0 if successes == 0 else low
                        high = 1.0 if successes == count else high
                    row += [low, high]
                rows.append(row)
    return rows


def normal():
    grid = [1e-300, 1e-100, 1e-16, 1e-10, 1e-5, 0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 0.4, 0.499999, 0.5, 0.6, 0.75,
            0.9, 0.95, 0.975, 0.99, 0.995, 0.9995, 0.999999]
    return [[p, float(stats.norm.ppf(p))] for p in grid]


def student():
    return [[p, v, float(stats.t.ppf(p, v))] for v in (1, 2, 3, 4, 9, 30, 99.5, 1000, 14041, 1e6)
            for p in (0.001, 0.025, 0.3, 0.5, 0.6, 0.9, 0.95, 0.975, 0.995, 0.9995)]


def means():
    rng = random.Random(1234)
    lists = [[0.1, 0.2], [1.0, 1.0, 0.0], [1e9 + n / 7 for n in range(50)], [rng.gauss(3, 2) for _ in range(300)],
             [rng.random() for _ in range(7)], [float(rng.random() < 0.3) for _ in range(200)]]
    rows = []
    for values in lists:
        error = float(stats.sem(values))
        low, high = (float(x) for x in stats.t.interval(0.95, len(values) - 1, numpy.mean(values), error))
        normal_low, normal_high = (float(x) for x in stats.norm.interval(0.95, numpy.mean(values), error))
        rows.append([values, float(numpy.mean(values)), error, low, high, normal_low, normal_high])
    return rows


def trimmed():
    """Mean, standard error and interval of scipy.stats.mstats after a share of the values is cut at each end."""
    rng = random.Random(1234)
    lists = [[0.1, 0.2, 7.0], [1.0, 1.0, 0.0, 0.0, 1.0], [rng.gauss(3, 2) for _ in range(40)] + [1e6],
             [rng.random() for _ in range(7)], [rng.expovariate(0.01) for _ in range(300)]]
    rows = []
    for values in lists:
        for trim in (0.05, 0.1, 0.25, 0.3, 0.49):
            mean = float(stats.trim_mean(values, trim))
            kept = len(values) - 2 * int(trim * len(values))
            error = float(stats.mstats.trimmed_stde(values, (trim, trim))) if kept >= 2 else 0.0
            low, high = stats.mstats.trimmed_mean_ci(values, (trim, trim), alpha=0.1) if error > 0 else (None, None)
            rows.append([values, trim, mean, kept, error or None, *(x if x is None else float(x) for x in (low, high))])
    return rows


def mcnemar():
    """Exact and mid-p from scipy's binomial distribution; discordant pairs b and c."""
    rows = []
    for b, c in ((0, 0), (0, 1), (1, 0), (1, 1), (5, 5), (3, 10), (10, 3), (0, 12), (40, 60), (300, 380), (2000, 2100),
                 (300_000, 301_000)):
        n = b + c
        k = min(b, c)
        exact = 1.0 if n == 0 else float(stats.binomtest(k, n, 0.5).pvalue)
        middle = 1.0 if n == 0 else float(min(1.0, 2 * stats.binom.cdf(k, n, 0.5) - stats.binom.pmf(k, n, 0.5)))
        rows.append([b, c, exact, middle])
    return rows


def adjusted():
    rng = random.Random(1234)
    lists = [[0.04], [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.5], [0.0, 1.0, 0.2], [0.9, 0.8, 0.99],
             [rng.random() ** 3 for _ in range(40)]]
    return [[values, *(multipletests(values, method=m)[1].tolist() for m in ("holm", "fdr_bh"))] for values in lists]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    parts = {"proportions": proportions(), "normal": normal(), "student": student(), "means": means(), "trimmed": trimmed(),
             "mcnemar": mcnemar(), "adjusted": adjusted()}
    body = ",\n".join(f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]"
                      for name, rows in parts.items())
    (OUT / "closed-forms.json").write_text("{" + body + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
