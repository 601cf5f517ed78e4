"""What people are written. A function answers the mail; that it is delivered is the platform's affair."""

import json
import os

import links


def verify(event, context):
    address = json.loads(event)["data"]["email"]
    link = f"{os.environ['SITE']}/2016-08-15/proxy/signup/verify/?token={links.token_of(address)}"
    return json.dumps({"to": address, "subject": "One more step", "text": f"Please follow this link:\n\n{link}\n"})


def welcome(event, context):
    address = json.loads(event)["data"]["email"]
    return json.dumps({"to": address, "subject": "Welcome – 欢迎", "text": "You are one of us now.\n"})
