"""What the stream job and the batch jobs share on Spark, and the stream job itself."""
