"""A sentence of an act as a page shows it."""

import pytest
from jinja2 import Environment

from console.rendering import breakable, with_commands

SENTENCE = "<b>no</b>: `signalpost user list` shows them, `signalpost up` starts"


@pytest.mark.parametrize(
    ("may", "shown"),
    [
        (True, '&lt;b&gt;no&lt;/b&gt;: <a href="/users">Users</a> shows them, <code>signalpost up</code> starts'),
        (
            False,
            "&lt;b&gt;no&lt;/b&gt;: <code>signalpost user list</code> shows them, <code>signalpost up</code> starts",
        ),
    ],
)
def test_a_command_is_a_link_for_whoever_may_go_there(may: bool, shown: str) -> None:
    templates = Environment(autoescape=True)
    templates.filters["commands"] = with_commands
    found = templates.from_string("{{ sentence | commands }}").render(
        sentence=SENTENCE, app=None, leads_to=lambda path: may and path == "/users"
    )
    assert found == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("CompleteRegistration", "Complete<wbr>Registration"),
        ("level_complete_of_<b>", "level_<wbr>complete_<wbr>of_<wbr>&lt;b&gt;"),
        ("sign_up", "sign_up"),
        ("AddToCart", "AddToCart"),
        ("ends_with_a_joint_", "ends_<wbr>with_<wbr>a_<wbr>joint_"),
    ],
)
def test_a_long_name_may_be_broken_where_its_words_meet(name: str, shown: str) -> None:
    assert breakable(name) == shown
