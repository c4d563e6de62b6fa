"""One request to a registry over HTTP, whatever it is."""
