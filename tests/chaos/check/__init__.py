"""The checker: what Kafka holds, worked out again, against what the job made of it.

It imports nothing of the jobs and nothing of the contract package: plain Python and Decimal
over the raw messages, and the tables as any client reads them.
"""
