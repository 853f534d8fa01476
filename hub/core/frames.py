"""WebSocket frames as a server sends them (RFC 6455, 5.2): unmasked, whole, so that readers can share the bytes."""

#: A last fragment of text, one of binary data, and the control frames.
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x81, 0x82, 0x88, 0x89, 0x8A
#: Lengths from here on take two, and from there on eight bytes more.
_MEDIUM = 126
_LARGE = 65_536
#: Longest reason of a close frame, in bytes (RFC 6455, 5.5.1: a control frame carries 125, two of them the code).
MAX_REASON = 123


def text_frame(text: str) -> bytes:
    """Return a text message as one complete frame.

    Raises:
        UnicodeEncodeError: the text holds a lone surrogate, which has no UTF-8.
    """
    return _frame(_TEXT, text.encode())


def binary_frame(data: bytes) -> bytes:
    """Return a binary message as one complete frame."""
    return _frame(_BINARY, data)


def close_frame(code: int | None, reason: str = "") -> bytes:
    """Return a close frame.

    Arguments:
        code: None for a frame that says nothing.
        reason: goes with a code; what is too long is cut off behind a whole character.
    """
    if code is None:
        return _frame(_CLOSE, b"")
    cut = reason.encode()[:MAX_REASON].decode(errors="ignore")
    return _frame(_CLOSE, code.to_bytes(2, "big") + cut.encode())


def ping_frame(payload: bytes = b"") -> bytes:
    """Return a ping of up to 125 bytes."""
    return _frame(_PING, payload)


def pong_frame(payload: bytes) -> bytes:
    """Return the answer to a ping of up to 125 bytes."""
    return _frame(_PONG, payload)


def _frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < _MEDIUM:
        return bytes((first, length)) + payload
    if length < _LARGE:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload
