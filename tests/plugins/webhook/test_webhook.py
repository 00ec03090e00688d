"""The options of a webhook: what can't work is found when the configuration is loaded, and nothing shows a secret."""

import pytest

from gtm import PluginFault, Setup
from gtm_plugins.webhook import Webhook

URL = "https://ops:s3cret@hooks.example.com:8443/services/s3cret?token=s3cret"


def made(folder, **options):
    return Webhook(Webhook.Options(**{"url": URL} | options), Setup(folder=folder))


def test_its_label_names_the_host_and_nothing_else(tmp_path):
    assert made(tmp_path).label() == "webhook hooks.example.com:8443"
    assert made(tmp_path, url="http://127.0.0.1/hook").label() == "webhook 127.0.0.1"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "hooks.example.com/x"}, "write https://HOST/PATH"),
        ({"url": "ftp://hooks.example.com/x"}, "write https://HOST/PATH"),
        ({"url": "https:///x"}, "write https://HOST/PATH"),
        ({"url": "https://host:port/s3cret"}, "write https://HOST/PATH"),
        ({"url": "https://host/s3 cret"}, "write https://HOST/PATH"),
        ({"url": "https://[::1/s3cret"}, "write https://HOST/PATH"),
        ({"secret_file": "secret"}, 'style "json" signs nothing'),
        ({"style": "wecom", "secret_env": "NOT_THERE"}, 'style "wecom" signs nothing'),
        ({"style": "feishu", "secret_file": "secret", "secret_env": "X"}, "keep one of them"),
        ({"style": "feishu", "secret_env": "NOT_THERE_EITHER"}, 'the environment has no "NOT_THERE_EITHER"'),
        ({"style": "feishu", "secret_file": "missing"}, "can't be read: no such file"),
        ({"style": "feishu", "secret_file": "empty"}, "is empty"),
        ({"headers": {"X Y": "z"}}, "no header that can be set"),
        ({"headers": {"Content-Length": "3"}}, "no header that can be set"),
        ({"headers": {"X-Team": "a\r\nX-Other: b"}}, "characters that no header may have"),
        ({"header_files": {"Authorization": "missing"}}, "can't be read"),
        ({"headers": {"authorization": "Bearer s3cret"}}, "leave one of them out"),
        ({"ca_file": "secret"}, "holds no certificates"),
    ],
    ids=str,
)
def test_options_that_cannot_work_are_refused_without_showing_a_secret(tmp_path, options, words):
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "empty").write_text(" \n")
    with pytest.raises(PluginFault) as fault:
        made(tmp_path, **options)
    assert words in str(fault.value)
    assert "s3cret" not in str(fault.value)


def test_it_names_the_files_that_it_was_built_from(tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "token").write_text("Bearer s3cret\n")
    plugin = made(tmp_path, style="feishu", secret_file="secret", header_files={"X-Token": "token"})
    assert plugin.files() == [tmp_path / "secret", tmp_path / "token"]
