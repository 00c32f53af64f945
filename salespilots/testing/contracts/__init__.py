"""What every adapter of a port must do, as test classes: subclass one and give it a ``harness`` fixture."""
