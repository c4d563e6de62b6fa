"""The page that `regbot server` serves at `/`: files for a browser, and nothing that makes them."""
