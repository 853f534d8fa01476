"""The server API of Centrifugo: what other programs ask of the hub over HTTP, unmodified (protocol, section 9)."""
