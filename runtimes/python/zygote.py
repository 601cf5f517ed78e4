"""A warmed interpreter that forks itself into sandboxes.

It imports what most functions import, exercises the path of a call once, and then hands control to the
C++ loop of mayfly_zygote; only a child comes back from there, already inside its sandbox. No tenant code
and no secret is ever in this process.
"""

import gc
import os
import sys

ROOTLESS = sys.argv[1] == "rootless"
# CPython 3.11 and later writes into the code it runs until it has specialized it (PEP 659). A child that found that still to
# be done would copy the pages of all that code: 30 more, with one rehearsal.
REHEARSALS = 20

# What these modules do in a forked child is for locks that another thread held at the fork and for threads that are gone:
# a zygote has neither, and a third of the pages that a child would write to are for that.
NOT_NEEDED = ("threading", "logging")
at_fork = []  # what modules registered
register_at_fork = os.register_at_fork
os.register_at_fork = lambda **hooks: at_fork.append(hooks)


def after_fork():
    """In a child, instead of what was registered: it is from now on, for the forks of the function."""
    os.register_at_fork = register_at_fork
    for hooks in at_fork:
        register_at_fork(**hooks)
        hook = hooks.get("after_in_child")
        if hook and getattr(hook, "__module__", None) not in NOT_NEEDED:
            hook()


sys.path.insert(0, "/rt/python")

import base64  # noqa: F401  what functions commonly import: pages shared by every worker
import collections  # noqa: F401
import datetime  # noqa: F401
import functools  # noqa: F401
import hashlib  # noqa: F401
import importlib.util  # noqa: F401
import logging  # noqa: F401
import random  # noqa: F401
import re  # noqa: F401
import socket  # noqa: F401
import tempfile  # noqa: F401
import urllib.parse  # noqa: F401

import mayfly_zygote
import shim

shim.prepare()
for _ in range(REHEARSALS):
    shim.rehearse()
for name in ("wsgi", "parts", "ear", "body"):
    shim._our(name)
gc.collect()
gc.freeze()
parked = mayfly_zygote.serve(rootless=ROOTLESS)
after_fork()
if parked:
    shim.rehearse()
shim.main(parked)
