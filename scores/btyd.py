"""How often customers buy, and whether they still do: BG/NBD and NBD.

Pure numpy and scipy. What a customer's history comes down to (PRODUCT §1 "Scores"):

* x        number of distinct *repeat* purchase days (the first day is not counted)
* tx_days  days from the first purchase day to the last one (0 where x = 0)
* t_days   days from the first purchase day to the day of the score

Days are whole numbers; models think in weeks (days / 7), so that their parameters and
log-likelihoods can be held against the published ones.

Source: Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way", Marketing Science 24(2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from scores.likelihood import MIN_REPEAT_CUSTOMERS, Floats, Ints, TooLittleData, maximise, whole_numbers

DAYS_PER_WEEK = 7.0
# Half of the 95 % point of chi-square with one degree of freedom: less than this and the
# data show no drop-out.
DROPOUT_EVIDENCE = 3.84 / 2
RISK_HORIZON_DAYS = 90

# A box around the logarithms of the parameters. Where nothing in the data holds a parameter
# back (all customers alike, nobody leaves) the optimum is a ridge to infinity; the edge of
# the box is as good as any point on it.
_RATE_BOX = [(np.log(1e-5), np.log(1e4)), (np.log(1e-5), np.log(1e7))]
_DROPOUT_BOX = [(np.log(1e-6), np.log(1e4)), (np.log(1e-6), np.log(1e5))]

# Below this share of leavers per purchase the likelihood is flat in log a, and a search
# begun there would stay there.
_FLAT_DROPOUT = 1e-3

_SAMPLED_FROM = 50_000  # customers from which on a sample is fitted first

_NODES = 96  # enough for eight digits at the worst corner of the boxes tried
_TAIL = 34.0  # e^-34 of the peak is beyond double precision


@dataclass(frozen=True)
class BgNbd:
    """Purchase rates vary as gamma(r, alpha); the chance to leave after one as beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    n: int
    n_repeat: int
    nbd_log_likelihood: float


@dataclass(frozen=True)
class Nbd:
    """Purchase rates vary as gamma(r, alpha) and nobody leaves.

    `rejected` is the BG/NBD whose likelihood was not enough better to be believed.
    """

    r: float
    alpha: float
    log_likelihood: float
    n: int
    n_repeat: int
    rejected: BgNbd | None = None


Transactions = BgNbd | Nbd


# --- fitting purchases -------------------------------------------------------------------


@dataclass(frozen=True)
class _Histories:
    """Equal histories once, with how often each occurs; every logarithm is taken once a day."""

    n: int
    n_repeat: int
    beyond: Floats  # customers with more than 0, 1, 2 … repeat days, up to the most there are
    weeks: Floats  # distinct lengths of time, in weeks
    once_counts: Floats  # per `weeks`: customers with x = 0 and that T
    x: Floats  # from here on: one element per distinct (x, t_x, T) with x > 0
    tx_at: Ints  # index into weeks
    t_at: Ints  # index into weeks
    count: Floats


def _checked(x: ArrayLike, tx_days: ArrayLike, t_days: ArrayLike) -> tuple[Ints, Ints, Ints]:
    columns = whole_numbers(x, "x"), whole_numbers(tx_days, "tx_days"), whole_numbers(t_days, "t_days")
    counts, last, total = columns
    if not len(counts) == len(last) == len(total):
        raise ValueError("x, tx_days and t_days must be equally long")
    if len(counts) and (min(counts.min(), last.min()) < 0 or (last > total).any()):
        raise ValueError("histories need x ≥ 0 and 0 ≤ tx_days ≤ t_days")
    if ((counts > 0) != (last > 0)).any():
        raise ValueError("tx_days must be 0 exactly where x is 0")
    return columns


def _distinct(*columns: Ints) -> tuple[tuple[Ints, ...], Ints, Ints]:
    """Return the distinct rows, for each input row its place among them, and the counts.

    Rows are packed into one integer, because sorting integers is far cheaper than rows.
    """
    packed = np.zeros(len(columns[0]), dtype=np.int64)
    sizes = [int(column.max(initial=0)) + 1 for column in columns]
    for column, size in zip(columns, sizes, strict=True):
        packed = packed * size + column
    values, inverse, counts = np.unique(packed, return_inverse=True, return_counts=True)
    unpacked = []
    for size in reversed(sizes):
        values, column = np.divmod(values, size)
        unpacked.append(column)
    return tuple(reversed(unpacked)), inverse, counts


