"""Lists at the provider: their syncs with segments, and what a contact is in them."""
