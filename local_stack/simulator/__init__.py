"""CoinCap without CoinCap: v3 and v2 with the measured quirks, credits, limits and faults."""
