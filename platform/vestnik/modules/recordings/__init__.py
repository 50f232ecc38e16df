"""What is kept of each call: how it is written down, where, how long, and how people in it are hidden."""
