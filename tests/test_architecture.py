"""The order of the house: imports go one way, and every package has its place in that order."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
OUTSIDE = {"tests", "benchmarks"}


def test_imports_go_one_way():
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_package_has_its_place_in_the_order():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - OUTSIDE
    assert packages == set(CONTRACTS["root_packages"])


def test_every_app_stands_in_the_order_of_apps():
    layers = {name.strip() for layer in CONTRACTS["contracts"][0]["layers"] for name in layer.split("|")}
    assert layers == set(CONTRACTS["root_packages"]) - {"demo", "devstack"}


def test_nothing_is_named_after_nothing():
    """Signals, services, utils and helpers are rooms without an idea."""
    empty_words = {"services", "signals", "utils", "helpers", "managers", "misc"}
    found = {path for name in CONTRACTS["root_packages"] for path in (ROOT / name).rglob("*.py")}
    assert not [path for path in found if path.stem in empty_words and path.parts[-2] not in {"devstack", "success"}]
