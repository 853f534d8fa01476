"""The load tester: it posts, reads, breaks nothing itself, and says whether anything was lost, doubled or misplaced."""