def _grouped(x: Ints, tx_days: Ints, t_days: Ints) -> _Histories:
    (gx, gtx, gt), _, counts = _distinct(x, tx_days, t_days)
    days, at = np.unique(np.concatenate([gtx, gt]), return_inverse=True)
    tx_at, t_at = at[: len(gx)], at[len(gx) :]
    again = gx > 0
    with_x = np.bincount(gx, weights=counts, minlength=1)
    return _Histories(
        n=len(x),
        n_repeat=int(counts[again].sum()),
        beyond=(len(x) - np.cumsum(with_x))[:-1].astype(float),
        weeks=days / DAYS_PER_WEEK,
        once_counts=np.bincount(t_at[~again], weights=counts[~again], minlength=len(days)).astype(float),
        x=gx[again].astype(float),
        tx_at=tx_at[again],
        t_at=t_at[again],
        count=counts[again].astype(float),
    )


def nbd_log_likelihood(params: Floats, data: _Histories) -> tuple[float, Floats]:
    """Return LL and its gradient at (r, alpha), in the form that BG/NBD has as a → 0."""
    r, alpha = params
    rates = r + np.arange(len(data.beyond))  # Γ(r + x) / Γ(r) is their product up to x, free of cancellation
    logs, inverses = np.log(alpha + data.weeks), 1 / (alpha + data.weeks)
    # Σ over customers of ln(alpha + T), and of (r + x) ln(alpha + T), by distinct T
    people = data.once_counts + np.bincount(data.t_at, data.count, len(data.weeks))
    purchases = np.bincount(data.t_at, data.count * data.x, len(data.weeks))
    exposure = r * people + purchases
    value = data.beyond @ np.log(rates) + data.n * r * np.log(alpha) - exposure @ logs
    by_r = data.beyond @ (1 / rates) + data.n * np.log(alpha) - people @ logs
    by_alpha = data.n * r / alpha - exposure @ inverses
    return float(value), np.array([by_r, by_alpha])


def bgnbd_log_likelihood(params: Floats, data: _Histories) -> tuple[float, Floats]:
    """Return LL and its gradient at (r, alpha, a, b); Fader, Hardie, Lee (2005), eq. 6."""
    r, alpha, a, b = params
    n, steps = data.n, np.arange(len(data.beyond))
    logs, inverses = np.log(alpha + data.weeks), 1 / (alpha + data.weeks)
    log_t, log_tx = logs[data.t_at], logs[data.tx_at]
    shape = r + data.x
    odds = np.log(a) - np.log(b + data.x - 1) + shape * (log_t - log_tx)  # log odds to have left after the last one
    gone = expit(odds) * data.count
    stayed = data.count - gone
    rates, stays, all_told = r + steps, b + steps, a + b + steps

    # Γ(r+x)/Γ(r) and B(a, b+x)/B(a, b) as products over the repeat days: where a and b are large, differences of
    # gammaln would leave noise in which a search gets stuck
    value = (
        data.beyond @ (np.log(rates) - np.log1p(a / stays))
        + n * r * np.log(alpha)
        + data.count @ (np.logaddexp(0, odds) - shape * log_t)
        - r * (data.once_counts @ logs)
    )
    by_r = data.beyond @ (1 / rates) + n * np.log(alpha)
    by_r -= stayed @ log_t + gone @ log_tx + data.once_counts @ logs
    by_alpha = n * r / alpha - r * (data.once_counts @ inverses)
    by_alpha -= (stayed * shape) @ inverses[data.t_at] + (gone * shape) @ inverses[data.tx_at]
    by_a = gone.sum() / a - data.beyond @ (1 / all_told)
    by_b = data.beyond @ (a / (stays * all_told)) - (gone / (b + data.x - 1)).sum()
    return float(value), np.array([by_r, by_alpha, by_a, by_b])


def _usable_start(start: Transactions | None) -> BgNbd | None:
    if isinstance(start, BgNbd) and _FLAT_DROPOUT < start.a / (start.a + start.b) < 1 - _FLAT_DROPOUT:
        return start
    return None


def fit_transactions(
    x: ArrayLike, tx_days: ArrayLike, t_days: ArrayLike, start: Transactions | None = None
) -> Transactions | TooLittleData:
    """Fit BG/NBD by maximum likelihood, or NBD where the data show no drop-out.

    `start` (an earlier fit) shortens the search and does not change the likelihood reached.
    Raises ValueError for histories that cannot be.
    """
    columns = _checked(x, tx_days, t_days)
    data = _grouped(*columns)
    if data.n_repeat < MIN_REPEAT_CUSTOMERS:
        return TooLittleData("too_few_repeat_customers", data.n_repeat, MIN_REPEAT_CUSTOMERS)
    sample = None
    if data.n > _SAMPLED_FROM:  # most steps of a long search are then cheap ones
        some = [column[::20] for column in columns]
        sample = _grouped(*some)
        start = start or _fit_of_sample(*some)
    rates = [start.r, start.alpha] if start else [1.0, float(data.weeks.max())]
    (r, alpha), nbd = maximise(nbd_log_likelihood, data, rates, _RATE_BOX)
    dropout = _fit_dropout(data, sample, Nbd(float(r), float(alpha), nbd, data.n, data.n_repeat), _usable_start(start))
    if dropout.log_likelihood - nbd < DROPOUT_EVIDENCE:
        return Nbd(float(r), float(alpha), nbd, data.n, data.n_repeat, rejected=dropout)
    return dropout


