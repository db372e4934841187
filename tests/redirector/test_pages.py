"""The page for computers."""

from clicks.links import Link
from redirector.pages import StoresPage

LINK = Link(slug="tea", app_id="app_tea", ios_url="https://apps.apple.com/app/id1")


def test_the_page_names_the_app() -> None:
    page = bytes(StoresPage().render(LINK, "https://go.example.com/tea", "Tea & <Cake>").body).decode()
    assert "<h1>Get Tea &amp; &lt;Cake&gt;</h1>" in page
    assert "<title>Get Tea &amp; &lt;Cake&gt;</title>" in page


def test_links_published_before_apps_had_names_say_the_app() -> None:
    assert b"Get the app" in StoresPage().render(LINK, "https://go.example.com/tea", "").body
