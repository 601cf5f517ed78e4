"""Everything a function could take for random."""

import json
import os
import random
import secrets
import tempfile
import uuid


def handler(event, context):
    return json.dumps(
        {
            "random": random.random(),
            "getrandbits": random.getrandbits(64),
            "system": random.SystemRandom().getrandbits(64),
            "uuid4": str(uuid.uuid4()),
            "urandom": os.urandom(8).hex(),
            "secrets": secrets.token_hex(8),
            "tempfile": tempfile.mktemp(),
        }
    )
