"""Evidence that security-awareness training reached everyone who had to have it, for a whole audit period."""
