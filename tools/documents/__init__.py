"""The parts of documents that are made of the code: `make docs` writes them, a test compares them."""
