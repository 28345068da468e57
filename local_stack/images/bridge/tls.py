"""Certificates and credentials for pubsub.googleapis.com inside one container, made at start."""

import json
import subprocess
from pathlib import Path

STORE_WORD = "changeit"
"""Java's usual word for a trust store; the store holds one public certificate, no secret."""
NAMES = "subjectAltName=DNS:pubsub.googleapis.com,DNS:localhost,IP:127.0.0.1"


def write(folder: Path, token_uri: str, project: str) -> None:
    """Write key and certificate, the trust store and the service account's file, anew."""
    _run(
        folder,
        "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -keyout server.key -out server.pem"
        f" -subj /CN=pubsub.googleapis.com -addext {NAMES}",
    )
    (folder / "trust.p12").unlink(missing_ok=True)
    _run(
        folder,
        "keytool -importcert -noprompt -alias local -file server.pem -keystore trust.p12"
        f" -storetype PKCS12 -storepass {STORE_WORD}",
    )
    key = _run(folder, "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048")
    account = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "0",
        "client_id": "0",
        "client_email": f"bridge@{project}.iam.gserviceaccount.com",
        "private_key": key,
        "token_uri": token_uri,
    }
    (folder / "sa.json").write_text(json.dumps(account))


def _run(folder: Path, command: str) -> str:
    done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command.split()[0]} failed: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout
