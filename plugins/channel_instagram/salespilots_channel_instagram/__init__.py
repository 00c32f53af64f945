"""Instagram direct messages, through the Instagram API with Instagram Login."""
