"""Finding a browser, and a Node for Playwright's driver."""

import os
import subprocess
from types import SimpleNamespace

import pytest

from devstack import StackError, browser


def program(path, says: str = "v20.1.0"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with no browser and no Node; programs can be put into its `bin`."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    monkeypatch.setattr(browser, "ELSEWHERE", (str(tmp_path / "Applications" / "Google Chrome"),))
    monkeypatch.setattr(browser, "ROOT", tmp_path / "checkout")
    return tmp_path


def test_nothing_is_found_on_a_bare_machine(bare):
    assert browser.find() is None
    assert browser.driver_environment() == {}


@pytest.mark.parametrize(
    "place",
    [
        "bin/google-chrome",
        "Applications/Google Chrome",
        "home/.cache/ms-playwright/chromium-1200/chrome-linux64/chrome",
        "home/Library/Caches/ms-playwright/chromium-1200/chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    ],
)
def test_a_browser_is_found_in_its_usual_places(bare, place):
    path = program(bare / place)
    assert browser.find() == path


def test_the_one_that_was_named_comes_first(bare, monkeypatch):
    program(bare / "bin/chromium")
    monkeypatch.setenv("CHROMIUM", "/opt/mine")
    assert browser.find() == "/opt/mine"


def test_playwrights_folder_may_be_elsewhere(bare, monkeypatch):
    path = program(bare / "browsers/chromium-1200/chrome-linux/chrome")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(bare / "browsers"))
    assert browser.find() == path


@pytest.mark.parametrize(
    ("euid", "has_apt", "first", "last"),
    [
        (0, True, ["apt-get", "update"], "fonts-noto-cjk"),
        (0, False, ["-m", "playwright"], "chromium"),
        (1000, True, ["-m", "playwright"], "chromium"),
    ],
)
def test_what_is_missing_is_installed_as_the_machine_does_it(bare, monkeypatch, euid, has_apt, first, last):
    ran = []
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    if has_apt:
        program(bare / "bin/apt-get")

    def run(command, **_):
        ran.append(command)
        program(bare / "bin/chromium")
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(browser, "find_node", lambda: None)
    assert browser.ensure().endswith("bin/chromium")
    assert any(word in ran[0] for word in first)
    assert ran[-1][-1] == last


def test_a_failed_installation_is_one_sentence(bare, monkeypatch):
    monkeypatch.setattr(browser, "find_node", lambda: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(StackError, match=r"could not be installed: .* failed"):
        browser.ensure()


def test_an_installation_that_brought_nothing_is_one_sentence(bare, monkeypatch):
    monkeypatch.setattr(browser, "find_node", lambda: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    with pytest.raises(StackError, match="install one, or set CHROMIUM"):
        browser.ensure()


def test_nothing_is_installed_where_one_is_found(bare, monkeypatch):
    path = program(bare / "bin/chromium")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("nothing to install"))
    assert browser.ensure() == path


@pytest.mark.parametrize(
    ("on_path", "brought", "chosen"),
    [
        ("v20.1.0", "v24.0.0", "bin/node"),
        ("v16.1.0", "v24.0.0", "checkout/.uv/node/bin/node"),
        ("nonsense", None, None),
    ],
)
def test_playwright_gets_a_node_that_is_new_enough(bare, on_path, brought, chosen):
    program(bare / "bin/node", on_path)
    if brought:
        program(bare / "checkout/.uv/node/bin/node", brought)
    assert browser.driver_environment() == ({"PLAYWRIGHT_NODEJS_PATH": str(bare / chosen)} if chosen else {})


@pytest.mark.parametrize(("euid", "without"), [(0, True), (1000, False)])
def test_only_root_goes_without_a_sandbox(monkeypatch, euid, without):
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    assert ("--no-sandbox" in browser.launch_arguments()) is without
