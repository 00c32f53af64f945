"""The long reliability campaign: ``python -m soak``. The test suite runs the same parts, shorter."""
