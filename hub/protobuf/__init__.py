"""The Centrifugo client protocol as protobuf. `make proto` writes `client_pb2.py` from `client.proto`."""
