"""``python -m grafana``: write the dashboards and alert rules that Grafana is provisioned with."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.alerts import rules
from grafana.boards import dashboards

HERE = Path(__file__).parent


def files() -> dict[Path, str]:
    """Return every generated file and its text."""
    made = {
        HERE / "dashboards" / name: JSONEncoder(sort_keys=True, indent=2).encode(board.build())
        for name, board in dashboards().items()
    }
    made[HERE / "provisioning" / "alerting" / "rules.json"] = json.dumps(rules(), indent=2)
    return {path: text + "\n" for path, text in made.items()}


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(path.relative_to(HERE))


if __name__ == "__main__":
    main()
