"""`python -m sandbox`: the sandbox by itself."""

import argparse
import sys

from sandbox.accounts.demo import LINK
from sandbox.rate import RateLimits
from sandbox.server import serve


def main() -> int:
    """Serve with the options of the command line. Exit status: 0 stopped, 1 could not listen, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A stand-in for TikTok's Business API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8003, help="port to listen on (default: %(default)s, 0 = any)")
    parser.add_argument("--pixel", help="code of a pixel known from the start, in the demo account; needs --token")
    parser.add_argument("--token", help="token of that pixel")
    parser.add_argument("--link", default=LINK, help="of the demo account's ads, without macros (default: %(default)s)")
    for name, span in (("qps", "second"), ("qpm", "minute"), ("qpd", "day")):
        parser.add_argument(f"--{name}", type=int, help=f"requests per {span} before 40100 (default: no limit)")
    options = parser.parse_args()
    if (options.pixel is None) != (options.token is None):
        parser.error("--pixel and --token go together")
    try:
        rates = RateLimits(qps=options.qps, qpm=options.qpm, qpd=options.qpd)
        address = options.host, options.port
        serve(address, pixel=options.pixel, token=options.token, ads_lead_to=options.link, rates=rates)
    except OSError as error:
        reason = error.strerror or error
        sys.stderr.write(f"cannot listen on {options.host} port {options.port}: {reason}; choose another --port\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
