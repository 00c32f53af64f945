"""Real servers and assembled shops for the tests."""
