"""Deploy check: is what is deployed as it should be? `./stonks deploy-check [--without-image]`; no cluster is needed.

The Dockerfile by hadolint; the compose file and Redis' users by rules of ours; the chart by helm and by Kubernetes' own
schemas, with every option; an image that is really built, and run as its user (`deploy_image`).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from tools import deploy_compose, deploy_helm, deploy_image, deploy_life
from tools.deploy_helm import Missing

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
Looked = tuple[str, list[str]]
"""What was looked at, and what is wrong with it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at everything, a line each, and return the exit code: 1 when something is wrong or lacking."""
    args = _parser().parse_args(arguments)
    found = list(_told(_everything(args)))
    bad = sum(bool(faults) for _, faults in found)
    print(f"{len(found)} looked at, {bad} wrong", file=sys.stderr)
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./stonks deploy-check", description=__doc__)
    parser.add_argument("--without-image", action="store_true", help="build and run no image")
    parser.add_argument("--without-chart", action="store_true", help="leave the chart out")
    parser.add_argument("--helm", type=Path, metavar="PATH", help="a helm of yours, in place of the pinned one")
    parser.add_argument(
        "--base",
        default="",
        metavar="IMAGE",
        help="what the image stands on (made of Debian's packages by debootstrap)",
    )
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="packages that are there already")
    return parser


def _everything(args: argparse.Namespace) -> Iterator[Looked]:
    yield "Dockerfile", list(_dockerfile_faults())
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    yield "compose.yaml", list(deploy_compose.faults(compose))
    yield "users of Redis", list(deploy_compose.acl_faults((DEPLOY / "redis/users.acl").read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory(prefix="stonks-deploy-") as room:
        if not args.without_chart:
            yield from _or_missing("chart", lambda: _chart(args, Path(room)))
        if not args.without_image:
            yield from _or_missing("image", lambda: _image(args, Path(room)))


def _dockerfile_faults() -> Iterator[str]:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    if done.returncode or done.stdout:
        yield done.stdout + done.stderr


def _chart(args: argparse.Namespace, room: Path) -> Iterator[Looked]:
    yield from deploy_helm.faults(deploy_helm.program(args.helm), DEPLOY / "chart", room)


def _image(args: argparse.Namespace, room: Path) -> Iterator[Looked]:
    with deploy_image.built(ROOT, room, base=args.base, wheels=args.wheels) as image:
        yield from deploy_image.faults(image)
        yield from deploy_life.faults(image)
        print(deploy_image.table(image))


def _or_missing(what: str, look: Callable[[], Iterator[Looked]]) -> Iterator[Looked]:
    """Yield what `look` finds; a tool that is not there is a fault with the way to it, not the end."""
    try:
        yield from look()
    except (Missing, subprocess.SubprocessError) as error:
        yield what, [f"{error}"]


def _told(looked: Iterator[Looked]) -> Iterator[Looked]:
    began = time.monotonic()
    for what, faults in looked:
        print(
            f"{'wrong' if faults else '   ok'}  {what} ({time.monotonic() - began:.1f} s)", file=sys.stderr, flush=True
        )
        for fault in faults:
            print("       " + fault.strip().replace("\n", "\n       "), file=sys.stderr)
        yield what, faults
        began = time.monotonic()


if __name__ == "__main__":
    sys.exit(main())
