"""``python -m simulator``: serve until ended. Writes its port to a file once it listens."""

import argparse
import json
import os
import signal
import sys
import threading

from simulator.api import Api
from simulator.clock import Clock, parse
from simulator.faults import NAMES, Faults
from simulator.quota import Quota
from simulator.server import Server, Simulator
from simulator.world import World


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="simulator", description="CoinCap without CoinCap.")
    add = parser.add_argument
    add("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    add("--host", default="127.0.0.1", help="address to listen on (a container needs 0.0.0.0)")
    add("--port-file", help="file that gets the port as text")
    add("--markets", type=int, default=15_000)
    add("--exchanges", type=int, default=100)
    add("--assets", type=int, default=2_000)
    add("--seed", type=int, default=1)
    add("--now", help="start of the simulated clock, 2024-10-17T12:40:00Z (default: now)")
    add("--frozen", action="store_true", help="the clock moves only when it is set")
    add("--key", default=os.environ.get("SIMULATOR_KEY"), help="API key that callers must send")
    add("--credits-per-month", type=int, help="monthly credits (default: no limit)")
    add("--calls-per-minute", type=int, default=600)
    add("--moving-rows", type=float, default=0.0, help="share of later pages shifted by a row")
    add("--gzip", action="store_true", help="compress for callers that accept it")
    add("--faults", default="{}", help=f'JSON, for example {{"cut_body": 0.1}}; {", ".join(NAMES)}')
    return parser.parse_args(argv)


def build(options: argparse.Namespace) -> Server:
    """Return a server that is ready to serve; raises ValueError for options that do not fit."""
    world = World(options.seed, options.markets, options.exchanges, options.assets)
    faults = Faults(options.seed)
    faults.set(json.loads(options.faults))
    simulator = Simulator(
        {name: Api(world, name, options.moving_rows) for name in ("v3", "v2")},
        Clock(parse(options.now) if options.now else None, not options.frozen),
        Quota(options.credits_per_month, options.calls_per_minute),
        faults,
        options.key,
        options.gzip,
    )
    return Server(simulator, options.host, options.port)


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    options = arguments()
    try:
        server = build(options)
    except (ValueError, OSError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    port = server.server_address[1]
    if options.port_file:
        temporary = f"{options.port_file}.tmp"
        with open(temporary, "w") as file:
            file.write(str(port))
        os.replace(temporary, options.port_file)
    print(f"simulator: http://{options.host}:{port}/v3", flush=True)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop.wait()
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
