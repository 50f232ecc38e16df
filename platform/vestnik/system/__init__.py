"""How the installation is: checks, queues, hosts, what modules cost, and alerts about all that."""
