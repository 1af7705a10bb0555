"""The web: pages for the office, the REST API, and everything a browser needs."""
