"""One module per wire format; nothing else knows JSON on the wire."""
