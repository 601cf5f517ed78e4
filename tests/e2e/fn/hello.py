"""What the client's tests call: it echoes, prints, and raises if asked to."""


def init(context):
    print("initializing")


def handler(event, context):
    print("hello from the function")
    if event == b"raise":
        raise ValueError("raised as asked")
    return event
