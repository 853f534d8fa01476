"""The REST API's common part: who is calling, what they may do, how errors, pages and the schema look."""
