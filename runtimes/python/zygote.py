"""A warmed interpreter that forks itself into sandboxes.

It imports what most functions import, exercises the path of a call once, and then hands control to the
C++ loop of mayfly_zygote; only a child comes back from there, already inside its sandbox. No tenant code
and no secret is ever in this process.
"""

import gc
import sys

ROOTLESS = sys.argv[1] == "rootless"
# CPython 3.11 and later writes into the code it runs until it has specialized it (PEP 659). A child that found that still to
# be done would copy the pages of all that code: 30 more, with one rehearsal.
REHEARSALS = 20

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
if parked:
    shim.rehearse()
shim.main(parked)
