"""What waits in the database goes out once, in order, and passes the contract."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from kafka import KafkaConsumer

from coincap.contract import record_type
from coincap_jobs import outbox
from coincap_jobs.database import connect

NOW = datetime(2024, 10, 17, 12, 40, tzinfo=UTC)


def _read(bootstrap, topic, count):
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=3000,
        enable_auto_commit=False,
    )
    try:
        messages = [(m.key.decode(), json.loads(m.value)) for m in consumer]
    finally:
        consumer.close()
    return messages[-count:] if count else messages


def test_alerts_go_out_in_order_and_once(spark, kafka, postgres):
    with connect(postgres.dsn, "test") as connection:
        for severity, status in (("watch", "open"), ("critical", "open"), ("critical", "closed")):
            connection.execute(
                "insert into market.alert_changes (alert_id, rule, subject, severity, status, "
                "opened_at, updated_at, value, threshold, message) "
                "values ('stablecoin_peg|tether', 'stablecoin_peg', 'tether', %s, %s, %s, %s, "
                "12.5, 10, 'off')",
                [severity, status, NOW, NOW],
            )
        connection.commit()
        assert outbox.publish(spark, connection, outbox.ALERTS, kafka.bootstrap, {}) == 3
        assert outbox.publish(spark, connection, outbox.ALERTS, kafka.bootstrap, {}) == 0
    found = _read(kafka.bootstrap, "coincap.alerts", 3)
    assert [(key, row["severity"], row["status"]) for key, row in found] == [
        ("stablecoin_peg|tether", "watch", "open"),
        ("stablecoin_peg|tether", "critical", "open"),
        ("stablecoin_peg|tether", "critical", "closed"),
    ]
    for _, row in found:
        assert row["openedAt"] == round(NOW.timestamp() * 1000)
        assert Decimal(row["value"]) == Decimal("12.5")
        assert set(row) == {field.name for field in record_type("alert").fields}


def test_only_the_stream_s_own_letters_go_to_its_topic(spark, kafka, postgres):
    with connect(postgres.dsn, "test") as connection:
        for source in ("stream", "function"):
            connection.execute(
                "insert into market.dead_letters (dead_letter_id, source, reason, polled_at, raw) "
                "values (%s, %s, 'wrong_type', %s, 'é\u2028')",
                [f"letter-of-{source}", source, NOW],
            )
        connection.commit()
        assert outbox.publish(spark, connection, outbox.DEAD_LETTERS, kafka.bootstrap, {}) == 1
    (key, row), *_ = _read(kafka.bootstrap, "coincap.dead-letter.stream", 1)
    assert key == row["deadLetterId"] == "letter-of-stream"
    assert row["raw"] == "é\u2028"
