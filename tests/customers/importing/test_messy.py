"""About a thousand files nobody promises are good: DuckDB's sniffer tests and fuzz crashers, Pollock's polluted files,
csv-spectrum, papaparse. Each ends as imported, imported with rejects, or refused with one sentence."""

import collections
import csv
import json
import random
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from customers.importing import previewing, running, staging
from customers.importing.encoding import RefusedError
from customers.models import Import
from tests.customers.importing.books import read

SECONDS, MEGABYTES = 10, 300
NO_HEADER, NO_COLUMN = re.compile("header was not found"), re.compile("No column was recognised")


@pytest.fixture(scope="session")
def messy(sample_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("messy")
    with tarfile.open(sample_data / "messy_csv.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


# --- the whole way of a dry run ----------------------------------------------------------------


def outcome(path):
    """imported, rejects, or the sentence of the refusal. A person's answers are added where they are asked for."""
    given = {}
    for _attempt in range(3):
        draft = running.start(
            kind="customers",
            source=ContentFile(path.read_bytes()),
            file_name=path.name,
            mapping=given,
            options={},
            by=None,
            state=Import.State.DRAFT,
        )
        try:
            layout, mapping = staging.layout_and_mapping(draft)
            found = previewing.preview(draft, layout, mapping)
        except RefusedError as refusal:
            answer = _answer(str(refusal), given)
            if answer is None:
                return str(refusal)
            given = answer
            continue
        finally:
            Path(draft.file.path).unlink()
        counts = found.counts
        assert counts.created + counts.updated + counts.unchanged + found.rejected == found.rows
        return "rejects" if found.rejected else "imported"
    return "asked in vain"


def _answer(sentence, given):
    if NO_HEADER.search(sentence) and "header_row" not in given:
        return given | {"header_row": None}
    if NO_COLUMN.search(sentence) and "columns" not in given:
        return given | {"columns": {"#0": "customer_id", "#1": "name"}}
    return None


def all_end_well(files):
    ends = collections.Counter()
    for path in files:
        started = time.monotonic()
        end = outcome(path)
        assert time.monotonic() - started < SECONDS, path
        is_sentence = end not in {"imported", "rejects"}
        assert not is_sentence or _is_one_sentence(end), (path, end)
        ends["refused" if is_sentence else end] += 1
    return ends


def _is_one_sentence(text):
    return bool(text.strip()) and "\n" not in text and "Traceback" not in text and len(text) < 400


@pytest.mark.django_db
def test_sixty_messy_files_end_as_imported_rejected_or_refused(messy, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    ends = all_end_well(random.Random(20261122).sample(files_of(messy), 60))
    assert sum(ends.values()) == 60
    assert len(ends) == 3


@pytest.mark.prove
@pytest.mark.django_db
def test_every_messy_file_ends_as_imported_rejected_or_refused(messy, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    files = files_of(messy)
    ends = all_end_well(files)
    print(f"messy files, whole way: {dict(ends)}")  # noqa: T201
    assert sum(ends.values()) == len(files) > 1000


# --- every file is read ------------------------------------------------------------------------

READ_ALL = """
import collections, re, sys, time, django
from pathlib import Path
django.setup()
from customers.importing import reading
from customers.importing.encoding import RefusedError
ends, slowest = collections.Counter(), 0
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if not path.is_file():
        continue
    for given in ({}, {"header_row": None}):
        started = time.monotonic()
        try:
            layout = reading.layout_of(path, "customers", given)
            chunks = list(reading.chunks(path, layout))
            ends["rejects" if any(chunk.odd for chunk in chunks) else "whole"] += 1
        except RefusedError:
            ends["refused"] += 1
        slowest = max(slowest, time.monotonic() - started)
highest = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(sum(ends.values()), round(slowest, 2), highest, dict(ends))
"""


@pytest.mark.prove
def test_every_messy_file_is_read_in_little_time_and_memory(messy):
    done = subprocess.run([sys.executable, "-c", READ_ALL, messy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    read_files, slowest, highest, *_ends = done.stdout.split(maxsplit=3)
    assert int(read_files) == 2 * len(files_of(messy))
    assert float(slowest) < SECONDS
    assert int(highest) < MEGABYTES


# --- files with an answer ----------------------------------------------------------------------


def verdict(path, header, answer):
    """right, rejected rows, asked (no header recognised), refused; wrong: a row was taken that the answer has not."""
    try:
        layout, rows, odd = read(path)
    except RefusedError:
        return "refused"
    if layout.header != [" ".join(name.split()) for name in header]:
        return "asked"
    known = collections.Counter(tuple(map(_plain, cells)) for cells in answer)
    taken = collections.Counter(tuple(map(_plain, cells)) for cells in rows.values())
    if taken - known:
        return "wrong"
    if odd:
        return "rejected rows"
    return "right" if taken == known else "lost"


def _plain(cell):
    return " ".join(cell.split())


def test_what_is_read_of_polluted_files_is_what_their_clean_versions_hold(messy):
    """A polluted file without a clean version of its own is the common source with a flaw in its form.

    Two tables in one file (file_multitable_*) have no answer.
    """
    folder = messy / "pollock" / "polluted_files"
    source = folder / "clean" / "file_double_trailing_newline.csv"
    verdicts = collections.Counter()
    for path in sorted((folder / "csv").iterdir()):
        if path.name.startswith("file_multitable"):
            continue
        clean = folder / "clean" / path.name
        with (clean if clean.exists() else source).open(newline="", encoding="utf-8") as file:
            header, *answer = csv.reader(file)
        verdicts[verdict(path, header, answer)] += 1
    print(f"Pollock: {dict(verdicts)}")  # noqa: T201
    assert verdicts["wrong"] == verdicts["lost"] == 0
    assert verdicts["right"] >= 10
    assert verdicts["rejected rows"] >= 130


def test_what_is_read_of_csv_spectrum_is_what_its_answers_say(messy):
    folder = messy / "npm_csv_spectrum"
    verdicts = collections.Counter()
    for path in sorted((folder / "csvs").iterdir()):
        answer = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        records = answer if isinstance(answer, list) else [answer]
        rows = [[str(value) for value in record.values()] for record in records]
        verdicts[verdict(path, list(records[0]), rows)] += 1
    print(f"csv-spectrum: {dict(verdicts)}")  # noqa: T201
    assert verdicts["wrong"] == verdicts["lost"] == 0
    assert verdicts["right"] >= 10
