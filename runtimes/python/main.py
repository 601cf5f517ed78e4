"""A Python worker by plain exec."""

import sys

sys.path.insert(0, "/rt/python")  # where the shim lies compiled: as the main program it would be compiled each time

import shim

shim.prepare()
shim.main()
