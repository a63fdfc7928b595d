"""A script that takes a while. Stop it with Ctrl+C: it says how far it came, and its exit code is 130."""

import sys
import time

STEPS = 600

done = 0
try:
    for done in range(1, STEPS + 1):
        print(f"step {done} of {STEPS}")
        time.sleep(0.5)
except KeyboardInterrupt:
    print(f"stopped after {done} steps", file=sys.stderr)
    raise
