"""Claims: the far critical values of Z2; how often the gate replaces a method that is right; how many nights one that is too
low, or too high, is read before it is replaced.

Assumed: independent losses of a Student t with 4 degrees, examined every night of five years from the first; a method says
its factor times the true value at risk and expected shortfall.
"""

import numpy as np
from scipy.stats import norm, t

from openmineral_dagster.risk.exams import breach, kupiec, shortfall_ratio, tail_of, traffic_light, z2
from openmineral_dagster.risk.gate import FAR_Z2, Exam
from openmineral_dagster.risk.record import NIGHTS

HISTORIES, LENGTH, WINDOWS = 400, 1250, 1_000_000
STUDENT = t(4)


def beyond(tail: float, law: object = STUDENT) -> np.ndarray:
    """Losses of a law beyond its value at risk, the least last, each as likely; their mean is expected shortfall."""
    return law.isf((np.arange(1_000_000) + 0.5) / 1_000_000 * tail)


def far_z2(tail: float, law: object) -> np.ndarray:
    """Z2 that a true model falls below in 5 and in 1 of 100 windows of 250 nights."""
    random = np.random.default_rng(7)
    breaches = random.binomial(NIGHTS, tail, WINDOWS)
    lost = beyond(tail, law)
    ratios = random.choice(lost / lost.mean(), breaches.sum())
    added = np.bincount(np.repeat(np.arange(WINDOWS), breaches), ratios, WINDOWS)
    return np.quantile(z2(added, NIGHTS, tail), [0.05, 0.01])


def rolling(values: np.ndarray) -> np.ndarray:
    """Sums of the last 250 nights, or of as many as there are."""
    sums = np.cumsum(values, axis=1)
    sums[:, NIGHTS:] -= sums[:, :-NIGHTS].copy()
    return sums


def failed(confidence: float, factor: float, seed: int) -> np.ndarray:
    """Whether the gate fails the method, by history and night."""
    tail = float(tail_of(confidence))
    var, es = factor * STUDENT.isf(tail), factor * beyond(tail).mean()
    losses = STUDENT.rvs((HISTORIES, LENGTH), random_state=seed)
    nights = np.minimum(np.arange(1, LENGTH + 1), NIGHTS)
    breaches = rolling(breach(losses, var).astype(int))
    shown = (
        kupiec(breaches, nights, tail)[1],
        z2(rolling(shortfall_ratio(losses, var, np.full_like(losses, es))), nights, tail),
        np.where(nights < NIGHTS, None, traffic_light(breaches, nights, tail)),
    )
    rows = zip(np.broadcast_to(nights, breaches.shape).ravel(), breaches.ravel(), *(one.ravel() for one in shown), strict=True)
    return np.array([bool(Exam("method", confidence, *row).failures) for row in rows]).reshape(breaches.shape)


def until_replaced(fails: np.ndarray) -> str:
    """Median and eight in ten of the first night that fails."""
    first = np.where(fails.any(axis=1), fails.argmax(axis=1) + 1.0, np.inf)
    low, middle, high = np.quantile(first, [0.1, 0.5, 0.9], method="lower")
    return f"{middle:6.0f} ({low:.0f} to {high:.0f})"


def main() -> None:
    """Run and print."""
    print(f"Z2 below which a true model falls in 5 and in 1 of 100 windows of {NIGHTS} nights")
    for confidence, used in FAR_Z2.items():
        tail = float(tail_of(confidence))
        found = {name: far_z2(tail, law) for name, law in (("normal", norm), ("Student t, 4 degrees", STUDENT))}
        words = ", ".join(f"{name} {five:.2f} {one:.2f}" for name, (five, one) in found.items())
        print(f"  {confidence}: {words}; used {used}", flush=True)
    print(f"{HISTORIES} histories of {LENGTH} nights: percent of nights failed (of those after 250); of histories ever failed;")
    print("nights until the first failure, median (8 in 10); inf is never")
    for factor in (1.0, 0.9, 0.8, 0.7, 1.05, 1.2):
        for seed, confidence in enumerate(FAR_Z2):
            fails = failed(confidence, factor, seed)
            late = 100 * fails[:, NIGHTS:].mean()
            print(
                f"  says {factor:.2f} of the truth at {confidence:5}: {100 * fails.mean():5.1f} ({late:5.1f}); "
                f"{100 * fails.any(axis=1).mean():5.1f}; {until_replaced(fails)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
