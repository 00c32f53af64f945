"""What authors of plugins test with: stand-in servers, fake time, and one contract suite for each port."""
