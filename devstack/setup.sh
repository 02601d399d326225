#!/bin/sh
# Installs what Modoru needs into the checkout; nothing outside it, nothing twice.
#
#   sh devstack/setup.sh run          Python packages, styles and scripts of the pages, message catalogues
#   sh devstack/setup.sh dev          the same and what tests and checks need
#   sh devstack/setup.sh catalogues   only the message catalogues
#
# What is installed is remembered by the checksum of its lock file, so a second run takes a moment.
# UV_SYSTEM_CERTS=1 makes uv trust the certificates of a company.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
give_up() { printf '%s\n' "$*" >&2; exit 1; }

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        [ -n "$candidate" ] || continue
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        printf '%s' "$candidate"
        return
    done
    give_up "Modoru needs Python 3.11 or later: install one, or name it with PYTHON=/path/to/python3."
}

# Two runs in one checkout wait for each other: the lock goes with the last process that holds it.
take_lock() {
    mkdir -p .uv
    MODORU_SETUP=locked exec "$python" -c '
import fcntl, os, sys
lock = open(".uv/setup.lock", "a")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("Waiting for another set-up of this checkout ...", flush=True)
    fcntl.flock(lock, fcntl.LOCK_EX)
os.set_inheritable(lock.fileno(), True)
os.execvp("sh", ["sh", "devstack/setup.sh", sys.argv[1]])
' "$1"
}

# is_done NAME FILE…: whether these very files were installed; remember NAME FILE… notes it.
checksum() { cat "$@" | cksum; }
is_done() { mark=$1; shift; [ -f "$mark" ] && [ "$(cat "$mark")" = "$(checksum "$@")" ]; }
remember() { mark=$1; shift; checksum "$@" > "$mark"; }

install_uv() {
    is_done .uv/uv.done devstack/tools/uv.txt && return
    say "Fetching uv, which installs the rest ..."
    rm -rf .uv/tool
    if "$python" -m venv .uv/tool >/dev/null 2>&1; then
        .uv/tool/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r devstack/tools/uv.txt
    elif "$python" -m pip --version >/dev/null 2>&1; then
        # Debian without python3-venv, but with pip.
        rm -rf .uv/tool
        "$python" -m pip install --quiet --require-hashes --only-binary :all: --target .uv/tool -r devstack/tools/uv.txt
    else
        give_up "This Python has neither venv nor pip: install them (Debian, Ubuntu: apt install python3-venv) and start again."
    fi
    remember .uv/uv.done devstack/tools/uv.txt
}

uv() { .uv/tool/bin/uv --no-config "$@"; }

install_python_packages() {
    if ! .venv/bin/python -c '' 2>/dev/null; then
        uv venv --quiet --clear --no-project --python "$("$python" -c 'import sys; print(sys.executable)')" .venv
    fi
    # Lets `pytest` and `celery` find the project wherever they are started.
    .venv/bin/python -c 'import sysconfig; open(sysconfig.get_path("purelib") + "/modoru.pth", "w").write("../../../..\n")'
    for lock in "$@"; do
        is_done ".venv/$lock.done" "$lock" && continue
        say "Installing the Python packages of $lock ..."
        uv pip install --quiet --python .venv/bin/python --require-hashes --only-binary :all: -r "$lock"
        remember ".venv/$lock.done" "$lock"
    done
}

install_node() {
    node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 && return
    if ! is_done .uv/node.done devstack/tools/node.txt; then
        say "Fetching Node, which this machine lacks ..."
        uv venv --quiet --clear --no-project --python .venv/bin/python .uv/node
        uv pip install --quiet --python .uv/node/bin/python --require-hashes --only-binary :all: -r devstack/tools/node.txt
        remember .uv/node.done devstack/tools/node.txt
    fi
    PATH="$PWD/.uv/node/bin:$PATH"
    export PATH
}

install_node_packages() {
    is_done node_modules/.done package-lock.json && return
    install_node
    say "Installing the styles, scripts, icons and fonts of the pages ..."
    npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
    remember node_modules/.done package-lock.json
}

compile_catalogues() {
    for catalogue in */locale/*/LC_MESSAGES/django.po; do
        [ -f "$catalogue" ] || continue
        compiled="${catalogue%.po}.mo"
        [ -f "$compiled" ] && [ -z "$(find "$catalogue" -newer "$compiled")" ] && continue
        .venv/bin/python -m babel.messages.frontend --quiet compile -i "$catalogue" -o "$compiled"
    done
}

wanted=${1:-dev}
python=$(find_python)
[ "${MODORU_SETUP:-}" = locked ] || take_lock "$wanted"
case $wanted in
    run | dev)
        install_uv
        if [ "$wanted" = dev ]; then
            install_python_packages requirements.txt requirements-dev.txt
        else
            install_python_packages requirements.txt
        fi
        install_node_packages
        compile_catalogues
        ;;
    catalogues) compile_catalogues ;;
    *) give_up "devstack/setup.sh knows run, dev and catalogues, not $wanted." ;;
esac
