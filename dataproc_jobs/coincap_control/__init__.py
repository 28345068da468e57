"""Submits, stops and rewinds the stream job, on Dataproc and on this machine alike."""
