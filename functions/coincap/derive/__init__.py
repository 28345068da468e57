"""Forms of the contract for Spark, PostgreSQL and BigQuery, and its documentation."""
