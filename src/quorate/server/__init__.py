"""The client-facing API: HTTP/JSON."""
