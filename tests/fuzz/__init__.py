"""Fuzzing by coverage: see `__main__.py`."""