def _fit_of_sample(x: Ints, tx_days: Ints, t_days: Ints) -> Transactions | None:
    fit = fit_transactions(x, tx_days, t_days)
    return None if isinstance(fit, TooLittleData) else fit


def _fit_dropout(data: _Histories, sample: _Histories | None, nbd: Nbd, start: BgNbd | None) -> BgNbd:
    """Fit BG/NBD from an earlier fit, or from the NBD fit with a quarter leaving each time."""
    cold = [nbd.r, nbd.alpha, 1.0, 3.0]
    begin = [start.r, start.alpha, start.a, start.b] if start else cold
    box = _RATE_BOX + _DROPOUT_BOX
    found = maximise(bgnbd_log_likelihood, data, begin, box, sample if start else None)
    if start and _may_be_lost(found, begin, nbd):
        found = max(found, maximise(bgnbd_log_likelihood, data, cold, box), key=lambda fit: fit[1])
    r, alpha, a, b = map(float, found[0])
    return BgNbd(r, alpha, a, b, found[1], data.n, data.n_repeat, nbd.log_likelihood)


def _may_be_lost(found: tuple[Floats, float], begin: list[float], nbd: Nbd) -> bool:
    """Whether a search from an earlier fit ended where another top may be higher.

    NBD is a limit of BG/NBD: no better than it means lost in the flat. And far from its start (a factor of e), which
    was the top of like data, it has left the slope it began on.
    """
    is_far = bool((np.abs(np.log(found[0]) - np.log(begin)) > 1).any())
    return is_far or found[1] - nbd.log_likelihood < DROPOUT_EVIDENCE


# --- what a fit says of a customer -------------------------------------------------------


def p_alive(model: Transactions, x: ArrayLike, tx_days: ArrayLike, t_days: ArrayLike) -> Floats:
    """Return the chance that each customer still is one; 1 at x = 0, NaN under NBD."""
    x, tx, t = _checked(x, tx_days, t_days)
    if isinstance(model, Nbd):
        return np.full(len(x), np.nan)
    return _alive(model, x, tx, t)


def _alive(model: Transactions, x: Ints, tx: Ints, t: Ints) -> Floats:
    if isinstance(model, Nbd):
        return np.ones(len(x))
    logs = np.log(model.alpha + np.arange(int(t.max(initial=0)) + 1) / DAYS_PER_WEEK)
    # x = 0 would ask for ln(b - 1), which need not exist; its answer is 1 in any case
    chance = np.log(model.a / (model.b + np.arange(max(1, int(x.max(initial=0))))))
    odds = chance[np.maximum(x, 1) - 1] + (model.r + x) * (logs[t] - logs[tx])
    return np.where(x > 0, expit(-odds), 1.0)


def expected_purchases(model: Transactions, days: float, x: ArrayLike, tx_days: ArrayLike, t_days: ArrayLike) -> Floats:
    """Return the mean number of purchase days in the next `days` days, per customer."""
    x, tx, t = _checked(x, tx_days, t_days)
    if isinstance(model, Nbd):
        return (model.r + x) * (days / DAYS_PER_WEEK) / (model.alpha + t / DAYS_PER_WEEK)
    (some_x, some_t), at, _ = _distinct(x, t)
    return _alive(model, x, tx, t) * _while_customer(model, days, some_x, some_t)[at]


def expected_total(model: Transactions, t_days: ArrayLike) -> Floats:
    """Return E[X(t)]: repeat purchase days within `t_days` days of a random customer's first."""
    horizons = np.atleast_1d(np.asarray(t_days, dtype=float))
    if isinstance(model, Nbd):
        return model.r * horizons / DAYS_PER_WEEK / model.alpha
    newcomer = np.zeros(1, dtype=np.int64)
    return np.array([_while_customer(model, days, newcomer, newcomer)[0] for days in horizons])


