"""What a churn page was asked for, as its address says it: period, cuts, one group of a cut, order."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Role, User
from accounts.roles import allows
from metrics import churn_tables, computing
from metrics.periods import MONTHS

EVERYBODY = "all"
LONGEST = 200


@dataclass(frozen=True)
class Asked:
    """A length of period, one period of it, none, one or two cuts, and maybe one group of the first."""

    period: str = "month"
    at: str = ""
    by: str = ""
    group: str | None = None
    second: str = ""
    sort: str = "-at_start"
    is_own: bool = False  # held to the reader himself, who may not see other owners

    @classmethod
    def read(cls, request: HttpRequest) -> "Asked":
        """From the address; staff see first their own customers, and of cuts by owner those alone."""
        values = request.GET
        is_staff = request.user.role == Role.CS  # type: ignore[union-attr]  # signed in
        by = _cut(values.get("by", "owner" if is_staff else ""))
        second = _cut(values.get("and", ""))
        by, second = (by or second), (second if by else "")
        group = values.get("group") if by else None
        return cls(
            period=_one_of(values.get("period", ""), MONTHS, "month"),
            at=values.get("at", ""),
            by=by,
            group=None if group is None else group[:LONGEST].replace("\0", ""),
            second="" if second == by else second,
            sort=_one_of(values.get("sort", ""), _sorts(), "-at_start"),
        )._for(request.user)  # type: ignore[arg-type]  # signed in

    def _for(self, user: User) -> "Asked":
        """Who may not see all owners sees himself in place of them."""
        if "owner" not in (self.by, self.second) or allows(user, "metrics.all_owners"):
            return self
        other = self.second if self.by == "owner" else self.by
        if self.by == "owner" and self.group not in (None, str(user.pk)):
            raise PermissionDenied
        return replace(self, by="owner", group=str(user.pk), second=other, is_own=True)

    @property
    def months(self) -> int:
        return MONTHS[self.period]

    @property
    def free(self) -> list[str]:
        """The cuts whose groups stand side by side: those not held to one group."""
        return [cut for cut in ("" if self.group is not None else self.by, self.second) if cut]

    def address(self, name: str = "metrics:index", **changes: Any) -> str:
        """The page's address, with these values instead."""
        one = replace(self, **changes)
        values = {"period": one.period, "by": one.by or EVERYBODY, "and": one.second, "at": one.at}
        values |= {} if one.sort == "-at_start" else {"sort": one.sort}
        kept = {key: value for key, value in values.items() if value}
        if one.group is not None:
            kept["group"] = one.group
        return f"{reverse(name)}?{urlencode(kept)}"

    def people(self, who: str, code: str, *, group: str | None = None, second: str | None = None) -> str:
        """The address of the customers behind a figure of this page."""
        groups = [self.group if group is None else group, second]
        pairs = [(cut, value) for cut, value in zip((self.by, self.second), groups, strict=True) if value is not None]
        return people_address(who, code, pairs)


def people_address(who: str, code: str, pairs: list[tuple[str, str]], **narrowed: str) -> str:
    """The address of the lost, joined, won back or at the start of a period, of the groups of up to two cuts."""
    names = (("by", "group"), ("and", "group2"))
    values = [item for keys, pair in zip(names, pairs, strict=False) for item in zip(keys, pair, strict=True)]
    values += narrowed.items()
    where = reverse("metrics:people", args=[who, code])
    return f"{where}?{urlencode(values)}" if values else where


def _cut(value: str) -> str:
    return value if value in computing.CHURN_BY else ""


def _sorts() -> list[str]:
    return [sign + name for name in (*churn_tables.ORDERS, "name") for sign in ("", "-")]


def _one_of(value: str, allowed: Any, fallback: str) -> str:
    return value if value in allowed else fallback
