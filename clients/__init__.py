"""The command-line clients: they speak to a Hubbub server as any program would, and import nothing of its code."""
