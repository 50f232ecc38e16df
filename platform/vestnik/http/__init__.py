"""Foundation: HTTP routes described once, problem details, sessions' transport, live events, static files."""
