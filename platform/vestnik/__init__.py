"""Vestnik: a self-hosted marketing platform where every sending service is a sandboxed Python module."""

__version__ = "0.1.0"
