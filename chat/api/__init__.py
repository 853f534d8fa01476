"""The chat over HTTP."""
