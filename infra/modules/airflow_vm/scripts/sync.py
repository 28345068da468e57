"""Copy the DAGs and the dbt project from the bucket to this machine, every minute.

Environment: CODE_BUCKET, and AIRFLOW_HOME as the root. A file that is gone from the bucket
is deleted here too; a file is replaced in one step, so that no DAG is read half written.
"""

import os
import time
from pathlib import Path

PREFIX = "airflow/"
FOLDER = "dags"


def copy(blobs, root: Path, seen: dict[str, str]) -> int:
    """Bring ``root`` up to date with the bucket's objects; return how many files changed."""
    changed = 0
    current = {blob.name.removeprefix(PREFIX): blob for blob in blobs}
    for name, blob in current.items():
        target = root / name
        if seen.get(name) == blob.md5_hash and target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".partial")
        partial.write_bytes(blob.download_as_bytes())
        partial.replace(target)
        seen[name] = blob.md5_hash
        changed += 1
    for path in sorted((root / FOLDER).rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and "__pycache__" not in name and name not in current:
            path.unlink()
            changed += 1
    return changed


def main() -> None:
    """Copy once a minute, for ever; an error is printed and tried again."""
    from google.cloud import storage

    bucket = storage.Client().bucket(os.environ["CODE_BUCKET"])
    root, seen = Path(os.environ["AIRFLOW_HOME"]), {}
    while True:
        try:
            changed = copy(bucket.list_blobs(prefix=PREFIX), root, seen)
            if changed:
                print(f"coincap_airflow files_changed={changed}", flush=True)
        except Exception as error:
            print(f"coincap_airflow sync_failed={type(error).__name__}: {error}", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    main()
