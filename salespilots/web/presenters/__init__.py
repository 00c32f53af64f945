"""Pure shaping: domain objects become what a template shows."""
