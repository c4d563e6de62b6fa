"""What the server shows and takes over HTTP: probes, metrics, the API, a page."""
