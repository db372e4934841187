"""The lines that apps are given: whole by the grammar of their language, and of this app."""

import shutil
import subprocess

import pytest
import tree_sitter_dart
import tree_sitter_javascript
import tree_sitter_kotlin
import tree_sitter_swift
from tree_sitter import Language, Node, Parser

from console.snippets import KEY, PLATFORMS, snippets

URL, APP = "https://api.example.com", "app_1"
SNIPPETS = {one.title: one.code for one in snippets(URL, APP)}
GRAMMARS = {
    "Swift": tree_sitter_swift,
    "Kotlin": tree_sitter_kotlin,
    "React Native": tree_sitter_javascript,
    "Flutter": tree_sitter_dart,
}
DECLARATIONS = {
    "Kotlin": {"function_declaration"},
    "Flutter": {"function_signature", "function_body", "function_declaration", "method_declaration"},
}
"""What may stand at the top of a file, where the language takes no statements there."""


def parsed(language: str, code: str) -> Node:
    return Parser(Language(GRAMMARS[language].language())).parse(code.encode()).root_node


def faults(node: Node) -> list[str]:
    """What is not of the language, each with its line."""
    if node.is_missing or node.type == "ERROR":
        return [f"line {node.start_point[0] + 1}: {(node.text or b'').decode()[:60]}"]
    return [fault for child in node.children for fault in faults(child)]


def test_there_are_lines_for_every_kind_of_app() -> None:
    assert SNIPPETS.keys() == {*GRAMMARS, "curl"}


@pytest.mark.parametrize("language", GRAMMARS)
def test_the_lines_are_of_their_language(language: str) -> None:
    assert faults(parsed(language, SNIPPETS[language])) == []


@pytest.mark.parametrize("language", GRAMMARS)
def test_a_bracket_that_is_missing_would_be_found(language: str) -> None:
    code = SNIPPETS[language]
    at = code.rindex(")")
    assert faults(parsed(language, code[:at] + code[at + 1 :]))


@pytest.mark.parametrize("language", DECLARATIONS)
def test_nothing_but_declarations_stands_at_the_top_of_a_file(language: str) -> None:
    top = {child.type for child in parsed(language, SNIPPETS[language]).children}
    assert {kind for kind in top if "comment" not in kind} <= DECLARATIONS[language]


@pytest.mark.parametrize("provider", ["revenuecat", "superwall", "adapty"])
def test_the_join_lines_are_swift(provider: str) -> None:
    assert faults(parsed("Swift", PLATFORMS[provider].join)) == []


@pytest.mark.parametrize("title", SNIPPETS)
def test_the_lines_hold_the_apps_own_values(title: str) -> None:
    code = SNIPPETS[title]
    assert all(text in code for text in (URL, APP, KEY, "v1/installs", "v1/events"))
    assert "@" not in code.replace("@MainActor", "")


def test_the_command_line_is_one_for_a_shell() -> None:
    shell = shutil.which("bash")
    assert shell is not None
    subprocess.run([shell, "-n"], input=SNIPPETS["curl"], text=True, check=True)


def test_react_native_sends_an_androids_release_and_not_its_api_level() -> None:
    assert "model: Model, os_version: Release ?? String(Platform.Version)" in SNIPPETS["React Native"]


@pytest.mark.parametrize(
    ("title", "looked_at"),
    [
        ("Swift", "statusCode < 300 else { throw"),
        ("Kotlin", "connection.responseCode < 300"),
        ("React Native", "if (!answer.ok) throw"),
        ("Flutter", "if (answer.statusCode >= 300) throw"),
    ],
)
def test_a_refusal_is_not_taken_for_done(title: str, looked_at: str) -> None:
    assert looked_at in SNIPPETS[title]


@pytest.mark.parametrize("title", GRAMMARS)
def test_a_second_try_has_the_ids_and_the_time_of_the_first(title: str) -> None:
    event = SNIPPETS[title].partition("sendPurchase")[2]
    assert "uuid" not in event.lower()
    assert "occurred_at" in event


@pytest.mark.parametrize(
    ("title", "kept", "sent"),
    [("Swift", 'kept.set(id, forKey: "signalpost")', 'kept.set(true, forKey: "signalpost.sent")'),
     ("Kotlin", 'putString("install_id", id)', 'putBoolean("sent", true)')],
)  # fmt: skip
def test_an_install_id_is_kept_before_it_is_sent_and_as_sent_once_it_is_there(title: str, kept: str, sent: str) -> None:
    code = SNIPPETS[title]
    assert code.index(kept) < code.index('post("v1/installs"') < code.index(sent)


def test_a_phone_without_a_network_does_not_end_an_android_app() -> None:
    post = SNIPPETS["Kotlin"].partition("fun installId")[0]
    assert "catch (e: IOException)" in post
    assert "check(" not in post


@pytest.mark.parametrize("title", GRAMMARS)
def test_nobody_is_said_to_have_consented_by_the_lines_themselves(title: str) -> None:
    code = "\n".join(line.partition("//")[0] for line in SNIPPETS[title].splitlines())
    assert "granted" not in code


@pytest.mark.parametrize(
    ("title", "optional"),
    [("Swift", "at: Date? = nil"), ("Kotlin", "at: Long? = null"), ("React Native", "at?."), ("Flutter", "at?.")],
)
def test_a_phones_clock_is_asked_for_later_tries_alone(title: str, optional: str) -> None:
    install, _, event = SNIPPETS[title].partition("sendPurchase")
    assert optional in event
    assert "occurred_at" not in install
