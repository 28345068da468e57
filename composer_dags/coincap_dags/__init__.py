"""What the DAGs share: the target they run on, the operators, the load into BigQuery."""
