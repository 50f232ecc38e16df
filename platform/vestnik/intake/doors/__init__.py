"""The HTTP service that web sites send their requests to."""
