"""The batch jobs: bronze to silver, samples to candles, and the manifest that the load reads."""
