"""The pages lead to each other, to files that are there, and to nothing that only this machine has."""

import re
from pathlib import Path

import pytest

from hub.conf import BASE_DIR
from tests.unit.docs.pages import anchors, pages, read

PAGES = pages()
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")

#: Addresses from which packages are fetched: which one is used is everyone's own business.
REGISTRY = re.compile(r"https?://[^\s)]*(?:pypi|pythonhosted|npmjs|artifactory|nexus|registry|mirror|/simple\b)", re.I)
#: Directories that are those of one machine.
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/|\.pyenv")
#: References to what is not in the repository.
REFERENCE = re.compile(r"(?<![\w&/`])#\d+\b|\b(?:issue|ticket|pull request|PR) #?\d+|\bagents?\b", re.I)
#: What stands in a page as code.
CODE = re.compile(r"^```.*?^```|^ {4}.*?$|`[^`]+`", re.MULTILINE | re.DOTALL)
#: A session is one of a browser, or of whoever logs in; no other is spoken of.
LOGIN = re.compile(r"cookie|csrf|browser|credential|password|token|\blog(?:s|ged|ging)? ?(?:in|out)\b|SECRET_KEY", re.I)


def name(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


def links(path: Path) -> list[str]:
    found = [first or second for first, second in LINK.findall(path.read_text(encoding="utf-8"))]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_each_relative_link_leads_somewhere(path: Path) -> None:
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.is_relative_to(BASE_DIR), f"{link} leads out of the project"
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{link} has no such heading"


def test_the_index_leads_to_every_page() -> None:
    index = BASE_DIR / "docs" / "index.md"
    led_to = {(index.parent / link).resolve() for link in links(index)}
    assert led_to >= {path for path in PAGES if path.is_relative_to(index.parent)} - {index}


@pytest.mark.parametrize("path", PAGES, ids=name)
@pytest.mark.parametrize("forbidden", [REGISTRY, MACHINE, REFERENCE], ids=["registry", "machine", "reference"])
def test_no_page_speaks_of_what_only_its_writer_has(path: Path, forbidden: re.Pattern[str]) -> None:
    found = forbidden.search(path.read_text(encoding="utf-8"))
    assert found is None, found


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_session_is_always_one_of_somebody_who_logs_in(path: Path) -> None:
    for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        # What others have called so in their protocol is code.
        assert LOGIN.search(paragraph) or not re.search(r"\bsessions?\b", CODE.sub("", paragraph), re.I), paragraph


@pytest.mark.parametrize("path", sorted((BASE_DIR / "docs" / "images").glob("*")), ids=name)
def test_an_image_is_small_and_shown_somewhere(path: Path) -> None:
    assert path.stat().st_size < 300_000
    assert any(path.name in read(name(page)) for page in PAGES)
