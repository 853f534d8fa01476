"""Finding `@username` in a text."""

import re
import unicodedata

#: Most people that one message can mention; a notification and an event are made for each of them.
MAX_MENTIONS = 20

# What Django allows in a username is also what ends sentences and addresses. So a mention begins where no such
# character stands before it (`me@example.com` mentions nobody), and may end earlier than its characters do.
_MENTION = re.compile(r"(?<![\w.@+-])@([\w.@+-]{1,150})")
_ENDINGS = ".@+-"


def find_mentions(text: str) -> list[list[str]]:
    """Find who a text may mention.

    Returns:
        For each mention, in order and without repeats, the usernames that it may mean, best first: `@ann.` means
        `ann.` where there is one of that name, else `ann`. At most 20 mentions are looked at.
    """
    # Usernames are stored in this form.
    normal = unicodedata.normalize("NFKC", text)
    found = dict.fromkeys(match.group(1) for match in _MENTION.finditer(normal))
    return [_readings(name) for name in list(found)[:MAX_MENTIONS]]


def _readings(name: str) -> list[str]:
    readings = [name]
    while name and name[-1] in _ENDINGS:
        name = name[:-1]
        readings.append(name)
    return [reading for reading in readings if reading]
