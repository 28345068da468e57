"""Runs a program of the functions' image with the budget of the plan: run.py COMMAND…"""

import os
import sys

import plan

if __name__ == "__main__":
    try:
        os.environ["COINCAP_CREDITS_PER_MONTH"] = plan.budget(os.environ)
    except ValueError as error:
        sys.exit(f"error: {error}")
    os.execvp(sys.argv[1], sys.argv[1:])
