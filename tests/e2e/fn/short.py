"""Ends at once, dies, hangs or naps, as its event says; prints at both ends."""
import os, time
def handler(event, context):
    kind, _, mine = event.decode().partition(" ")
    print("begin", mine)
    if kind == "die":
        os._exit(1)
    if kind == "hang":
        time.sleep(60)
    if kind == "nap":
        time.sleep(2.5)
    print("end", mine)
    return context.request_id + " " + mine
