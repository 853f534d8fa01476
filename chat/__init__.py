"""Chat: rooms, their members and their messages, published to the streams `chat:<room slug>`."""
