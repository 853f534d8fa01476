"""The load tester: it measures how fast a hub is, and checks that nothing is lost, doubled or misplaced."""
