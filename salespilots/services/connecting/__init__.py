"""A shop's account at a channel: signing in there, looking after it, and what the channel asks of us because of it."""
