"""Schema changes of the notifications."""
