"""Signatures by a private key that stays with the service: checked with the public key of the account.

SendGrid's event webhook (documented 2026-11): ECDSA on P-256 with SHA-256 over the timestamp header followed
by the raw body; the key is the Base64 of a DER SubjectPublicKeyInfo, the signature that of its DER form.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from vestnik.egress.errors import SealedRefused

KEY_BYTES = 4_096
SIGNATURE_BYTES = 1_024
_ED25519_BYTES = 32

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


def is_signed(scheme: str, key: bytes, signature: str | bytes, data: bytes) -> bool:
    """Whether the signature of the data is of this key; `scheme` is ecdsa or ed25519.

    A signature that can't be read is a wrong one. A key that can't be read raises SealedRefused: with it
    every webhook would be refused, and nobody would know why.
    """
    public = _public_key(scheme, key)
    raw = _signature(signature)
    if raw is None:
        return False
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(raw, data, ec.ECDSA(hashes.SHA256()))
        else:
            public.verify(raw, data)
    except InvalidSignature:
        return False
    return True


def _public_key(scheme: str, key: bytes) -> PublicKey:
    """A key in PEM, or in Base64 of DER, or of the 32 bytes of Ed25519."""
    public = _loaded(scheme, key) if len(key) <= KEY_BYTES else None
    if scheme == "ecdsa" and isinstance(public, ec.EllipticCurvePublicKey):
        if isinstance(public.curve, ec.SECP256R1):
            return public
    elif scheme == "ed25519" and isinstance(public, ed25519.Ed25519PublicKey):
        return public
    wanted = "P-256 key" if scheme == "ecdsa" else "Ed25519 key"
    raise SealedRefused(f"the public key is no {wanted} in PEM or in Base64 of DER")


def _loaded(scheme: str, key: bytes) -> object:
    try:
        if key.lstrip().startswith(b"-----BEGIN PUBLIC KEY-----"):
            return serialization.load_pem_public_key(key.strip() + b"\n")
        der = base64.b64decode(b"".join(key.split()), validate=True)
        if scheme == "ed25519" and len(der) == _ED25519_BYTES:
            return ed25519.Ed25519PublicKey.from_public_bytes(der)
        return serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _signature(signature: str | bytes) -> bytes | None:
    if len(signature) > SIGNATURE_BYTES:
        return None
    if isinstance(signature, bytes):
        return signature
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return None
