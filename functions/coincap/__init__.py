"""The contract of the CoinCap pipeline: record types, topics and all that derives from them.

This package imports the standard library alone and reads its files through
importlib.resources, so that it works from a folder, a zip (Dataproc) and a
bucket (Composer).
"""
