"""What became of campaigns, and who is active; it reads the tables of other rooms and writes none."""
