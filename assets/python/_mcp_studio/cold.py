"""Start of a plain interpreter that runs one script: `python -I -S -u -X utf8 cold.py CHANNEL`."""

import os
import sys


def main() -> None:
    channel = int(sys.argv[1])
    sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    from _mcp_studio import codec, run

    job = codec.read_frame(channel)
    if job is None:
        os._exit(1)
    os.set_inheritable(channel, False)
    run.run(channel, job)


main()
