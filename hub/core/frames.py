"""WebSocket frames as a server sends them (RFC 6455, 5.2): unmasked, whole, so that readers can share the bytes."""

#: A last fragment of text.
_TEXT = 0x81
#: Lengths from here on take two, and from there on eight bytes more.
_MEDIUM = 126
_LARGE = 65_536


def text_frame(text: str) -> bytes:
    """Return a text message as one complete frame.

    Raises:
        UnicodeEncodeError: the text holds a lone surrogate, which has no UTF-8.
    """
    return _frame(_TEXT, text.encode())


def _frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _MEDIUM:
        return bytes((first, length)) + payload
    if length < _LARGE:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload
