"""The demo: data that rooms register as parts, the change of roles, and the button that kills the server."""
