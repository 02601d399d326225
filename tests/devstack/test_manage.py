"""manage.py brings its own database, keeps standard output clean, and fails in one line."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_DIR", "NO_DATABASE", "BASE_URL", "EMAIL_URL", "ALLOWED_HOSTS")
STARTS_NOTHING = [
    ["help"],
    ["version"],
    ["check"],
    ["makemigrations", "--check", "--dry-run"],
    ["collectstatic", "--dry-run", "--noinput", "--verbosity=0"],
    ["load_demo", "--help"],
]


def run_manage(*words: str, **variables: str) -> subprocess.CompletedProcess:
    """manage.py with none of our variables set but those given."""
    clean = {key: value for key, value in os.environ.items() if key not in OURS} | variables
    command = [sys.executable, "-W", "error::ResourceWarning", str(ROOT / "manage.py"), *words]
    nobody = subprocess.DEVNULL
    return subprocess.run(command, env=clean, cwd="/", stdin=nobody, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def first_use(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """A new DATA_DIR, and how its first command went."""
    home = tmp_path_factory.mktemp("new") / "顧客 data"
    return home, run_manage("dumpdata", "accounts.team", "--format=json", DATA_DIR=str(home))


@pytest.fixture(scope="module")
def used_home(first_use) -> Path:
    """A DATA_DIR that has been used before: its tables are there, its server is not running."""
    home, done = first_use
    assert done.returncode == 0
    return home


def one_line_of(done: subprocess.CompletedProcess) -> str:
    """What was said on standard error, after checking that it is one line and nothing else was said."""
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize("words", STARTS_NOTHING, ids=" ".join)
def test_commands_that_touch_no_data_start_nothing(tmp_path, words):
    done = run_manage(*words, DATA_DIR=str(tmp_path / "data"))
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.iterdir())


def test_a_command_on_a_new_data_dir_migrates_first_and_prints_its_answer_only(first_use):
    home, done = first_use
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == []
    assert not (home / "valkey").exists()
    assert not (home / "postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("words", "variables", "sentence"),
    [
        (["migrate"], {"DATABASE_URL": "mysql://x/y", "SECRET_KEY": "x"}, "DATABASE_URL must begin with"),
        (["migrate"], {"DATABASE_URL": "postgres://u:secret@127.0.0.1:1/n", "SECRET_KEY": "x"}, "does not answer"),
        (["migrate"], {"DATABASE_URL": "postgres://u:p@127.0.0.1:1/n"}, "SECRET_KEY is not set"),
        (["migrate"], {"REQUIRE_DATABASE_URL": "1"}, "DATABASE_URL is not set: set it to postgres://"),
        (["migrate"], {"DATA_DIR": "/dev/null/x"}, "DATA_DIR /dev/null/x cannot be used"),
        (["migrate"], {"BASE_URL": "crm.example.jp"}, "BASE_URL must begin with"),
        (["no-such-command"], {}, "there is no such command"),
        (["migrate", "--no-such-option"], {}, "unrecognized arguments: --no-such-option"),
        (["loaddata", "no-such-file"], {}, "No fixture named 'no-such-file' found"),
    ],
)
def test_whatever_goes_wrong_is_one_line(used_home, words, variables, sentence):
    said = one_line_of(run_manage(*words, **{"DATA_DIR": str(used_home), **variables}))
    assert said.startswith(f"manage.py {words[0]}: ")
    assert sentence in said
    assert "secret" not in said


def test_an_unforeseen_error_names_its_kind_and_its_place(used_home):
    said = one_line_of(run_manage("shell", "-v0", "-c", "{}['absent']", DATA_DIR=str(used_home)))
    assert said.startswith("manage.py shell: KeyError: 'absent' (")
    assert re.search(r"\(manage\.py:\d+\)$", said)


def test_traceback_shows_the_rest():
    done = run_manage("migrate", "--traceback", REQUIRE_DATABASE_URL="1")
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_command_stopped_from_outside_stops_its_server(used_home, sign, code):
    clean = {key: value for key, value in os.environ.items() if key not in OURS} | {"DATA_DIR": str(used_home)}
    waiting = "import time; print('up', flush=True); time.sleep(60)"
    words = [sys.executable, str(ROOT / "manage.py"), "shell", "-v0", "-c", waiting]
    with subprocess.Popen(words, env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert command.stdout.readline() == "up\n"
        assert (used_home / "postgres" / "postmaster.pid").exists()
        command.send_signal(sign)
        assert command.wait(timeout=30) == code
        assert command.stderr.read() in ("", "manage.py shell: interrupted.\n")
    assert not (used_home / "postgres" / "postmaster.pid").exists()


def test_configure_runs_from_the_command_line(used_home):
    """Its arguments may not be called `settings`: Django takes that name for the settings module."""
    done = run_manage("configure", "margin=0.4", "month_end=off", DATA_DIR=str(used_home))
    assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", ["margin=0.4", "month_end=off"])


def test_a_reader_who_has_enough_is_no_error(used_home):
    """As in `manage.py report … | head -1`."""
    command = f"{sys.executable} {ROOT / 'manage.py'} help | head -1"
    done = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "DATA_DIR": str(used_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
