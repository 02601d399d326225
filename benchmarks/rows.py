"""A row of results.json: a figure of ours beside a limit or a peer measured in the same run."""

import datetime as dt
import operator
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OPERATORS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}


@dataclass(frozen=True)
class Row:
    """`target` reads "ratio <= 2 and rss_mb <= 300", on this row's own fields; None where none was set."""

    name: str
    ours: float
    beside: float
    beside_is: str
    unit: str = "s"
    target: str | None = None
    rss_mb: int | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.beside

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        return all(map(self._holds, self.target.split(" and "))) if self.target else None

    def _holds(self, clause: str) -> bool:
        field, sign, limit = clause.split()
        return OPERATORS[sign](getattr(self, field), float(limit))

    def written(self, *, size: str, stamp: dict[str, str]) -> dict[str, Any]:
        """The object in results.json; figures to four digits."""
        figures = {name: _rounded(getattr(self, name)) for name in ("ours", "beside", "ratio")}
        return {**asdict(self), **figures, "met": self.met, "size": size, **stamp}


def stamp() -> dict[str, str]:
    """Day and commit; "+" where the checkout differs from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    dirty = "+" if git("status", "--porcelain", "--untracked-files=no") else ""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="minutes")
    return {"date": now, "commit": (git("rev-parse", "--short", "HEAD") or "unknown") + dirty}


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
