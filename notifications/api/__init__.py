"""The notifications over HTTP."""
