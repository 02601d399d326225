"""A Chromium for the tests in a browser: found on this machine, else installed.

python -m devstack.browser         prints its path, after installing one where none is found
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from devstack import StackError

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PLAYWRIGHTS = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
FLAGS = [
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
OLDEST_NODE = 18


def find() -> str | None:
    """The program to start: CHROMIUM, else one on PATH, else one in its usual place, else Playwright's own."""
    if named := os.environ.get("CHROMIUM"):
        return named
    on_path = (shutil.which(name) for name in NAMES)
    elsewhere = (path for path in ELSEWHERE if Path(path).exists())
    playwrights = (str(path) for folder in _playwright_folders() for glob in PLAYWRIGHTS for path in folder.glob(glob))
    return next((path for group in (on_path, elsewhere, playwrights) for path in group if path), None)


def ensure() -> str:
    """`find`, after an installation where nothing was found."""
    if path := find():
        return path
    for command in _installation():
        print("No browser found:", *command, file=sys.stderr, flush=True)
        if subprocess.run(command, stdout=sys.stderr, env=os.environ | driver_environment(), check=False).returncode:
            raise StackError(f"A browser for the tests could not be installed: {' '.join(command)} failed.")
    if path := find():
        return path
    raise StackError("No Chromium or Chrome found: install one, or set CHROMIUM to its path.")


def launch_arguments() -> list[str]:
    """Quiet and without a sandbox only for root, for whom Chromium has none."""
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS


def driver_environment() -> dict[str, str]:
    """Playwright's own Node needs libatomic, which a small system lacks: let it take the Node that is here."""
    node = find_node()
    return {"PLAYWRIGHT_NODEJS_PATH": node} if node else {}


def find_node() -> str | None:
    """A Node of at least 18: the one on PATH, else the one `make setup` brought."""
    for node in (shutil.which("node"), str(ROOT / ".uv" / "node" / "bin" / "node")):
        if node and Path(node).exists() and _node_version(node) >= OLDEST_NODE:
            return node
    return None


def _node_version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)", answer)
    return int(found[1]) if found else 0


def _playwright_folders() -> list[Path]:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    home = Path.home()
    return [Path(named)] if named else [home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright"]


def _installation() -> list[list[str]]:
    """Root on Debian takes the system's package with a font for Japanese; everybody else Playwright's download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        packages = ["chromium", "fonts-noto-cjk"]
        return [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]]
    return [[sys.executable, "-m", "playwright", "install", "chromium"]]


if __name__ == "__main__":
    try:
        print(ensure())
    except StackError as error:
        sys.exit(str(error))
