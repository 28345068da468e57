"""One tick in a process of its own, to be killed: writes what was acknowledged as it goes."""

import json
import sys
from collections import Counter
from datetime import datetime

from chaos.load import Load
from ingest import log
from ingest.settings import Settings


class Written(Counter):
    """Acknowledgements that outlive their process: one line of JSON per flush."""

    def __init__(self, path: str):
        self._path = path
        super().__init__()

    def update(self, items=()) -> None:
        """Append them to the file."""
        if not items:
            return
        with open(self._path, "a") as file:
            file.write(json.dumps(list(items)) + "\n")


def main() -> None:
    """Poll what the argument says."""
    log.LOGGER.setLevel("CRITICAL")
    work = json.loads(sys.argv[1])
    settings = Settings(**work["settings"])
    tick = datetime.fromisoformat(work["tick"])
    load = Load(settings, settings.api_url, tick, Written(work["file"]))
    load.finish(tick, [tuple(pair) for pair in work["wanted"]])


if __name__ == "__main__":
    main()
