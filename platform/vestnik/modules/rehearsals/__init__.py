"""A draft run over what the live version did."""
