"""The Spark session that every job runs in."""

from pyspark.sql import SparkSession

CONF = {
    # Without this a product of two DECIMAL(38,18) keeps six fractional digits, silently.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.session.timeZone": "UTC",
    # A message with the same header twice is odd, not fatal.
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.properties.defaults.checkpointInterval": "20",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # HotSpot never compiles a method over 8,000 bytes; Spark then had better split it.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # The optimiser derives constraints from every check of a row, over and over: minutes for a
    # plan whose execution takes a second.
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def spark_session(app_name: str, extra_conf: dict[str, str] | None = None) -> SparkSession:
    """Return the session of a job, exact in its decimals and in UTC.

    ``extra_conf`` adds to or overrides the configuration; master and jars come from
    spark-submit.
    """
    builder = SparkSession.builder.appName(app_name)
    for key, value in {**CONF, **(extra_conf or {})}.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("WARN")
    return spark
