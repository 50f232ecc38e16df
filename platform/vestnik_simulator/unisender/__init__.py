"""The Unisender API as its documentation and captured traffic describe it (read in 2026)."""
