"""docker-compose.yml without Docker: the environment and command of a service, for checks and tests.

python -m devstack.compose web python manage.py check --deploy
"""

import os
import re
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"
# ${NAME}, ${NAME:-default} and ${NAME:?what to do}; a default may hold one more of them.
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])((?:[^{}]|\$\{[^{}]*\})*))?\}")


def services(variables: dict[str, str]) -> dict[str, dict]:
    """Every service of the file with these variables put in. ValueError: what the file asks for is missing."""
    return _filled(yaml.safe_load(FILE.read_text()), variables)["services"]


def command(service: dict) -> list[str]:
    """The words of a service's command."""
    words = service["command"]
    return shlex.split(words) if isinstance(words, str) else words


def _filled(value, variables: dict[str, str]):
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return _substituted(value, variables) if isinstance(value, str) else value


def _substituted(text: str, variables: dict[str, str]) -> str:
    def put_in(found: re.Match) -> str:
        name, kind, rest = found.groups()
        if variables.get(name):
            return variables[name]
        if kind == "?":
            raise ValueError(f"{name} is not set: {rest}")
        return _substituted(rest or "", variables)

    return VARIABLE.sub(put_in, text)


def main(words: list[str]) -> int:
    """Run a command with the environment of that service; SECRET_KEY, which the file asks for, is made up."""
    service = services({"SECRET_KEY": secrets.token_urlsafe(48), **os.environ})
    environment = os.environ | {key: str(value) for key, value in service[words[0]]["environment"].items()}
    rest = [sys.executable if word == "python" else word for word in words[1:]]
    return subprocess.run(rest, env=environment, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
