"""The commands of ``salespilots``, one module per noun; imports inside, so that each starts quickly."""
