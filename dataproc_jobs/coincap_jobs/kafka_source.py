"""Where the stream reads: topics, their ids and ends, and Kafka rows with headers as a map."""

import json

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

Offsets = dict[str, dict[int, int]]
"""Per topic and partition the next offset to read, as Spark writes it."""


def read_stream(
    spark: SparkSession, bootstrap: str, start: Offsets, options: dict[str, str]
) -> DataFrame:
    """Return the endless DataFrame over the topics of ``start``, from these offsets.

    It fails when offsets that it needs have expired: rows would be missing in silence.
    ``options`` are Kafka client settings such as ``kafka.security.protocol``.
    """
    return (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", bootstrap)
        .option("subscribe", ",".join(sorted(start)))
        .option("startingOffsets", to_json(start))
        .option("includeHeaders", "true")
        .option("failOnDataLoss", "true")
        .options(**options)
        .load()
    )


def messages(batch: DataFrame, topic_ids: dict[str, str]) -> DataFrame:
    """Return Kafka's rows with headers as MAP<STRING,STRING> and the topic's id."""
    # PostgreSQL holds neither bad UTF-8 nor NUL; decode replaces the one, replace the other.
    text = "replace(decode(h.value, 'UTF-8'), '\\u0000', '\\ufffd')"
    pairs = f"transform(headers, h -> struct(h.key as key, {text} as value))"
    ids = F.create_map(*[F.lit(text) for pair in topic_ids.items() for text in pair])
    return batch.select(
        "topic",
        ids[F.col("topic")].alias("topic_id"),
        "partition",
        "offset",
        "timestamp",
        F.col("key").cast("string").alias("key"),
        "value",
        F.expr(f"map_from_entries({pairs})").alias("headers"),
    )


def admit(batch: DataFrame, seen: Offsets) -> DataFrame:
    """Keep the messages from the offsets ``seen`` on."""
    condition = F.lit(True)
    for topic, partitions in seen.items():
        for partition, offset in partitions.items():
            here = (F.col("topic") == topic) & (F.col("partition") == partition)
            condition = condition & (~here | (F.col("offset") >= offset))
    return batch.where(condition)


def to_json(offsets: Offsets) -> str:
    """Return offsets as the text that Spark's Kafka source takes."""
    return json.dumps({t: {str(p): n for p, n in sorted(ps.items())} for t, ps in offsets.items()})


def from_json(text: str) -> Offsets:
    """Return offsets from Spark's text (the Kafka source's line of a checkpoint)."""
    return {t: {int(p): n for p, n in ps.items()} for t, ps in json.loads(text).items()}


class TopicReader:
    """Asks the brokers for topic ids and offsets, with the Kafka client inside Spark."""

    def __init__(self, spark: SparkSession, bootstrap: str, options: dict[str, str]):
        self._jvm = spark.sparkContext._jvm
        properties = self._jvm.java.util.Properties()
        properties.setProperty("bootstrap.servers", bootstrap)
        properties.setProperty("request.timeout.ms", "15000")
        properties.setProperty("default.api.timeout.ms", "20000")
        for name, value in options.items():
            properties.setProperty(name.removeprefix("kafka."), value)
        self._admin = self._jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)

    def describe(self, names: list[str]) -> dict[str, tuple[str, int]]:
        """Return (topic id, number of partitions) per topic.

        Raises Py4JJavaError where a topic does not exist or no broker answers.
        """
        topics = self._jvm.java.util.ArrayList()
        for name in names:
            topics.add(name)
        found = self._admin.describeTopics(topics).allTopicNames().get()
        return {
            name: (found[name].topicId().toString(), found[name].partitions().size())
            for name in names
        }

    def offsets(self, partitions: dict[str, int], at: str) -> Offsets:
        """Return the ``earliest`` or ``latest`` offset of every partition."""
        admin = self._jvm.org.apache.kafka.clients.admin
        common = self._jvm.org.apache.kafka.common
        query = self._jvm.java.util.HashMap()
        for topic, count in partitions.items():
            for number in range(count):
                query.put(common.TopicPartition(topic, number), getattr(admin.OffsetSpec, at)())
        answer = self._admin.listOffsets(query).all().get()
        found: Offsets = {topic: {} for topic in partitions}
        for entry in answer.entrySet():
            place = entry.getKey()
            found[place.topic()][place.partition()] = entry.getValue().offset()
        return found

    def close(self) -> None:
        """Close the client."""
        self._admin.close()
