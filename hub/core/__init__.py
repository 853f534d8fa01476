"""The pure part of the engine: standard library only, no Django, no event loop, no clock of its own."""
