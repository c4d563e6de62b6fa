"""What holds the credentials, decides, does and records."""
