"""The function a zygote runs before it serves: what it touches is warm in every worker."""

import json


def handler(event, context):
    if event == b"raise":
        raise ValueError("dry run")
    return {"answer": json.loads(event), "numbers": [1, 2.5, None, "text"]}
