"""Copy the jars that the embedded runner resolves, so that the images run the same ones.

Usage: jars.py NAME FOLDER, with NAME spark or connector.
"""

import shutil
import sys
from pathlib import Path

import jgo

from embedded import java

CONNECTOR = "com.google.cloud:pubsub-group-kafka-connector:1.3.3"


def main() -> None:
    """Copy the jars of NAME into FOLDER, made where it is missing."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    if name == "spark":
        jars = java.spark_jars()
    else:
        wanted = CONNECTOR.split(":")[1]
        jars = [jar for jar in jgo.build(CONNECTOR).all_jars if jar.name.startswith(wanted)]
    folder.mkdir(parents=True, exist_ok=True)
    for jar in jars:
        shutil.copy(jar, folder / jar.name)
    print(f"{len(jars)} jars in {folder}")


if __name__ == "__main__":
    main()
