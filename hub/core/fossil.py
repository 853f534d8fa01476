"""Patches in the format of the Fossil version control system: what has changed from one payload to the next.

The format: https://fossil-scm.org/home/doc/trunk/www/delta_format.wiki
"""

import re
from struct import unpack

_DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_NUMBER = re.compile(rb"([0-9A-Za-z_~]{1,6})(.)", re.DOTALL)

#: Bytes that must be the same for a copy to be worth its place in a patch.
_LEAST = 12
#: Parts of the source that are looked for in the target: larger ones in a larger source, so that they stay as many.
_MOST_BLOCKS = 4_096
#: What a patch may cost, in places of the target that are looked at: about a fifth of a microsecond each. What comes
#: behind them is written out.
_MOST_EFFORT = 32_768
#: What is the same takes longer to measure than what is not.
_EFFORT_OF_COPY = 16
#: Bytes that a patch may make, at most, where its reader says nothing else.
MAX_TARGET = 16 * 1024 * 1024


class BadPatch(ValueError):
    """This is no patch, or not one of this source."""


def create(source: bytes, target: bytes) -> bytes:
    """Return a patch that makes the target of the source.

    It never cuts a character of UTF-8 in two: so a patch of texts is itself a text. It takes time in proportion to
    the sizes, and not more than some milliseconds for anything beyond: what is left then is written out.
    """
    start = _same_before(source, target)
    end = len(target) - _same_behind(source, target, start)
    # What stands unchanged before and behind is found at once; it is most of most payloads.
    patch = [_number(len(target)), b"\n"]
    if start:
        patch += [_number(start), b"@0,"]
    patch += _middle(source, target, start, end)
    if behind := len(target) - end:
        patch += [_number(behind), b"@", _number(len(source) - behind), b","]
    return b"".join([*patch, _number(_checksum(target)), b";"])


def apply(source: bytes, patch: bytes, limit: int = MAX_TARGET) -> bytes:
    """Return the target that a patch makes of the source.

    Arguments:
        limit: most bytes that it may make.
    Raises:
        BadPatch: it is no patch, or one of another source, or it makes too much.
    """
    size, mark, at = _read(patch, 0)
    if mark != b"\n" or size > limit:
        raise BadPatch(f"expected the size of the target, at most {limit}")
    parts, made = [], 0
    while True:
        count, mark, at = _read(patch, at)
        if mark == b";":
            break
        part, at = _part(source, patch, count, mark, at)
        made += count
        if len(part) != count or made > size:
            raise BadPatch("expected a part of the source or the patch, got one beyond their ends or the target's")
        parts.append(part)
    target = b"".join(parts)
    if made != size or count != _checksum(target):
        raise BadPatch("expected a target of another size or checksum: this is a patch of another source")
    return target


def _part(source: bytes, patch: bytes, count: int, mark: bytes, at: int) -> tuple[bytes, int]:
    if mark == b":":
        return patch[at : at + count], at + count
    if mark != b"@":
        raise BadPatch(f"expected one of @, : and ;, got {mark!r}")
    offset, mark, at = _read(patch, at)
    if mark != b",":
        raise BadPatch(f"expected a comma behind a copy, got {mark!r}")
    return source[offset : offset + count], at


def _read(patch: bytes, at: int) -> tuple[int, bytes, int]:
    found = _NUMBER.match(patch, at)
    if found is None:
        raise BadPatch("expected a number and what it is for")
    number = 0
    for digit in found[1]:
        number = number * 64 + _VALUES[digit]
    return number, found[2], found.end()


def _number(number: int) -> bytes:
    digits = bytearray()
    while number > 63:
        digits.append(_DIGITS[number & 63])
        number >>= 6
    digits.append(_DIGITS[number])
    return bytes(reversed(digits))


def _checksum(data: bytes) -> int:
    padded = data + b"\0" * (-len(data) % 4)
    words: tuple[int, ...] = unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFF_FFFF


def _middle(source: bytes, target: bytes, start: int, end: int) -> list[bytes]:
    """Return the commands for a part of the target: copies of what the source has anywhere, and the rest as it is."""
    size = max(_LEAST, -(-len(source) // _MOST_BLOCKS))
    # Of the same parts the first counts: a loop from the end overwrites the others.
    blocks = {source[at : at + size]: at for at in range((len(source) // size - 1) * size, -1, -size)}
    patch: list[bytes] = []
    written = place = start
    effort = 0
    while place + size <= end and effort < _MOST_EFFORT:
        at = blocks.get(target[place : place + size], -1)
        effort += 1 if at < 0 else _EFFORT_OF_COPY
        first, after = (place, place) if at < 0 else _extended(source, at, target, place, size, written, end)
        if after - first < _LEAST:
            place += 1
            continue
        patch += _literal(target[written:first])
        patch += [_number(after - first), b"@", _number(at + first - place), b","]
        written = place = after
    return patch + _literal(target[written:end])


def _literal(text: bytes) -> list[bytes]:
    return [_number(len(text)), b":", text] if text else []


def _extended(source: bytes, at: int, target: bytes, place: int, size: int, least: int, end: int) -> tuple[int, int]:
    """Return from where to where the target is the same as the source around two places, in whole characters."""
    first = place
    # A longer way back would have begun with a part that was found before.
    while first > max(least, place - size, place - at) and target[first - 1] == source[at + first - 1 - place]:
        first -= 1
    after = place + size + _same(source, at + size, target, place + size, end)
    return first + _to_character(target, first, 1), after - _to_character(target, after, -1)


def _to_character(text: bytes, at: int, step: int) -> int:
    """Return how many bytes on, or back, a character of UTF-8 begins; 0 where this is no such text."""
    for count in range(4):
        # RFC 3629, 3: a character has up to four bytes; all but the first begin with the bits 10.
        if at < 0:
            break
        if at >= len(text) or text[at] & 0xC0 != 0x80:
            return count
        at += step
    return 0


def _same(source: bytes, at: int, target: bytes, place: int, end: int) -> int:
    """Return how many bytes are the same from two places on, up to the end of the source or `end` in the target."""
    most, count, step = min(len(source) - at, end - place), 0, 16
    while count < most and step:
        step = min(step, most - count)
        if source[at + count : at + count + step] == target[place + count : place + count + step]:
            count += step
            step *= 2
        else:
            step //= 2
    return count


def _same_before(source: bytes, target: bytes) -> int:
    count = _same(source, 0, target, 0, len(target))
    count -= _to_character(target, count, -1)
    return count if count >= _LEAST else 0


def _same_behind(source: bytes, target: bytes, start: int) -> int:
    """Return how many bytes at the ends are the same, behind what is the same at the beginning."""
    most, count, step = min(len(source), len(target) - start), 0, 16
    while count < most and step:
        step = min(step, most - count)
        until_source, until_target = len(source) - count, len(target) - count
        if source[until_source - step : until_source] == target[until_target - step : until_target]:
            count += step
            step *= 2
        else:
            step //= 2
    count -= _to_character(target, len(target) - count, 1)
    return count if count >= _LEAST else 0
