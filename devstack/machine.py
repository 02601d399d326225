"""Small dealings with the machine that the launchers share: ports, private files, processes, patience."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def free_port() -> int:
    """A TCP port on 127.0.0.1 nobody listens on at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def write_private(path: Path, text: str) -> None:
    """A file only its owner can read, whole or not there at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.rename(path)


def command_line(pid: int) -> str:
    """The command line of a process, empty when there is none."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout


def last_line(text: str) -> str:
    """What a program said last: the sentence worth repeating when it failed."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"


def until(condition: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Wait for a condition of another process; False when the time is over."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(every)
    return True


def came_up(server: subprocess.Popen, answers: Callable[[], bool], seconds: float) -> bool:
    """Wait until a server answers or ends; one that does neither in time is told to quit."""
    if until(lambda: answers() or server.poll() is not None, seconds, every=0.03) and server.poll() is None:
        return True
    server.send_signal(signal.SIGQUIT)
    server.wait()
    return False


def disown(server: subprocess.Popen) -> None:
    """Leave a process to itself: Python neither waits for it nor complains that it still runs."""
    server.returncode = 0
