"""docker-compose.yml without Docker: every service's command starts with its environment, on real servers."""

import json
import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import redis
from django.db import connection

from devstack import compose, postgres, valkey
from devstack.machine import free_port, until
from tests.conftest import database_url

NOT_IN_THE_IMAGE = (
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "SECRET_KEY",
    "DATABASE_URL",
    "REDIS_URL",
    "DATA_DIR",
    "ALLOWED_HOSTS",
    "BASE_URL",
    "EMAIL_URL",
)
GIVEN = {"SECRET_KEY": "0123456789" * 6}


def environment_of(service: dict, **image: str) -> dict[str, str]:
    """What the process would see in its container, as far as this machine goes."""
    outside = {key: value for key, value in os.environ.items() if key not in NOT_IN_THE_IMAGE}
    return outside | {"REQUIRE_DATABASE_URL": "1", **image} | service["environment"]


def words_of(service: dict, **changes: str) -> list[str]:
    """The service's command with our Python, and with what only a container has replaced."""
    words = compose.command(service)
    for old, new in {"python ": f"{shlex.quote(sys.executable)} ", **changes}.items():
        words = [sys.executable if word == "python" else word.replace(old, new) for word in words]
    return words


@pytest.fixture
def services(transactional_db, settings) -> dict:
    """The file as it is with only SECRET_KEY given, its servers replaced by those of this session."""
    given = {**GIVEN, "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    return compose.services(given)


@pytest.fixture
def start(tmp_path):
    """Starts a command, in the end ends its whole group; its output goes to .log."""
    started = []

    def run(words: list[str], environment: dict[str, str]) -> subprocess.Popen:
        with (tmp_path / f"{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                words, env=environment, cwd=compose.ROOT, stdout=log, stderr=log, start_new_session=True
            )
        process.log = tmp_path / f"{len(started)}.log"
        started.append(process)
        return process

    yield run
    for process in started:
        process.terminate()
        process.wait(timeout=30)


def test_it_holds_the_five_services_and_all_settings(services):
    assert set(services) == {"db", "redis", "web", "worker", "beat"}
    for name in ("web", "worker", "beat"):
        names = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "BASE_URL", "DEBUG"}
        assert set(services[name]["environment"]) == names


def test_a_missing_secret_key_is_one_clear_sentence():
    with pytest.raises(ValueError, match="SECRET_KEY is not set: set SECRET_KEY to a long random text"):
        compose.services({})


def test_web_and_database_share_their_password():
    filled = compose.services({**GIVEN, "POSTGRES_PASSWORD": "from-outside"})
    assert filled["web"]["environment"]["DATABASE_URL"] == "postgres://modoru:from-outside@db:5432/modoru"
    assert filled["db"]["environment"]["POSTGRES_PASSWORD"] == "from-outside"


def test_the_database_reads_letters_as_the_embedded_one_does(services):
    version = int(services["db"]["image"].partition(":")[2].partition("-")[0])
    assert shlex.split(services["db"]["environment"]["POSTGRES_INITDB_ARGS"]) == postgres.locale_options(version)


def test_db_starts_with_its_options(services, tmp_path, monkeypatch):
    program, *options = compose.command(services["db"])
    assert program == "postgres"
    assert set(options[::2]) == {"-c"}
    monkeypatch.setattr(postgres, "TUNING", dict(option.split("=", 1) for option in options[1::2]))
    server = postgres.Postgres(tmp_path, throwaway=True)
    server.start()
    assert server.is_running()
    server.stop()


def test_redis_starts_with_its_options(services, start, tmp_path):
    program, *options = compose.command(services["redis"])
    assert program == "redis-server"
    port = free_port()
    start([valkey.find_binary(), *options, "--port", str(port), "--bind", "127.0.0.1"], {})
    client = redis.Redis(port=port)
    assert until(lambda: pings(client), 10)
    client.close()


def pings(client: redis.Redis) -> bool:
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


def test_web_migrates_and_is_ready_for_its_own_health_check(services, start, tmp_path):
    port = str(free_port())
    (tmp_path / "static").mkdir()
    web = services["web"]
    process = start(
        words_of(web, **{"0.0.0.0:8000": f"127.0.0.1:{port}"}),
        environment_of(web, STATIC_ROOT=str(tmp_path / "static"), DATA_DIR=str(tmp_path)),
    )
    assert until(lambda: answer(port, "/readyz") == (200, {"status": "ready"}), 60), process.log.read_text()
    check = [word.replace(":8000", f":{port}") for word in web["healthcheck"]["test"][1:]]
    check[0] = sys.executable
    assert subprocess.run(check, env=os.environ | web["environment"], check=False).returncode == 0
    assert process.poll() is None


def answer(port: str, path: str) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}
    except OSError:
        return 0, {}


def test_worker_takes_tasks(services, start, tmp_path):
    process = start(words_of(services["worker"]), environment_of(services["worker"], DATA_DIR=str(tmp_path)))
    assert until(lambda: "ready." in process.log.read_text(), 60), process.log.read_text()


def test_beat_wakes_the_workers(services, start, tmp_path):
    schedule = {"/tmp/celerybeat-schedule": str(tmp_path / "schedule")}
    process = start(words_of(services["beat"], **schedule), environment_of(services["beat"], DATA_DIR=str(tmp_path)))
    assert until(lambda: "Sending due task" in process.log.read_text(), 60), process.log.read_text()


@pytest.mark.parametrize("address", ["http://localhost:8000", "https://crm.example.jp"])
def test_the_deployment_check_finds_nothing(address):
    service = compose.services({**GIVEN, "BASE_URL": address})["web"]
    words = [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"]
    done = subprocess.run(
        words, env=environment_of(service), cwd=compose.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_image_brings_the_settings_the_file_leaves_out():
    image = Path(compose.ROOT, "Dockerfile").read_text()
    for word in ("REQUIRE_DATABASE_URL=1", "DATA_DIR=/data", "STATIC_MANIFEST=1", "STATIC_ROOT=/app/staticfiles"):
        assert word in image


def test_any_command_can_be_tried_in_a_services_environment(capfd):
    script = "import os; print(os.environ['REDIS_URL'])"
    before = os.environ.pop("REDIS_URL")
    try:
        assert compose.main(["web", "python", "-c", script]) == 0
    finally:
        os.environ["REDIS_URL"] = before
    assert capfd.readouterr().out == "redis://redis:6379/0\n"


def test_the_database_of_these_tests_is_not_the_real_one(db):
    assert connection.settings_dict["NAME"].startswith("test_")
