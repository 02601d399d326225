"""Users of a DATA_DIR: who comes starts or adopts, the last to leave stops."""

import os
import signal
import subprocess
import sys

import pytest

from devstack.locks import user_of

HOLD = """
import sys; from pathlib import Path; from devstack.locks import user_of
with user_of(Path(sys.argv[1]), enter=lambda: None, leave=lambda: None):
    print("in", flush=True); sys.stdin.read()
"""


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def using(tmp_path, calls):
    return lambda: user_of(tmp_path, enter=lambda: calls.append("enter"), leave=lambda: calls.append("leave"))


def test_one_user_starts_and_stops(using, calls):
    with using():
        assert calls == ["enter"]
    assert calls == ["enter", "leave"]


def test_of_two_users_the_last_stops(using, calls):
    first, second = using(), using()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert calls == ["enter", "enter"]
    second.__exit__(None, None, None)
    assert calls == ["enter", "enter", "leave"]


def test_a_user_whose_start_fails_leaves_nothing_running(tmp_path, calls):
    def fail():
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"), user_of(tmp_path, enter=fail, leave=lambda: calls.append("leave")):
        pytest.fail("nobody gets in")
    assert calls == ["leave"]


def test_a_user_who_fails_inside_still_leaves(using, calls):
    with pytest.raises(ValueError, match="inside"), using():
        raise ValueError("inside")
    assert calls == ["enter", "leave"]


@pytest.mark.parametrize(("sign", "expected"), [(None, ["enter"]), (signal.SIGKILL, ["enter", "leave"])])
def test_another_process_counts_until_it_is_gone_even_by_force(tmp_path, using, calls, sign, expected):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        if sign:
            os.kill(other.pid, sign)
            other.wait()
        with using():
            pass
        assert calls == expected
        other.stdin.close()
