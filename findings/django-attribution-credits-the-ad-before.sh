#!/usr/bin/env bash
# django-attribution 0.1.6: the visit that a link led to is written down after the view has answered, and a conversion can be
# credited only with what was written before it. So a conversion on the very page of the link (a sign-up by a link in an
# e-mail, a coupon that its link redeems, a trial that begins on the landing page) is credited to the ad that came before,
# or to none, and never to the link that led to it. Conversions on any later page are right. Nothing fails or is logged. The
# way out: record the conversion by the request after.
#
# Seen, of three people who came by an e-mail's link, two of them by an ad a day before:
#   converts on the page of the link, no ad before: last touch none, first touch none
#   converts on the page of the link, ad before: last touch tiktok, first touch tiktok
#   converts on the page after it, ad before: last touch email, first touch tiktok
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check django-attribution==0.1.6 Django==5.2.19
"$folder/venv/bin/python" - <<'PYTHON'
import logging
from datetime import timedelta

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django_attribution"
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_attribution.middlewares.TrackingParameterMiddleware",
        "django_attribution.middlewares.AttributionMiddleware",
    ],
    ROOT_URLCONF="__main__",
    SECRET_KEY="of a test",
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django_attribution.attribution_models import first_touch, last_touch
from django_attribution.models import Conversion, Touchpoint
from django_attribution.shortcuts import record_conversion

logging.disable(logging.CRITICAL)


def page(request):
    return HttpResponse("a page")


def sign_up(request):
    record_conversion(request, "signup")
    return HttpResponse("welcome")


urlpatterns = [path("", page), path("sign-up/", sign_up)]
call_command("migrate", verbosity=0)
AD, EMAIL = "?utm_source=tiktok&utm_campaign=spring", "?utm_source=email&utm_campaign=welcome"
CASES = (
    ("converts on the page of the link, no ad before", (f"/sign-up/{EMAIL}",), "none", "none"),
    ("converts on the page of the link, ad before", (f"/{AD}", f"/sign-up/{EMAIL}"), "tiktok", "tiktok"),
    ("converts on the page after it, ad before", (f"/{AD}", f"/{EMAIL}", "/sign-up/"), "email", "tiktok"),
)
for name, requests, last, first in CASES:
    Conversion.objects.all().delete()
    browser = Client()
    for request in requests:
        assert browser.get(request).status_code == 200
        if AD in request:  # a day goes by
            Touchpoint.objects.update(created_at=Touchpoint.objects.get().created_at - timedelta(days=1))
    credited = [
        Conversion.objects.valid().with_attribution(model).get().attribution_data.get("utm_source", "none")
        for model in (last_touch, first_touch)
    ]
    print(f"{name}: last touch {credited[0]}, first touch {credited[1]}")
    assert credited == [last, first]
    Touchpoint.objects.all().delete()
PYTHON
