"""Schema changes of the chat."""
