"""What the code editor asks of the server: language servers, findings, formatting."""
