"""The worked example of a channel plugin."""
