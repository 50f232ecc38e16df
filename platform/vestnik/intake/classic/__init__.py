"""The leads API that web sites already call, wire-compatible."""
