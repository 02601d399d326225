"""PostgreSQL refuses to run as root: the ways to run it there all the same.

No folder above the data is ever opened to others. Tried in this order:

1. a user namespace in which root bears another number: files stay root's, nothing is changed on disk;
2. the owner of the data (or ``nobody``) with the one capability that lets it pass through folders it may not read.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from devstack import StackError

CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}


def prefix(folder: Path) -> list[str]:
    """The words to put before a PostgreSQL command that works in `folder` (which exists); none for an ordinary user."""
    if os.geteuid() != 0:
        return []
    for find_way in (_namespace, _other_user):
        way = find_way(folder)
        if way and _may_write(way, folder):
            return way
    raise StackError(
        "PostgreSQL does not run as root, and neither unshare nor setpriv works here: "
        "start as an ordinary user, or set DATABASE_URL."
    )


def _namespace(folder: Path) -> list[str]:
    """initdb looks its user up, so the number must be one the machine knows."""
    if not shutil.which("unshare"):
        return []
    user = _known_user()
    return ["unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}"]


def _known_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(1000)
    except KeyError:
        return pwd.getpwnam("nobody")


def _other_user(folder: Path) -> list[str]:
    if not shutil.which("setpriv"):
        return []
    owner = folder.stat().st_uid
    user = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    _give(folder, user)
    capability = _held_capability()
    caps = [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"] if capability else []
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", *caps]


def _give(folder: Path, user: pwd.struct_passwd) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _held_capability() -> str | None:
    """Containers often hold only one of the two."""
    status = Path("/proc/self/status").read_text()
    held = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapPrm")), 16)
    return next((name for name, bit in CAPABILITIES.items() if held >> bit & 1), None)


def _may_write(way: list[str], folder: Path) -> bool:
    probe = 'cd "$1" && : > .probe && rm .probe'
    done = subprocess.run([*way, "sh", "-c", probe, "sh", str(folder)], capture_output=True, cwd="/", check=False)
    return done.returncode == 0
