"""AWS settings: which region and which credentials are there, as far as that can be told without asking anybody?

What AWS's own library finds is found by sending. It may ask the machine's metadata service, which hangs wherever there
is none; so here only the environment and the shared files are looked at, and what kind of machine this is.
"""

from collections.abc import Mapping
from configparser import Error, RawConfigParser
from pathlib import Path

MACHINE = Path("/sys/class/dmi/id/sys_vendor")
"""What Linux says of who made the machine."""
_BY_ENVIRONMENT = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_BY_PROFILE = (
    "aws_access_key_id",
    "role_arn",
    "credential_process",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
    "login_session",
)


def missing_credentials(environment: Mapping[str, str], machine: Path = MACHINE) -> str:
    """Return what is missing to have credentials, and what to do; empty: nothing, as far as can be told."""
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if key and not secret:
        return "AWS_SECRET_ACCESS_KEY is not set: it belongs to AWS_ACCESS_KEY_ID"
    if (key and secret) or any(environment.get(name) for name in _BY_ENVIRONMENT):
        return ""
    profile = environment.get("AWS_PROFILE") or "default"
    if any(_profile(environment, profile).get(name) for name in _BY_PROFILE):
        return ""
    if environment.get("AWS_PROFILE"):
        return f"AWS_PROFILE is {profile}, and there is no such profile with credentials: write it, or name another"
    if _is_of_aws(machine) and environment.get("AWS_EC2_METADATA_DISABLED", "").lower() != "true":
        return ""  # its role may do; only the machine itself could say
    return (
        "there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile "
        "that has some"
    )


def region(environment: Mapping[str, str], topic_arn: str = "") -> str:
    """Return the region that STONKS_SNS_REGION names, else the one of `topic_arn`, else AWS's own; empty: none."""
    named = environment.get("STONKS_SNS_REGION") or (topic_arn.split(":")[3] if topic_arn else "")
    if named:
        return named
    profile = environment.get("AWS_PROFILE") or "default"
    return (
        environment.get("AWS_DEFAULT_REGION")
        or environment.get("AWS_REGION")
        or _profile(environment, profile).get("region", "")
    )


def _profile(environment: Mapping[str, str], name: str) -> dict[str, str]:
    config = _file(environment, "AWS_CONFIG_FILE", "config")
    credentials = _file(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
    section = name if name == "default" else f"profile {name}"
    return {**_section(config, section), **_section(credentials, name)}


def _file(environment: Mapping[str, str], variable: str, usual: str) -> Path:
    path = Path(environment.get(variable) or Path(environment.get("HOME") or "~", ".aws", usual))
    try:
        return path.expanduser()
    except RuntimeError:  # in a container a user may have no home, and no such file then
        return path


def _section(path: Path, name: str) -> dict[str, str]:
    parser = RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(path.read_text())
    except (OSError, ValueError, Error):
        return {}
    return dict(parser.items(name)) if parser.has_section(name) else {}


def _is_of_aws(machine: Path) -> bool:
    try:
        return machine.read_text().strip() == "Amazon EC2"
    except (OSError, ValueError):
        return False
