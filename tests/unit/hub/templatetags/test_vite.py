"""The tags that load what Vite built."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template
from pytest_django import Settings

MANIFEST: dict[str, Any] = {
    "src/main.ts": {
        "file": "assets/main-1a2b3c4d.js",
        "css": ["assets/main-5e6f7a8b.css"],
        "imports": ["_shared.js"],
    },
    "_shared.js": {"file": "assets/shared-9c0d1e2f.js", "css": ["assets/shared-3a4b5c6d.css"]},
    "src/theme/login.css": {"file": "assets/login-7e8f9a0b.css"},
}

Build = Callable[[dict[str, Any]], Path]


@pytest.fixture
def build(tmp_path: Path, settings: Settings) -> Build:
    """Put a manifest where Vite would have: `build(MANIFEST)`. Until then there is none."""
    settings.STATICFILES_DIRS = [tmp_path / "dist"]
    settings.STATIC_ROOT = tmp_path / "collected"

    def write(manifest: dict[str, Any], below: str = "dist") -> Path:
        path = tmp_path / below / "hubbub" / "manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(manifest))
        return path

    return write


def test_a_script_comes_with_its_styles_and_the_modules_it_needs(build: Build) -> None:
    build(MANIFEST)
    assert _render("src/main.ts").splitlines() == [
        '<link rel="stylesheet" href="/static/hubbub/assets/main-5e6f7a8b.css">',
        '<link rel="stylesheet" href="/static/hubbub/assets/shared-3a4b5c6d.css">',
        '<link rel="modulepreload" href="/static/hubbub/assets/shared-9c0d1e2f.js">',
        '<script type="module" src="/static/hubbub/assets/main-1a2b3c4d.js"></script>',
    ]


def test_a_style_sheet_can_be_an_entry_of_its_own(build: Build) -> None:
    build(MANIFEST)
    assert _render("src/theme/login.css") == ('<link rel="stylesheet" href="/static/hubbub/assets/login-7e8f9a0b.css">')


def test_a_module_that_is_needed_twice_is_loaded_once(build: Build) -> None:
    shared = {"file": "assets/shared.js", "imports": ["src/main.ts"]}
    build({"src/main.ts": {"file": "assets/main.js", "imports": ["a", "a"]}, "a": shared})
    assert _render("src/main.ts").count("shared.js") == 1


def test_names_are_escaped(build: Build) -> None:
    build({"src/main.ts": {"file": 'assets/"><script>.js'}})
    assert "<script>.js" not in _render("src/main.ts")


def test_a_missing_build_says_how_to_make_it(build: Build) -> None:
    with pytest.raises(ImproperlyConfigured, match="npm run build"):
        _render("src/main.ts")


def test_the_page_about_a_failure_does_without_a_build(build: Build) -> None:
    tag = "{% load vite %}{% vite_assets 'src/main.ts' required=False %}"
    assert Template(tag).render(Context()) == ""
    build(MANIFEST)
    assert "main-1a2b3c4d.js" in Template(tag).render(Context())


def test_collected_files_are_enough(build: Build, tmp_path: Path) -> None:
    path = build(MANIFEST)
    collected = tmp_path / "collected" / "hubbub"
    collected.mkdir(parents=True)
    path.rename(collected / "manifest.json")
    assert "main-1a2b3c4d.js" in _render("src/main.ts")


def test_an_unknown_entry_is_named_with_those_that_are_there(build: Build) -> None:
    build(MANIFEST)
    with pytest.raises(ImproperlyConfigured, match=r"entry 'src/other\.ts', got .*src/main\.ts"):
        _render("src/other.ts")


def test_a_new_build_is_seen_without_a_restart(build: Build) -> None:
    path = build(MANIFEST)
    _render("src/main.ts")
    build({"src/main.ts": {"file": "assets/main-new.js"}})
    # Two builds within one tick of the file system's clock would have the same time.
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))
    assert "main-new.js" in _render("src/main.ts")


def _render(entry: str) -> str:
    return Template("{% load vite %}{% vite_assets entry %}").render(Context({"entry": entry}))
