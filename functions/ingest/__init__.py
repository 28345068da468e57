"""Pulls CoinCap, checks the contract, keeps the raw pages and publishes the rows.

Imports no web framework: ``main.py`` translates HTTP to these functions.
"""
