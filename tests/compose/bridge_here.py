"""Runs the bridge's own program with this machine's ports and jars: bridge_here.py FOLDER JSON.

JSON: {"templates", "plugins", "class_path", "java", "rest_port", "ports": [TLS, proxy, token]}.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import bridge
import relay

here = json.loads(sys.argv[2])
os.environ["PATH"] = os.pathsep.join([os.path.dirname(here["java"]), os.environ["PATH"]])
bridge.TEMPLATES, bridge.PLUGINS = Path(here["templates"]), Path(here["plugins"])
relay.TLS_PORT, relay.PROXY_PORT, relay.TOKEN_PORT = here["ports"]
bridge.REST_PORT = here["rest_port"]
command = bridge.command
bridge.command = lambda *given: [
    word.replace("/opt/kafka/libs/*", here["class_path"]) for word in command(*given)
]
sys.exit(asyncio.run(bridge.main()))
