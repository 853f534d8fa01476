"""Patches: what they make is the target, clients read them, and nothing hostile gets through or takes long."""

import json

import pytest
from centrifuge.fossil import apply_delta
from hypothesis import example, given
from hypothesis import strategies as st

from hub.core import fossil
from hub.core.fossil import BadPatch
from tests.unit.hub.core.values import objects, texts

#: Few values, so that parts are the same by chance.
narrow = st.lists(st.sampled_from([0, 0x61, 0x80, 0xC3, 0xA9]), max_size=200).map(bytes)
anything = st.binary(max_size=200) | narrow
#: Pieces that occur in both texts.
pieces = st.lists(
    # Characters of which the first bytes are the same, or the last.
    st.sampled_from(
        ["é" * 7, "è" * 7, "é", "è", "©" * 7, "abcdefghijklmnop", "日本語日本語", "旤旣", "\U0001f600" * 4, "x"]
    ),
    max_size=12,
)

LONG = "something that is longer than what is looked for"


@given(anything, anything)
@example(b"", b"")
@example(b"a" * 40, b"a" * 41)
@example(b"a" * 41, b"a" * 40)
@example(b"\x80" * 100, b"\x80" * 50 + b"\x00" + b"\x80" * 50)
def test_a_patch_makes_the_target(source: bytes, target: bytes) -> None:
    patch = fossil.create(source, target)
    assert fossil.apply(source, patch) == target


@given(pieces.map("".join) | texts, pieces.map("".join) | texts)
def test_a_patch_of_texts_is_a_text_and_a_client_reads_it(source: str, target: str) -> None:
    patch = fossil.create(source.encode(), target.encode())
    # As JSON carries it.
    carried = json.loads(json.dumps(patch.decode())).encode()
    assert bytes(apply_delta(source.encode(), carried)).decode() == target


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("a" * 20 + "é", "a" * 20 + "è"),
        ("é" + "a" * 20, "©" + "a" * 20),
        ("x" + LONG + "é.", "y" + LONG + "è!"),
        ("xé" + LONG, "y©" + LONG + "z"),
    ],
)
def test_a_patch_cuts_no_character_in_two(source: str, target: str) -> None:
    patch = fossil.create(source.encode(), target.encode())
    assert len(patch.decode()) < len(target)
    assert fossil.apply(source.encode(), patch).decode() == target


@given(objects, objects)
def test_a_patch_of_json_makes_the_json(source: object, target: object) -> None:
    old, new = json.dumps(source).encode(), json.dumps(target).encode()
    assert fossil.apply(old, fossil.create(old, new)) == new


def test_what_changed_little_makes_a_small_patch() -> None:
    rows = [{"id": number, "name": f"név {number}", "price": number * 7919 % 1000} for number in range(500)]
    old = json.dumps(rows, ensure_ascii=False).encode()
    rows[30]["price"] = 0
    rows[400]["name"] = "Å" * 5
    rows.insert(200, {"id": -1})
    new = json.dumps(rows, ensure_ascii=False).encode()
    assert len(fossil.create(old, new)) < 150 < len(new) / 100


def test_what_was_moved_is_found() -> None:
    first, second = b"the first part of it all, ", b"and then the second part. "
    assert len(fossil.create(first * 4 + second * 4, second * 4 + first * 4)) < 40


def test_the_format_is_that_of_fossil() -> None:
    # Sizes and the checksum are numbers of base 64; the checksum is the sum of big-endian words.
    assert fossil.create(b"", b"") == b"0\n0;"
    assert fossil.create(b"", b"a") == b"1\n1:a1X0000;"
    assert fossil.create(b"x" * 100, b"x" * 100) == b"1_\n1_@0,33lxEt;"


def test_what_is_too_large_to_compare_is_written_out_and_still_right() -> None:
    source, target = b"".join(b"%d," % n for n in range(200_000)), b"".join(b"%d;" % n for n in range(200_000))
    assert fossil.apply(source, fossil.create(source, target)) == target


SOURCE = b"0123456789abcdef"
GOOD = fossil.create(SOURCE, b"0123456789abcdefgh")


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"\n",
        b"1",
        b"1\n",
        b"0\n",
        b"0\n0",
        b"0\n1;",
        b"1\n0;",
        b"1\n1:a0;",
        b"1\n2:ab0;",
        b"1\n1@G,0;",
        b"G\nH@0,0;",
        b"G\nG@1,0;",
        b"G\nG@0;0;",
        b"G\nG@",
        b"G\nG?0;",
        b"5\n5:ab",
        b"~~~~~~~\n0;",
        b"-1\n0;",
        GOOD[:-1],
        GOOD.replace(b":gh", b":gi"),
    ],
)
def test_what_is_no_patch_of_this_source_is_refused(patch: bytes) -> None:
    with pytest.raises(BadPatch):
        fossil.apply(SOURCE, patch)


def test_a_patch_of_another_source_is_refused() -> None:
    with pytest.raises(BadPatch, match="another source"):
        fossil.apply(SOURCE.upper(), GOOD)


def test_a_patch_that_makes_too_much_is_refused_before_it_does() -> None:
    copies = b"1~\n" + b"G@0," * 7
    with pytest.raises(BadPatch, match="expected the size of the target, at most 100"):
        fossil.apply(SOURCE, copies, limit=100)
    with pytest.raises(BadPatch, match="beyond their ends or the target's"):
        fossil.apply(SOURCE, b"W\n" + b"G@0," * 100_000)


@given(st.binary(max_size=64), st.binary(max_size=64) | st.text("0123GW~@:;,\n", max_size=40).map(str.encode))
def test_any_bytes_make_a_target_or_are_refused(source: bytes, patch: bytes) -> None:
    try:
        target = fossil.apply(source, patch, limit=1_000)
    except BadPatch:
        return
    assert len(target) <= 1_000
