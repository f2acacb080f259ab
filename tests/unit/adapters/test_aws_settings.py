from pathlib import Path

import pytest

from engine.adapters import aws_settings

TOPIC = "arn:aws:sns:eu-central-1:123456789012:stonks"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws").mkdir()
    return tmp_path


def missing(environment: dict[str, str], home: Path, maker: str = "Somebody") -> str:
    machine = home / "sys_vendor"
    machine.write_text(f"{maker}\n")
    return aws_settings.missing_credentials({"HOME": str(home), **environment}, machine)


def test_without_any_credentials_it_is_told_which_to_set(home: Path) -> None:
    assert missing({}, home).startswith("there are no AWS credentials: set AWS_ACCESS_KEY_ID and")
    assert missing({"AWS_SECRET_ACCESS_KEY": "secret"}, home).startswith("there are no AWS credentials")
    half = missing({"AWS_ACCESS_KEY_ID": "AKIA"}, home)
    assert half == "AWS_SECRET_ACCESS_KEY is not set: it belongs to AWS_ACCESS_KEY_ID"


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials"},
    ],
)
def test_credentials_of_the_environment_will_do(home: Path, environment: dict[str, str]) -> None:
    assert missing(environment, home) == ""


def test_a_profile_is_looked_up_in_both_files(home: Path) -> None:
    (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIA\n[empty]\n")
    (home / ".aws" / "config").write_text("[profile work]\nrole_arn = arn\nregion = eu-west-1\n[other]\nrole_arn=x\n")
    assert missing({}, home) == ""
    assert missing({"AWS_PROFILE": "work"}, home) == ""
    for name in ("empty", "other", "gone"):
        told = missing({"AWS_PROFILE": name}, home)
        assert told.startswith(f"AWS_PROFILE is {name}, and there is no such profile with credentials")
    assert aws_settings.region({"HOME": str(home), "AWS_PROFILE": "work"}) == "eu-west-1"


def test_files_in_another_place_are_looked_up_there(home: Path) -> None:
    file = home / "elsewhere"
    file.write_text("[default]\ncredential_process = /bin/true\n")
    assert missing({"AWS_CONFIG_FILE": str(file)}, home) == ""
    file.write_text("this is no such file = [")
    assert missing({"AWS_CONFIG_FILE": str(file)}, home) != ""


def test_a_machine_of_amazon_may_have_a_role_that_only_sending_finds_out(home: Path) -> None:
    assert missing({}, home, maker="Amazon EC2") == ""
    assert missing({"AWS_EC2_METADATA_DISABLED": "true"}, home, maker="Amazon EC2") != ""


def test_a_region_is_the_one_that_was_named_or_the_topics_or_else_that_of_aws(home: Path) -> None:
    environment = {"HOME": str(home), "AWS_REGION": "us-west-2"}
    assert aws_settings.region({"HOME": str(home)}) == ""
    assert aws_settings.region(environment) == "us-west-2"
    assert aws_settings.region({**environment, "AWS_DEFAULT_REGION": "us-east-2"}) == "us-east-2"
    assert aws_settings.region(environment, TOPIC) == "eu-central-1"
    assert aws_settings.region({**environment, "STONKS_SNS_REGION": "ap-south-1"}, TOPIC) == "ap-south-1"
