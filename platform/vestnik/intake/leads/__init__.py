"""Leads: where they come from, who is responsible, what they become."""
