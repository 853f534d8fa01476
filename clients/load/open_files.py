"""How many connections this process may hold: each takes a file descriptor."""

#: Descriptors that the program needs besides its connections.
SPARE = 64


def room_for(connections: int) -> str | None:
    """Make room for so many connections, as far as this process may.

    Returns:
        None, or a sentence that says what is in the way.
    """
    try:
        import resource
    except ImportError:
        # Not on this system; then there is no such limit either.
        return None
    needed = connections + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return None
    if hard != resource.RLIM_INFINITY and hard < needed:
        return (
            f"expected room for {connections:,} connections, and this process may open {hard:,} files at most: "
            f"raise the limit (ulimit -Hn {needed}, as root), or ask for fewer"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return None
