"""People and machines: users, roles, rights, sessions, API keys and the organisation they work for."""
