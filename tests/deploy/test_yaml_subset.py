"""The reader of the other tests reads what YAML says, and refuses what it does not know."""

import pytest

from tests.deploy.yaml_subset import read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: x y\n", {"a": 1, "b": "x y"}),
        ("# words\na:\n  b: true\nc:\n", {"a": {"b": True}, "c": None}),
        ('a: ["x", 1]\n', {"a": ["x", 1]}),
        ("a:\n  - b: 1\n    c: 2\n  - b: 3\n", {"a": [{"b": 1, "c": 2}, {"b": 3}]}),
        ("a:\n  - x\n  - y\n", {"a": ["x", "y"]}),
        ("a: 'it''s {b=~\"c\"}'\n", {"a": 'it\'s {b=~"c"}'}),
        ('a: "80:80"\n', {"a": "80:80"}),
    ],
)
def test_what_is_written_is_read(text: str, value: object) -> None:
    assert read_yaml(text) == value


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: b: c\n", "a: x # y\n", "a:\n  b: 1\n c: 2\n", "a\n", 'a: ["x\n'])
def test_what_is_not_of_the_subset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_yaml(text)
