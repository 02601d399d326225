"""The tables of figures that are kept up, in the order in which they are filled."""

from . import churn, cohorts, losses, movements, reconciling, worth

ROLLUPS = (churn.ROLLUP, cohorts.ROLLUP, losses.ROLLUP, movements.ROLLUP, reconciling.ROLLUP, worth.ROLLUP)
