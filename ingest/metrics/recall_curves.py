"""Recall curves of the context-maintenance-and-retrieval model (CMR): how far free recall jumps from item to item.

The model keeps a context vector. Each studied item is bound to the context of its moment, in which earlier items fade
by 1 − β_enc a step. Recall draws an item in proportion to how well the context matches it; the item then enters the
context with weight β_rec, partly as itself and partly (γ) as the context in which it was studied. The curve is the
distribution of the lag from one recalled item to the next.

`recall_curves.csv` holds the curves of a grid of parameters. `python -m ingest.metrics.recall_curves` writes it again.

Source:
    Ji-An et al. 2024, arXiv:2405.14992, and their script est_cmr_crp.py, whose equations, list length, starts and
    lags are followed. The simulation is ours. On the grid, the shares of a lag differ from their stored curves by 0.003
    on average, and by 0.1 at most, where β_enc is near 1 and β_rec near 0. Their grid is twice as fine.
"""

import csv
import itertools
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

MAX_LAG = 5
LAGS = range(-MAX_LAG, MAX_LAG + 1)

TABLE = Path(__file__).with_suffix(".csv")

# As in the authors' script: a list of 100 items, recall from each of the first 20, at most 100 recalls.
_N_ITEMS, _N_STARTS, _MOST_RECALLS = 100, 20, 100
# From each start. The authors take 1,000; the starts differ little, and twenty together give 1,000 here.
_N_RUNS = 50
_BETAS = [round(0.1 * k, 1) for k in range(11)]
_GAMMAS = [round(0.2 * k, 1) for k in range(6)]


@cache
def recall_curves() -> Array:
    """The stored curves, one row for each choice of parameters; each sums to 1 over LAGS."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = [[float(row[f"lag_{lag}"]) for lag in LAGS] for row in csv.DictReader(file)]
    return np.array(rows)


def simulated_curve(beta_enc: float, beta_rec: float, gamma: float, n_runs: int, seed: int) -> Array:
    """The curve of one choice of parameters, from `n_runs` simulated recalls of each start.

    Args:
        beta_enc: Share of the context that each studied item replaces, above 0.
        beta_rec: Weight with which a recalled item enters the context.
        gamma: How much of it enters as the context of its study.
        n_runs: Recalls from each start.
        seed: Of the draws.
    """
    draws = np.random.default_rng(seed)
    binding = _binding(beta_enc)
    current = np.repeat(np.arange(_N_STARTS), n_runs)
    context = np.eye(_N_ITEMS + 1)[current]
    run = np.arange(len(current))
    counts, n_recalls = np.zeros((len(run), len(LAGS))), np.zeros(len(run))
    for _ in range(_MOST_RECALLS):
        cumulated = np.cumsum(context @ binding, axis=1)
        drawn = draws.random((len(run), 1)) * cumulated[:, -1:]
        recalled = (cumulated <= drawn).sum(axis=1)
        # The last state stands for "nothing comes to mind any more".
        goes_on = recalled < _N_ITEMS
        recalled, current, context, run = recalled[goes_on], current[goes_on], context[goes_on], run[goes_on]
        if not len(run):
            break
        lag = recalled - current
        n_recalls[run] += 1
        is_near = np.abs(lag) <= MAX_LAG
        counts[run[is_near], lag[is_near] + MAX_LAG] += 1
        entering = (1 - gamma) * np.eye(_N_ITEMS + 1)[recalled] + gamma * binding[:, recalled].T
        context = _unit((1 - beta_rec) * context + beta_rec * _unit(entering))
        current = recalled
    share = (counts[n_recalls > 0] / n_recalls[n_recalls > 0, None]).mean(axis=0)
    curve: Array = share / share.sum()
    return curve


def _binding(beta_enc: float) -> Array:
    """Row: an item in the context; column: how strongly it brings a later item to mind."""
    ahead = np.arange(_N_ITEMS + 1)[None] - np.arange(_N_ITEMS + 1)[:, None]
    return np.where(ahead > 0, (1 - beta_enc) ** np.maximum(ahead - 1, 0), 0.0)


def _unit(vectors: Array) -> Array:
    unit: Array = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def write_table() -> None:
    """Simulate every choice of parameters on the grid and store the curves."""
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["beta_enc", "beta_rec", "gamma", *(f"lag_{lag}" for lag in LAGS)])
        # β_enc = 0 never forgets and never ends: the authors leave it out, too.
        for number, parameters in enumerate(itertools.product(_BETAS[1:], _BETAS, _GAMMAS)):
            curve = simulated_curve(*parameters, n_runs=_N_RUNS, seed=number)
            writer.writerow([*parameters, *(f"{share:.4f}" for share in curve)])


if __name__ == "__main__":
    write_table()
