"""Who answers what is asked: a noun a module."""
