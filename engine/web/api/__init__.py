"""The REST API, one module per noun; each has a `router`."""
