"""The embedded stack: the cloud's components on one machine, with nothing but Python."""
