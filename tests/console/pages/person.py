"""Somebody who uses the console without a script: opens pages, fills forms in and sends them."""

from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx

PASSWORD = "kettle-on-the-stove"


class Forms(HTMLParser):
    """The forms of a page: of each what would be sent if nothing were typed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.actions: list[str] = []
        self._textarea = ""
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
            self.actions.append(given.get("action", ""))
        elif not self.forms:
            return
        elif tag == "input" and given.get("name"):
            if given.get("type") != "checkbox" or "checked" in given:
                self.forms[-1][given["name"]] = given.get("value", "")
        elif tag == "textarea":
            self._textarea = given["name"]
            self.forms[-1][self._textarea] = ""
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.forms[-1]):
            self.forms[-1][self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1][self._textarea] += unescape(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def named(self, name: str, key: str = "") -> dict[str, str]:
        """The form with this act."""
        for form in self.forms:
            if form.get("_form") == name and form.get("_key", "") == key:
                return dict(form)
        raise AssertionError(f"no form {name!r} {key!r} among {[form.get('_form') for form in self.forms]}")


class Person:
    """One browser."""

    def __init__(self, base_url: str, **options: Any) -> None:
        self.base_url = base_url
        self.http = httpx.Client(base_url=base_url, trust_env=False, timeout=30, **options)

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.http.close()

    def open(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def fill(self, path: str, form: str, key: str = "", **fields: str) -> dict[str, str]:
        """What the form of this page would send with these fields typed in."""
        return {**Forms(self.open(path).text).named(form, key), **fields}

    def post(self, path: str, data: dict[str, str], **options: Any) -> httpx.Response:
        return self.http.post(path, data=data, **options)

    def send(self, path: str, form: str, key: str = "", **fields: str) -> httpx.Response:
        """Open the page, fill its form in and send it."""
        return self.post(path, self.fill(path, form, key, **fields))

    def send_and_follow(self, path: str, form: str, key: str = "", **fields: str) -> httpx.Response:
        return self.post(path, self.fill(path, form, key, **fields), follow_redirects=True)

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        answer = self.post("/login", {"email": email, "password": password})
        assert answer.status_code == 303, answer.text
