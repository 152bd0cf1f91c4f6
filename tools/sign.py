"""Signs a copy of the pack for `checkov --external-checks-public-key`.

    python tools/sign.py --key private-key.pem OUT

Writes the folder OUT: the pack with a signature at the end of every Python file, the form that Checkov verifies
(`# checkov-digest: <hex of the DER ECDSA P-256 SHA-256 signature of the bytes before the line>`). OUT must not exist yet.
Needs the package `cryptography`, which Checkov brings. The key stays where it is: nothing of it is copied.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PACK = Path(__file__).resolve().parent.parent / "checks"


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The private key of a PEM file without a passphrase. Raises ValueError where it is not one on the curve P-256."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not an EC key on P-256; make one: openssl ecparam -name prime256v1 -genkey -noout -out private-key.pem")
    return key


def sign(body: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The file's bytes with its signature line."""
    body = body if not body or body.endswith(b"\n") else body + b"\n"
    return body + f"# checkov-digest: {key.sign(body, ec.ECDSA(hashes.SHA256())).hex()}\n".encode()


def sign_pack(key: ec.EllipticCurvePrivateKey, target: Path, pack: Path = PACK) -> int:
    """Copies the pack to `target` and signs each file there; returns how many."""
    shutil.copytree(pack, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
    files = sorted(target.rglob("*.py"))
    for file in files:
        file.write_bytes(sign(file.read_bytes(), key))
    return len(files)


def main() -> int:
    parser = argparse.ArgumentParser(description="Signs a copy of the pack for checkov --external-checks-public-key.")
    parser.add_argument("--key", type=Path, required=True, help="the private key: PEM, EC on P-256")
    parser.add_argument("out", type=Path, help="the folder to write; it must not exist yet")
    options = parser.parse_args()
    try:
        count = sign_pack(load_key(options.key), options.out)
    except (OSError, ValueError, TypeError) as error:
        print(f"sign: {error}", file=sys.stderr)
        return 2
    print(f"{count} files signed in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
