"""The lake in a Cloud Storage bucket; atomic by generation preconditions."""

from collections.abc import Iterator

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage

from ingest.lake import Change


class GcsLake:
    """A bucket, or a folder of one: ``gs://bucket/prefix``."""

    def __init__(self, root: str, client: storage.Client | None = None):
        bucket, _, prefix = root.removeprefix("gs://").partition("/")
        self._bucket = (client or storage.Client()).bucket(bucket)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def get(self, name: str) -> bytes | None:
        """Return an object's bytes, or None."""
        try:
            return self._blob(name).download_as_bytes()
        except NotFound:
            return None

    def put(self, name: str, content: bytes) -> None:
        """Write an object; Cloud Storage shows it only when it is whole."""
        self._blob(name).upload_from_string(content, "application/octet-stream")

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Create an object where its generation is 0, that is: where there is none."""
        return self._put_at(name, content, generation=0)

    def update(self, name: str, change: Change) -> None:
        """Read, change and write at the generation that was read; again when it moved."""
        while True:
            there = self._bucket.get_blob(self._prefix + name)
            generation = there.generation if there else 0
            try:
                old = self._at(name, generation) if there else None
            except (NotFound, PreconditionFailed):
                continue
            content = change(old)
            if content is None or self._put_at(name, content, generation):
                return

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names under a folder, sorted as Cloud Storage lists them."""
        for blob in self._bucket.list_blobs(prefix=f"{self._prefix}{prefix.rstrip('/')}/"):
            yield blob.name.removeprefix(self._prefix)

    def _at(self, name: str, generation: int) -> bytes:
        return self._blob(name).download_as_bytes(if_generation_match=generation)

    def _put_at(self, name: str, content: bytes, generation: int) -> bool:
        try:
            self._blob(name).upload_from_string(
                content, "application/octet-stream", if_generation_match=generation
            )
        except PreconditionFailed:
            return False
        return True

    def _blob(self, name: str) -> storage.Blob:
        return self._bucket.blob(self._prefix + name)
