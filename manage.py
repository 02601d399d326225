#!/usr/bin/env python
"""Modoru's command line.

Without DATABASE_URL it asks devstack for the embedded PostgreSQL of DATA_DIR and holds on to it while the command
runs. Whatever goes wrong is one line on standard error and an exit code that is not zero; `--traceback` shows the rest.
"""

import os
import secrets
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

START_NOTHING = {
    *("help", "version", "--help", "-h", "--version", "check", "test", "collectstatic", "findstatic"),
    *("makemigrations", "makemessages", "compilemessages", "diffsettings", "startapp", "startproject"),
}
# These bring their own way of running: pages of help or findings, restarting on changes, making databases.
DJANGOS_OWN = {"check", "help", "version", "--help", "-h", "--version", "test", "runserver"}
MIGRATE_THEMSELVES = {"migrate", "showmigrations", "sqlmigrate", "squashmigrations", "optimizemigration", "dbshell"}
MIGRATION_LOCK = 7_061_991  # any number, the same in every process


def main(words: list[str]) -> int:
    """Run one command; the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retention_crm.settings")
    name = words[1] if len(words) > 1 else "help"
    try:
        with _database_for("help" if {"-h", "--help"} & set(words) else name) as is_embedded:
            _run(name, words, is_embedded=is_embedded)
    except KeyboardInterrupt:
        return _say(name, "interrupted.", 130)
    except BrokenPipeError:  # whoever read our output has enough, as in `report … | head`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  so that closing it at exit fails no more
        return 141
    except Exception as error:
        if "--traceback" in words:
            raise
        return _say(name, _sentence(error), getattr(error, "returncode", 1))
    return 0


@contextmanager
def _database_for(name: str) -> Iterator[bool]:
    """Set the environment in which settings find a database; true when it is the embedded one of DATA_DIR."""
    if os.environ.get("DATABASE_URL", "").strip():
        yield False
    elif name in START_NOTHING:
        os.environ["NO_DATABASE"] = "1"
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
        yield False
    elif os.environ.get("REQUIRE_DATABASE_URL") == "1":
        raise RuntimeError("DATABASE_URL is not set: set it to postgres://user:password@host:5432/name.")
    else:
        yield from _embedded()


def _embedded() -> Iterator[bool]:
    from devstack.servers import data_dir, servers

    # Stopped from outside we still leave in order, so that the last one stops the servers.
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` would have it ignored
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _: sys.exit(128 + number))
    with servers(data_dir(), redis=False) as addresses:
        os.environ.update({key: value for key, value in addresses.items() if not os.environ.get(key)})
        yield True


def _run(name: str, words: list[str], *, is_embedded: bool) -> None:
    import django
    from django.core import management

    if is_embedded and name not in MIGRATE_THEMSELVES:
        django.setup()
        _migrate()
    if name in DJANGOS_OWN:
        management.execute_from_command_line(words)
    else:
        django.setup()
        _execute(name, words)


def _migrate() -> None:
    """Bring a new DATA_DIR, or one of an older version, up to date; the second of two at once waits."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with connection.cursor() as cursor, redirect_stdout(sys.stderr):
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def _execute(name: str, words: list[str]) -> None:
    """As BaseCommand.run_from_argv, but errors, those of arguments too, come back as exceptions instead of pages."""
    from django.core.management import CommandError, get_commands, handle_default_options, load_command_class
    from django.db import connections

    app = get_commands().get(name)
    if not app:
        raise CommandError(f"there is no such command; `{words[0]} help` lists them all.")
    command = app if hasattr(app, "execute") else load_command_class(app, name)
    options = vars(command.create_parser(words[0], name).parse_args(words[2:]))
    handle_default_options(type("Options", (), options))
    if not type(command).__module__.startswith("django."):
        options["skip_checks"] = True  # they load every page; `check`, `migrate` and `runserver` still run them
    try:
        command.execute(*options.pop("args", ()), **options)
    finally:
        connections.close_all()


def _sentence(error: Exception) -> str:
    """One line: the message as it is where it was written for people, else with the kind of error before it."""
    text = " ".join(str(error).split()).removeprefix("Error: ").removeprefix("SystemCheckError: ")
    for_people = {"CommandError", "StackError", "ImproperlyConfigured", "RuntimeError", "SystemCheckError"}
    if type(error).__name__ == "OperationalError":
        return f"the database of DATABASE_URL does not answer as it should: {text}"
    return text if type(error).__name__ in for_people else f"{type(error).__name__}: {text} ({_place(error)})"


def _place(error: Exception) -> str:
    """File and line of ours where an unforeseen error came up, for whoever has to mend it."""
    root = os.path.dirname(os.path.abspath(__file__))
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(root)]
    last = [frame for frame in frames if ".venv" not in frame.filename][-1]
    return f"{os.path.relpath(last.filename, root)}:{last.lineno}"


def _say(name: str, sentence: str, code: int) -> int:
    print(f"manage.py {name}: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv))
