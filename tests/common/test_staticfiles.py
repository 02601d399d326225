"""Which files are served, and how small they are."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.management.commands.collectstatic import Command
from django.core.management import call_command
from django.test import override_settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
NAMED = sorted(
    {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r"""\{%\s*static\s+['"]([^'"]+)['"]""", path.read_text())
    }
)


@pytest.mark.parametrize("name", NAMED)
def test_every_file_a_page_names_is_served(name):
    assert finders.find(name)


def test_of_packages_only_named_files_are_served():
    served = [path for finder in finders.get_finders() for path, _storage in finder.list([])]
    foreign = [name for name in served if name.endswith(".map") or "tabler-flags" in name]
    assert foreign == []
    assert len(served) < 60
    assert finders.find("echarts/echarts.min.js") is None


@pytest.fixture
def packed(tmp_path) -> Path:
    """What the image and the demo serve."""
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "common.staticfiles.PackedStorage"}}
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path):
        call_command(Command(), interactive=False, verbosity=0)
    return tmp_path


def test_packed_files_carry_their_content_in_the_name_and_stay_small(packed):
    css = next(packed.glob("tabler/css/tabler.min.*.css"))
    assert Path(f"{css}.br").stat().st_size < 60_000
    assert Path(f"{css}.gz").stat().st_size < 85_000
    font = next(packed.glob("inter/*.woff2")).name
    assert f"../inter/{font}" in next(packed.glob("css/app.*.css")).read_text()
