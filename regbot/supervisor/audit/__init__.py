"""What a run did: counted, listed and bounded, for reports, history and whoever looks on."""
