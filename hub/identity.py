"""Who is at the other end of a connection: a user of the site, or a guest, whom the site does not know."""

from dataclasses import dataclass
from typing import TypeAlias

from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Guest:
    """A client that is no user of the site."""

    #: What a token calls it; empty: anonymous.
    id: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing is known of it."""
        return not self.id


#: Who may ask for something over a connection.
AnyUser: TypeAlias = User | Guest


def user_key(user: AnyUser) -> str:
    """Return the text by which the Centrifugo client protocol knows somebody: the user's id; empty for anonymous."""
    return user.id if isinstance(user, Guest) else str(user.pk)


def user_id_of(key: str) -> int | None:
    """Return the id of a user that `user_key` gave, or None where it names no user of the site.

    Only the one text that `user_key` gives for an id is taken: `042` is not user 42.
    """
    if not key.isascii() or not key.isdecimal() or len(key) > 19 or key[0] == "0":
        return None
    number = int(key)
    return number if number < 2**63 else None
