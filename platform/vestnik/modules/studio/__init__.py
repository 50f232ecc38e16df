"""What an integrator does with a module: edit, try, install, look at its hosts."""
