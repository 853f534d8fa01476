"""What a connection costs the server alone: an application that does next to nothing, and clients of plain sockets."""
