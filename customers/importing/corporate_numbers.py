"""法人番号: thirteen digits, the first of which checks the other twelve."""

import re

from .values import Read


def check_digit(base: str) -> str:
    """The digit that stands before these twelve: 9 - (Σ digit × weight mod 9), weights 1, 2, 1, 2 … from the right.

    The rule is that of the ordinance on corporate numbers (法人番号の指定等に関する省令, article 2).
    """
    total = sum(int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(base)))
    return str(9 - total % 9)


def read(text: str) -> Read:
    """The thirteen digits, hyphens and spaces left out; an error where the check digit is wrong."""
    digits = re.sub(r"[\s‐‑–−—ーｰ-]", "", text)
    if not re.fullmatch(r"\d{13}", digits) or digits[0] != check_digit(digits[1:]):
        return "", "bad_corporate_number"
    return digits, ""
