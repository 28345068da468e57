"""Small JSON files in the lake: what the batch has built so far."""

import json

from pyspark.sql import SparkSession


class State:
    """JSON documents under ``state/batch/`` of the lake, read and written through Hadoop.

    Hadoop's file systems reach a folder and a bucket alike.
    """

    def __init__(self, spark: SparkSession, lake: str):
        self._jvm = spark._jvm
        self._conf = spark._jsc.hadoopConfiguration()
        self._root = f"{lake.rstrip('/')}/state/batch"

    def read(self, name: str) -> dict:
        """Return the document, or an empty one where it was never written."""
        path = self._path(f"{self._root}/{name}.json")
        system = path.getFileSystem(self._conf)
        if not system.exists(path):
            return {}
        stream = system.open(path)
        try:
            return json.loads(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def write(self, name: str, content: dict) -> None:
        """Replace the document."""
        self.write_to(f"{self._root}/{name}.json", content)

    def write_to(self, address: str, content: dict) -> None:
        """Write a document to any address (a path or a URI), replacing what is there."""
        path = self._path(address)
        stream = path.getFileSystem(self._conf).create(path, True)
        try:
            stream.write(bytearray(json.dumps(content, indent=1, sort_keys=True), "utf-8"))
        finally:
            stream.close()

    def files_under(self, folder: str) -> list[str]:
        """Return the files below a folder, sorted; none where the folder does not exist."""
        path = self._path(folder)
        system = path.getFileSystem(self._conf)
        if not system.exists(path):
            return []
        found, files = [], system.listFiles(path, True)
        while files.hasNext():
            found.append(files.next().getPath().toString())
        return sorted(found)

    def _path(self, address: str):
        return self._jvm.org.apache.hadoop.fs.Path(address)
