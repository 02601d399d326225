"""The demo's processes: all start, all stop, and what a killed run left behind is ended by the next."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from devstack import StackError, demo, processes
from devstack.machine import command_line, free_port, until

ROOT = Path(__file__).resolve().parents[2]
# Two stand-ins whose command line looks like ours, and that say when they were asked to stop.
RUN = r"""
import os, sys
from pathlib import Path
from devstack import processes
home = Path(sys.argv[1])
wait = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(0)); print('up', flush=True); time.sleep(600)"
fails = "import sys; sys.exit(3)"
programs = {name: [sys.executable, "-c", wait, "retention_crm"] for name in ("one two", "other")}
if sys.argv[2] == "one fails":
    programs["bad"] = [sys.executable, "-c", fails]
if sys.argv[2] == "talks":
    talk = "import time; time.sleep(1); [print('x' * 10000, flush=True) for _ in iter(int, 1)]"
    programs["bad"] = [sys.executable, "-c", talk, "retention_crm"]
# In one piece: another thread writes the lines of the programs meanwhile.
say = lambda: os.write(1, b"on start\n")
code = processes.run(programs, environment=dict(os.environ), home=home, cwd=home, on_start=say)
print("code", code)
"""


@pytest.fixture
def home(tmp_path) -> Path:
    folder = tmp_path / "顧客 データ"
    folder.mkdir()
    return folder


@pytest.fixture
def run(home):
    """A process that runs two stand-ins under honcho, started when both have said they are up."""
    started = []

    def start(kind: str = "well") -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(home), kind, "devstack.demo"], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        if kind != "one fails":
            lines = [process.stdout.readline() for _ in range(3)]
            assert sorted(line.partition("| ")[2] or line for line in lines) == ["on start\n", "up\n", "up\n"]
        return process

    yield start
    processes.end_leftovers(home)
    for process in started:
        process.kill()
        process.communicate()


def noted(home: Path) -> list[int]:
    """Every process of a run: the programs and honcho's forks above them."""
    return [int(pid) for path in (home / "run").iterdir() for pid in path.read_text().split()]


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 0)])
def test_every_process_stops_with_the_terminal(run, home, sign, code):
    manager = run()
    pids = noted(home)
    assert len(pids) == 4
    manager.send_signal(sign)
    assert f"code {code}\n" in manager.communicate(timeout=20)[0]
    assert not any(command_line(pid) for pid in pids)
    assert list((home / "run").iterdir()) == []


def test_one_that_ends_takes_the_others_with_it(run, home):
    out, _ = run("one fails").communicate(timeout=20)
    assert "code 3\n" in out


@pytest.mark.parametrize("kind", ["well", "talks"])
def test_what_a_killed_run_left_behind_is_ended_by_the_next(run, home, kind):
    manager = run(kind)
    pids = noted(home)
    manager.kill()
    manager.wait()
    assert all(command_line(pid) for pid in pids)
    processes.end_leftovers(home)
    assert until(lambda: not any(command_line(pid) for pid in pids), 5)


def test_a_note_about_a_stranger_harms_nobody(home):
    (home / "run").mkdir()
    (home / "run" / "broken").write_text("")
    words = [sys.executable, "-c", "import sys; sys.stdin.read()", "tests/devstack", "retention_crm/settings.py"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True) as stranger:
        (home / "run" / "web").write_text(f"{stranger.pid} {stranger.pid}")
        processes.end_leftovers(home)
        assert stranger.poll() is None
        stranger.stdin.close()
        assert stranger.wait() == 0
    assert list((home / "run").iterdir()) == []


def test_the_commands_are_web_worker_beat_and_the_mail_sink(home):
    programs = processes.commands(port=8001, mail_port=2525, home=home)
    assert set(programs) == {"web", "worker", "beat", "mail"}
    assert "--bind=127.0.0.1:8001" in programs["web"]
    assert programs["mail"][-4:] == ["--port", "2525", "--dir", str(home / "mail")]


