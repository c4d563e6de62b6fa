"""Images in tar files."""
