"""The image and the files to deploy it: what they say (test_*.py), and what the image does (python -m tests.image)."""