@pytest.fixture
def demo_says(home, monkeypatch, capsys):
    """Starts the demo with an environment in which it cannot run; what it says on standard error and its exit code."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the handlers of this process stay as they are
    monkeypatch.setenv("DATA_DIR", str(home))

    def run(**variables: str) -> tuple[str, int]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        code = demo.main()
        said = capsys.readouterr()
        assert said.out == ""
        return said.err, code

    return run


def test_a_busy_port_is_one_clear_sentence(demo_says):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said, code = demo_says(PORT=str(port))
    expected = f"Port {port} is in use: stop what listens there, or choose another, as in `make demo PORT=8001`.\n"
    assert (said, code) == (expected, 1)


@pytest.mark.parametrize("port", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_one_clear_sentence(demo_says, port):
    assert demo_says(PORT=port) == (f"PORT={port} is not a port: give a number from 1 to 65535.\n", 1)


def test_two_demos_on_one_data_dir_are_refused(demo_says, home):
    hold = "import sys; from devstack import demo; from pathlib import Path\n"
    hold += "with demo._only_demo_of(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        said, code = demo_says(PORT=str(free_port()))
        other.stdin.close()
    assert code == 1
    assert said.startswith(f"A demo already runs on {home}: stop it, or choose another folder and port")
    assert said.count("\n") == 1


def test_nothing_a_user_set_for_real_mail_or_data_reaches_the_demo(home, monkeypatch):
    monkeypatch.setenv("EMAIL_URL", "smtp://real.example.com:25")
    monkeypatch.setenv("LINE_CHANNEL_TOKEN", "of a real account")
    monkeypatch.setenv("DATABASE_URL", "postgres://real/one")
    monkeypatch.setenv("DEBUG", "1")
    servers = {"DATABASE_URL": "postgres://ours", "DATA_DIR": str(home)}
    environment = demo._environment(servers, port=8001, mail_port=2525, home=home)
    assert not any("real" in value for key, value in environment.items() if key.endswith("URL"))
    assert "DEBUG" not in environment
    assert environment["DEMO"] == "1"
    assert environment["EMAIL_URL"] == environment["DEMO_SMTP"] == "smtp://127.0.0.1:2525"
    assert "LINE_CHANNEL_TOKEN" not in environment
    assert environment["BASE_URL"] == "http://127.0.0.1:8001"
    assert environment["ALLOWED_HOSTS"] == "localhost,127.0.0.1"


def manage(home: Path, script: str) -> str:
    """What a script prints in `manage.py shell` on the embedded database of `home`."""
    clean = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | {"DATA_DIR": str(home)}
    words = [sys.executable, "manage.py", "shell", "-v0", "-c", script]
    return subprocess.run(words, env=clean, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def read(port: int, path: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return answer.status, answer.read()


def test_a_loaded_demo_comes_up_says_where_and_goes_with_ctrl_c(home):
    marks = "from accounts.models import *; from django.utils import timezone; Team.objects.create(name='残る');"
    manage(home, f"{marks} Installation.get(); Installation.objects.update(is_demo=True, loaded_at=timezone.now())")
    port = free_port()
    environment = os.environ | {"DATA_DIR": str(home), "PORT": str(port), "EMAIL_URL": "smtp://real.example.com"}
    words = [sys.executable, "-m", "devstack.demo"]
    log = home / "said"
    with log.open("w") as out, subprocess.Popen(words, env=environment, cwd=ROOT, stdout=out, stderr=out) as process:
        came_up = until(lambda: "keeps the data" in log.read_text() or process.poll() is not None, 300)
        assert came_up, log.read_text()
        assert process.poll() is None, log.read_text()
        pids = noted(home)
        ready = read(port, "/readyz")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    said = log.read_text()
    assert ready == (200, b'{"status": "ready"}'), said
    assert f"Modoru is ready: http://127.0.0.1:{port}/\n" in said
    for login in ("cs@example.jp", "manager@example.jp", "admin@example.jp"):
        assert any(line.split()[:2] == [login, "modoru-demo"] for line in said.splitlines())
    assert f"Stopped. The data stays in {home}; `make demo` continues with it.\n" in said
    assert len(pids) == 8
    assert not any(command_line(pid) for pid in pids)
    assert not (home / "postgres" / "postmaster.pid").exists()
    assert manage(home, "from accounts.models import *; print(Team.objects.get().name)") == "残る\n"


def test_what_cannot_be_prepared_is_one_clear_sentence(home, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", lambda words, **_: subprocess.CompletedProcess(words, 1))
    with pytest.raises(StackError, match=r"The demo could not be prepared: manage\.py \w+ failed"):
        demo._prepare({"DATA_DIR": str(home), "STATIC_ROOT": str(home / "static")})
    assert "Preparing the database ...\n" in capsys.readouterr().out


def test_a_server_that_never_gets_ready_is_said(home, monkeypatch, capsys):
    monkeypatch.setattr(demo, "READY_SECONDS", 0)
    demo._welcome(free_port(), home)
    assert "/readyz still does not answer with 200" in capsys.readouterr().err


def test_a_process_that_ended_by_itself_is_a_failure(home, capsys):
    assert demo._goodbye(1, home) == 1
    assert "A process ended by itself" in capsys.readouterr().err
