"""Says all that a function is told about itself and its call."""

import json
import os


def plain(value):
    return {name: getattr(value, name) for name in vars(value)}


def handler(event, context):
    return json.dumps(
        {
            "request_id": context.request_id,
            "credentials": plain(context.credentials),
            "function": plain(context.function),
            "service": plain(context.service),
            "region": context.region,
            "account_id": context.account_id,
            "tracing": plain(context.tracing),
            "retry_count": context.retry_count,
            "environment": dict(os.environ),
            "cwd": os.getcwd(),
        }
    )
