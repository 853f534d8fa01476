"""Applications that show how Hubbub is used by a host."""
