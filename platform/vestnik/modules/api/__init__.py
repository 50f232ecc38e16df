"""The routes of modules and the shapes that they speak."""
