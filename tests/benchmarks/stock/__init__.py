"""What the hub is compared with: a chat as Channels' own tutorial makes it."""
