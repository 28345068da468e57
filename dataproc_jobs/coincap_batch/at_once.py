"""Independent writes side by side."""

from concurrent.futures import ThreadPoolExecutor

WRITERS = 3
"""Tables written at once: most of a small table's time is Delta's own, not the cores'."""


def at_once(jobs: list[tuple]) -> None:
    """Run the calls (function, arguments …) side by side; raise the first failure."""
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(job, *arguments) for job, *arguments in jobs]
    for result in running:
        result.result()
