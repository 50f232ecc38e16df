"""A stand-in for the services that send letters: their real HTTP API, their real webhooks, no letter leaves.

It runs as a process of its own (`python -m vestnik_simulator`), keeps everything it was told in one SQLite
file, and answers the one question that matters to a test or a visitor: who was written to, and how often.
"""

from vestnik_simulator.app import create_app
from vestnik_simulator.launch import RunningSimulator, running_simulator, simulator_process
from vestnik_simulator.options import AccountOptions, Options

__all__ = [
    "create_app",
    "Options",
    "AccountOptions",
    "running_simulator",
    "simulator_process",
    "RunningSimulator",
]
