"""Manifests as received, and what their JSON says (OCI image specification, "Image Manifest" and "Image Index")."""
