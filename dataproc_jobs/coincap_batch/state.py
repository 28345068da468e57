"""Small JSON files in the lake: what the batch has built so far."""

import json

from pyspark.sql import SparkSession

from coincap_jobs.errors import JobError


class State:
    """JSON documents under ``state/batch/`` of the lake, read and written through Hadoop.

    Hadoop's file systems reach a folder and a bucket alike.
    """

    def __init__(self, spark: SparkSession, lake: str):
        self._jvm = spark._jvm
        self._conf = spark._jsc.hadoopConfiguration()
        self._root = f"{lake.rstrip('/')}/state/batch"

    def read(self, name: str) -> dict:
        """Return the document, or an empty one where it was never written.

        Raises JobError where it is no JSON (a disk can lose what was written last).
        """
        path = self._path(f"{self._root}/{name}.json")
        system, _ = self._system(path)
        if not system.exists(path):
            return {}
        stream = system.open(path)
        try:
            return json.loads(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        except ValueError as error:
            raise JobError(
                f"{path} is no JSON ({error}); delete it: the next run then reads its sources "
                "from the beginning and ends in the same tables"
            ) from error
        finally:
            stream.close()

    def write(self, name: str, content: dict) -> None:
        """Replace the document."""
        self.write_to(f"{self._root}/{name}.json", content)

    def write_to(self, address: str, content: dict) -> None:
        """Write a document to any address (a path or a URI), replacing what is there at once.

        A kill leaves the old document or the new one: a bucket shows an object when it is
        closed, a folder gets the file by renaming it.
        """
        text = bytearray(json.dumps(content, indent=1, sort_keys=True), "utf-8")
        path = self._path(address)
        system, is_folder = self._system(path)
        written = path.suffix(".new") if is_folder else path
        stream = system.create(written, True)
        stream.write(text)
        stream.close()
        if is_folder and not system.rename(written, path):
            raise JobError(f"{written} could not be renamed to {path.getName()}")

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

    def _system(self, path):
        """Return the path's file system, and whether it is one of folders.

        Of folders it is the one that keeps no checksums: a file and the file of its checksum
        cannot be renamed in one step.
        """
        system = path.getFileSystem(self._conf)
        is_folder = system.getScheme() == "file"
        return (system.getRawFileSystem() if is_folder else system), is_folder

    def _path(self, address: str):
        return self._jvm.org.apache.hadoop.fs.Path(address)
