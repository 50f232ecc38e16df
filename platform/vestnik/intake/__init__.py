"""What comes in from web sites: letters, requests, leads; stored first, read afterwards."""
