"""A link proves that whoever follows it has read the mail: the address, signed."""

import base64
import hashlib
import hmac
import os


def _sign(address):
    return hmac.digest(os.environ["SECRET"].encode(), address.encode(), hashlib.sha256)[:16].hex()


def token_of(address):
    return base64.urlsafe_b64encode(address.encode()).decode() + "." + _sign(address)


def address_of(token):
    """None for a token that is not ours."""
    encoded, _, signature = token.partition(".")
    try:
        address = base64.urlsafe_b64decode(encoded).decode()
    except ValueError:
        return None
    return address if hmac.compare_digest(signature, _sign(address)) else None
