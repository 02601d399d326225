"""Keeps what search and the order of lists rest on in step with the customers."""

from collections.abc import Sequence

from common import sql

from .importing.normalising import SEARCH_PARAMETERS


def refresh(ids: Sequence[int]) -> int:
    """Rewrite search_text and sort_key of these customers from themselves and their contacts; returns how many."""
    return sql.run("customers/sql/search_text.sql", {"ids": list(ids), **SEARCH_PARAMETERS})