def _while_customer(model: BgNbd, days: float, x: Ints, t_days: Ints) -> Floats:
    """Return the mean number of purchases in `days` days of customers known to be alive.

    The published closed form has a pole at a = 1 and leans on a 2F1 that can overflow for busy
    customers. The same figure is the mean of φ(p) = (1 − (1 + p·s)^−k) / p over
    p ~ beta(a, b + x), k = r + x, s = t / (α + T). Integrated by parts it reads, without a
    pole and with nothing to cancel, for β = b + x and p ~ beta(a + 1, β + 1):

        φ(1) + β / (a + β + 1) · E[ (φ(p) − φ(1)) / (1 − p) − φ'(p) / (a + β) ]

    The integrand dies off at both ends in logit p, where equal steps converge exponentially.
    """
    repeats: Floats = x.astype(np.float64)
    distinct_x, at = np.unique(repeats, return_inverse=True)
    leave, stay, weights = _beta_nodes(model.a, model.b + distinct_x)
    s = (days / DAYS_PER_WEEK) / (model.alpha + t_days / DAYS_PER_WEEK)
    total = np.empty(len(x))
    for part in np.array_split(np.arange(len(x)), max(1, len(x) // 2048)):  # stay in the cache
        rows = at[part]
        k, beta = model.r + repeats[part], model.b + repeats[part]
        total[part] = _mean_purchases(
            model.a, beta[:, None], k[:, None], s[part, None], leave[rows], stay[rows], weights[rows]
        )
    return total


def _mean_purchases(a: float, beta: Floats, k: Floats, s: Floats, p: Floats, q: Floats, weights: Floats) -> Floats:
    sure = -np.expm1(-k * np.log1p(s))  # φ(1)
    logs = np.log1p(p * s)
    phi = -np.expm1(-k * logs) / p
    slope = (phi - k * s * np.exp(-(k + 1) * logs)) / p  # −φ'
    inner = (phi - sure) / q + slope / (a + beta)
    mean = np.einsum("ij,ij->i", inner, weights)
    return sure[:, 0] + (beta / (a + beta + 1))[:, 0] * mean


def _beta_nodes(a: float, beta: Floats) -> tuple[Floats, Floats, Floats]:
    """Return p, 1 − p and weights (rows: one per beta) that average over beta(a+1, beta+1)."""

    def height(y: Floats, stay: Floats) -> Floats:  # log density of y = logit p
        return -(a + 1) * np.logaddexp(0, -y) - (stay + 1) * np.logaddexp(0, y)

    peak = np.log((a + 1) / (beta + 1))
    floor = height(peak, beta) - _TAIL
    ends = []
    for side in (-1, 1):
        inside, outside = np.zeros_like(beta), np.full_like(beta, 2 * _TAIL)
        for _ in range(30):
            middle = (inside + outside) / 2
            is_inside = height(peak + side * middle, beta) > floor
            inside, outside = np.where(is_inside, middle, inside), np.where(is_inside, outside, middle)
        ends.append(peak + side * outside)
    y = np.linspace(ends[0], ends[1], _NODES, axis=1)
    weights = np.exp(height(y, beta[:, None]) - height(peak, beta)[:, None])
    return expit(y), expit(-y), weights / weights.sum(axis=1, keepdims=True)


def days_to_next(model: Transactions, x: ArrayLike, tx_days: ArrayLike, t_days: ArrayLike) -> Floats:
    """Return the median days to the next purchase if still a customer; NaN where P(alive) < 0.5."""
    x, tx, t = _checked(x, tx_days, t_days)
    days = DAYS_PER_WEEK * (model.alpha + t / DAYS_PER_WEEK) * np.expm1(np.log(2) / (model.r + x))
    return np.where(_alive(model, x, tx, t) < 0.5, np.nan, days)


def chance_to_buy(model: Transactions, days: float, x: ArrayLike, tx_days: ArrayLike, t_days: ArrayLike) -> Floats:
    """Return the chance of at least one purchase day in the next `days` days."""
    x, tx, t = _checked(x, tx_days, t_days)
    age = model.alpha + t / DAYS_PER_WEEK
    silent = (age / (age + days / DAYS_PER_WEEK)) ** (model.r + x)
    return _alive(model, x, tx, t) * (1 - silent)


def churn_risk(model: Transactions, n_days: int, x: ArrayLike, tx_days: ArrayLike, t_days: ArrayLike) -> Floats:
    """Return the chance not to be active in 90 days, where `n_days` without purchase is leaving."""
    x, tx, t = _checked(x, tx_days, t_days)
    horizon = min(RISK_HORIZON_DAYS, n_days)
    return np.where(t - tx < n_days - horizon, 0.0, 1 - chance_to_buy(model, horizon, x, tx, t))
