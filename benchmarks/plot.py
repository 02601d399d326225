"""Draws benchmarks/growth.json as growth.svg: seconds against millions of purchases. Runs on the peers' Python."""

import json
from pathlib import Path

import matplotlib.pyplot as plt

HERE = Path(__file__).parent
LINES = {
    "everybody": "everybody, stored",
    "quiet": "a night with nothing new",
    "touched": "1 % changed, until segments are right",
    "segments_moved": "segments",
    "fit": "BG/NBD fit",
}


def main() -> None:
    _stamp, *sizes = json.loads((HERE / "growth.json").read_text(encoding="utf-8"))
    across = [size["purchases"] / 1e6 for size in sizes]
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name, words in LINES.items():
        axes.plot(across, [size[name] for size in sizes], marker="o", label=words)
    for name in ("duckdb", "pandas"):
        axes.plot(across, [size["peers"][name] for size in sizes], marker="x", linestyle="--", label=name)
    axes.set(xscale="log", yscale="log", xlabel="million purchases", ylabel="seconds", title="Scores and segments")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(HERE / "growth.svg", bbox_inches="tight", metadata={"Date": None})


if __name__ == "__main__":
    main()
