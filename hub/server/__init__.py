"""The `daphne` command with flow control, a drain and honest proxies, for any ASGI application."""
