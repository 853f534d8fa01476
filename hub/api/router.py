"""From addresses to viewsets."""

from rest_framework.routers import SimpleRouter

#: What an id in an address may look like: what a database can hold.
ID = r"[0-9]{1,18}"


class ApiRouter(SimpleRouter):
    """A router whose addresses end in a slash, without a root page: an API's root is its schema."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=True, use_regex_path=True)
