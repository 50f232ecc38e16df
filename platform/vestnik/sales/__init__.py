"""What is sold: deals, orders and job tickets."""
