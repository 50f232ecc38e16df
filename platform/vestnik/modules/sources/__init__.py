"""A module's text: packages in and out, the catalogue, checks, versions and what is ready to run."""
