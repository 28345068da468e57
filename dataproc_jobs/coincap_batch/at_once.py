"""Independent work on tables side by side."""

from concurrent.futures import ThreadPoolExecutor

WRITERS = 3
"""Tables worked on at once: most of a small table's time is Delta's own, not the cores'."""


def at_once(jobs: list[tuple]) -> list:
    """Run the calls (function, arguments …) side by side; return their results in order.

    Raises the first failure, after all have ended.
    """
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(job, *arguments) for job, *arguments in jobs]
    return [result.result() for result in running]
