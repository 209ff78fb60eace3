"""Claims: looked at every night of ten years, at most five in a hundred histories ever promote a challenger that is no better,
also one that wins a little often and loses much seldom; how many nights a real gain takes; how soon a bad champion goes.

Assumed: a night's gain is the CRPS saved as a share of the champion's, averaged over series, with a standard deviation of 0.10
to 0.25, and 0.03 of a blend with a fifth of a model; three horizons whose outcomes overlap; two challengers, independent of
each other. Where there is a gain its noise is Student t with 4 degrees. The challenger with narrow ranges has the expected
CRPS of a champion whose ranges are 30 percent too wide, over eight series that share their volatility.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import ndtr

from openmineral_dagster.forecasting.sequential import BOUND, Fought, turns

HISTORIES, NIGHTS, CHALLENGERS = 1000, 2500, 2
WIDE, NARROW = 1.3, 0.469
DAYS = np.datetime64("2010-01-01") + np.arange(NIGHTS)
Law = Callable[[np.random.Generator], np.ndarray]


def clustered(random: np.random.Generator) -> np.ndarray:
    """Normal with a log volatility that forgets slowly."""
    noise = np.convolve(random.standard_normal(NIGHTS) * 0.15, 0.97 ** np.arange(300))[:NIGHTS]
    return 0.1 * random.standard_normal(NIGHTS) * np.exp(noise)


def narrow_ranges(random: np.random.Generator) -> np.ndarray:
    """What ranges too narrow save against ranges too wide, where both lose the same on average."""
    shared = np.sqrt(random.chisquare(4, (NIGHTS, 1)) / 2.0)
    outcomes = random.standard_normal((NIGHTS, 8)) / shared
    return (normal_crps(outcomes, WIDE) - normal_crps(outcomes, NARROW)).mean(axis=1)


def normal_crps(outcomes: np.ndarray, scale: float) -> np.ndarray:
    """CRPS of a normal forecast about 0. Source: Gneiting and Raftery 2007."""
    z = outcomes / scale
    density = np.exp(-z * z / 2.0) / np.sqrt(2.0 * np.pi)
    return scale * (z * (2.0 * ndtr(z) - 1.0) + 2.0 * density - 1.0 / np.sqrt(np.pi))


NO_DIFFERENCE: dict[str, Law] = {
    "normal": lambda random: 0.15 * random.standard_normal(NIGHTS),
    "Student t, 3 degrees": lambda random: 0.15 * random.standard_t(3, NIGHTS) / np.sqrt(3.0),
    "volatility in clusters": clustered,
    "skewness -1.4": lambda random: 0.15 * (2.0 - random.gamma(2.0, 1.0, NIGHTS)) / np.sqrt(2.0),
    "narrow ranges": narrow_ranges,
    "loses half in 1 of 20": lambda random: np.where(random.random(NIGHTS) < 0.95, 0.025, -0.475),
    "loses half in 1 of 50": lambda random: np.where(random.random(NIGHTS) < 0.98, 0.01, -0.49),
}


def contests(steps: np.ndarray, horizons: tuple[int, ...] = (1, 5, 21)) -> dict[int, Fought]:
    """A history at every horizon: overlapping sums of the same steps, at the size of one."""
    summed = {h: np.convolve(steps, np.ones(h) / np.sqrt(h))[:NIGHTS] for h in horizons}
    return {horizon: Fought(DAYS + horizon, DAYS, gains) for horizon, gains in summed.items()}


def ever(law: Law, seed: int, horizons: tuple[int, ...], challengers: int, bound: float | None) -> bool:
    """Whether any challenger of a history is ever promoted."""
    random = np.random.default_rng(seed)
    return any(turns(contests(law(random), horizons), challengers, bound) for _ in range(challengers))


def share(law: Law, horizons: tuple[int, ...] = (1,), challengers: int = 1, bound: float | None = BOUND) -> str:
    """Percent of histories that ever promote."""
    return f"{100 * np.mean([ever(law, seed, horizons, challengers, bound) for seed in range(HISTORIES)]):8.1f}"


def noisy(seed: int, gain: np.ndarray | float, spread: float) -> dict[int, Fought]:
    """A history with the same gain at every horizon."""
    noise = contests(np.random.default_rng(seed).standard_t(4, NIGHTS) / np.sqrt(2.0))
    return {horizon: Fought(one.nights, one.origins, gain + spread * one.gains) for horizon, one in noise.items()}


def until_promoted(gain: float, spread: float) -> str:
    """Median and eight in ten of the nights until the first promotion, and the share that had one."""
    first = [turns(noisy(seed, gain, spread), CHALLENGERS)[:1] for seed in range(HISTORIES // 4)]
    nights = [float((one[0].since - DAYS[0]).astype(int)) if one else np.inf for one in first]
    low, middle, high = np.quantile(nights, [0.1, 0.5, 0.9], method="lower")
    return f"{middle:6.0f} ({low:.0f} to {high:.0f}), {100 * np.isfinite(nights).mean():.0f} % promoted"


def after_promotion(gain: float, later: float, spread: float) -> str:
    """What becomes of those promoted within 1,250 nights of a gain that is another from then on."""
    gains, nights = np.where(np.arange(NIGHTS) < 1250, gain, later), []
    for seed in range(HISTORIES // 4):
        walk = turns(noisy(seed, gains, spread), CHALLENGERS)
        held = [one for one in walk if one.since <= DAYS[1250]]
        if held and held[-1].promoted:
            sent = [one.since for one in walk if one.since > DAYS[1250]]
            nights.append(float((sent[0] - DAYS[1250]).astype(int)) if sent else np.inf)
    shown = "of none" if not nights else f"median {np.quantile(nights, 0.5, method='lower'):.0f} nights"
    return f"{100 * np.isfinite(nights).mean():.0f} % of {len(nights)} sent back within 1,250 nights, {shown}"


def main() -> None:
    """Run and print."""
    print(f"no difference: percent of {HISTORIES} histories that ever promote, looked at {NIGHTS} times")
    print(f"{'':24}1 horizon  unbounded  3 horizons, 2 challengers")
    for name, law in NO_DIFFERENCE.items():
        print(f"{name:24} {share(law)}  {share(law, bound=None)}  {share(law, (1, 5, 21), CHALLENGERS)}", flush=True)
    print("a real gain: nights until promoted, median (8 in 10); inf is never in these")
    measured = [(gain, spread) for spread in (0.10, 0.15, 0.25) for gain in (0.10, 0.05, 0.02)]
    for gain, spread in [*measured, (0.01, 0.03), (0.005, 0.03)]:
        print(f"  gain {100 * gain:4.1f} %, deviation {spread:.2f}: {until_promoted(gain, spread)}", flush=True)
    print("a champion, deviation 0.15, promoted on a gain of 10 %")
    for later in (0.10, 0.05, 0.02, 0.0, -0.02, -0.05, -0.10):
        print(f"  whose gain is {100 * later:3.0f} % from then on: {after_promotion(0.10, later, 0.15)}", flush=True)


if __name__ == "__main__":
    main()
