"""What the shop may refuse."""


class OrderSettled(Exception):
    """The order is paid or cancelled already, so nothing else can become of it.

    Arguments:
        reference: what the order is called.
        status: what has become of it.
    """

    def __init__(self, reference: str, status: str) -> None:
        super().__init__(f"expected order {reference} to be unpaid, but it is {status}")
