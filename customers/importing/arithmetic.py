"""Amounts a file gives in pieces: price × quantity, less a discount. Exact, whole columns at a time."""

import functools

import pyarrow as pa
import pyarrow.compute as pc

_NUMBER = pa.decimal128(16, 3)
_CENTS = 2


def product(factors: list[pa.Array], less: list[pa.Array]) -> pa.Array:
    """The product of two columns of canonical numbers less what stands in others, to cents; null where one is null."""
    numbers = [pc.cast(cells, _NUMBER) for cells in factors]
    taken_off = [pc.coalesce(pc.cast(cells, _NUMBER), pa.scalar(0, _NUMBER)) for cells in less]
    whole = functools.reduce(pc.multiply, numbers)
    left = functools.reduce(pc.subtract, taken_off, whole)
    return pc.cast(pc.round(left, _CENTS, round_mode="half_towards_infinity"), pa.string())
