"""``python -m report``: write report.html from a running stack."""

import json
import sys
from pathlib import Path

import click
import psycopg

from report.render import render


@click.command()
@click.option("--dsn", required=True, help="PostgreSQL connection string of the database coincap.")
@click.option("--bigquery", default=None, help="Address of the BigQuery emulator; omit for none.")
@click.option("--project", default="coincap-local", show_default=True, help="BigQuery project.")
@click.option(
    "--summary",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="summary.json of the run: proof, stages, dbt.",
)
@click.option(
    "--out",
    default="report.html",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
)
@click.option("--asset", default=None, help="Asset of the candles; default: the largest with most.")
def main(
    dsn: str,
    bigquery: str | None,
    project: str,
    summary: Path | None,
    out: Path,
    asset: str | None,
) -> None:
    """Write the report; exit code 1 where a figure could not be read."""
    facts = json.loads(summary.read_text("utf-8")) if summary else None
    try:
        made = render(dsn, out, bigquery=bigquery, project=project, summary=facts, asset=asset)
    except psycopg.OperationalError as error:
        raise click.UsageError(
            f"--dsn: {str(error).splitlines()[0]}; is the stack running?"
        ) from None
    for problem in made.problems:
        click.echo(problem, err=True)
    click.echo(str(made.path))
    sys.exit(1 if made.problems else 0)


if __name__ == "__main__":
    main()
