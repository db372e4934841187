"""Trains the dictionary of click records on made-up visits in the shapes TikTok's apps send.

    python -m clicks.train_dictionary 2 > clicks/dictionaries/v2.zdict

The visits are generated from a fixed seed, so a run repeats; no real visitor's data goes into a file that is published.
The shapes of user agents are those of TikTok's in-app browsers from 2021 to 2026.
"""

import random
import sys
import tomllib
from importlib.resources import files

from clicks.dictionary import zstd

SAMPLES = 30_000
SIZE = 32 * 1024
SEPARATOR = b"\x00"
CUT = b"\x01"

CORPUS = {
    key: text.split()
    for key, text in tomllib.loads(files("clicks").joinpath("dictionaries", "corpus.toml").read_text()).items()
}


def ios_user_agent(rng: random.Random) -> str:
    device = "iPad; CPU" if rng.random() < 0.06 else "iPhone; CPU iPhone"
    head = (
        f"Mozilla/5.0 ({device} OS {rng.choice(CORPUS['ios_versions'])} like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Mobile/15E148"
    )
    app = rng.choice(("musical_ly", "musical_ly", "trill"))
    release = f"{rng.randint(34, 47)}.{rng.randint(0, 9)}.0"
    if rng.random() < 0.55:
        return f"{head} Safari/604.1 {app}_{release} BytedanceWebview/d8a21c6"
    net = rng.choice(("WIFI", "WIFI", "4G", "5G", "MOBILE"))
    return (
        f"{head} {app}_{release} JsSdk/2.0 NetType/{net} Channel/App Store ByteLocale/{rng.choice(CORPUS['locales'])} "
        f"Region/{rng.choice(CORPUS['regions'])} isDarkMode/{rng.randint(0, 1)} WKWebView/1 RevealType/Dialog "
        "BytedanceWebview/d8a21c6"
    )


def android_user_agent(rng: random.Random) -> str:
    model, build = rng.choice(CORPUS["android_models"]).replace("_", " "), rng.choice(CORPUS["builds"])
    chrome = f"{rng.randint(96, 147)}.0.{rng.randint(4664, 7900)}.{rng.randint(40, 230)}"
    locale = rng.choice(CORPUS["locales"])
    release = f"{rng.randint(30, 47)}.{rng.randint(0, 9)}.{rng.randint(1, 5)}"
    app, aid = rng.choice((("musical_ly", "1233"), ("musical_ly", "1233"), ("trill", "1180")))
    number = "20" + release.replace(".", "0") + "0" if app == "musical_ly" else release.replace(".", "0")
    spark = f"1.{rng.randint(4, 8)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}-bugfix"
    return (
        f"Mozilla/5.0 (Linux; Android {rng.randint(10, 16)}; {model} Build/{build}; wv) AppleWebKit/537.36 "
        f"(KHTML, like Gecko) Version/4.0 Chrome/{chrome} Mobile Safari/537.36 {app}_{number} JsSdk/1.0 "
        f"NetType/{rng.choice(('WIFI', '4G', '5G', 'MOBILE'))} Channel/googleplay AppName/{app} app_version/{release} "
        f"ByteLocale/{locale} ByteFullLocale/{locale} Region/{rng.choice(CORPUS['regions'])} AppId/{aid} Spark/{spark} "
        f"AppVersion/{release} BytedanceWebview/d8a21c6"
    )


def name(rng: random.Random) -> str:
    joint = rng.choice(("_", "+", "%20", "-", "+%7C+"))
    return joint.join(rng.choice(CORPUS["words"]) for _ in range(rng.randint(2, 5)))


def query(rng: random.Random) -> str:
    ids = [f"18{rng.randrange(10**15):015d}" for _ in range(3)]
    expanded = rng.random() < 0.1
    ip = f"203.0.113.{rng.randint(1, 254)}" if expanded else "__IP__"
    placement = rng.choice(("TikTok", "TikTok", "TikTok", "Pangle", "__PLACEMENT__"))
    user_agent = "__UA__" if not expanded else "Mozilla%2F5.0%20%28"
    callback = "__CALLBACK_PARAM__" if not expanded else "E.C.P.B"
    return (
        f"campaign_id={ids[0]}&campaign_name={name(rng)}&adgroup_id={ids[1]}&adgroup_name={name(rng)}"
        f"&ad_id={ids[2]}&ad_name={name(rng)}&placement={placement}&callback={callback}&ip={ip}&ua={user_agent}&ttclid="
    )


def sample(rng: random.Random) -> bytes:
    """The text part of one record, as `clicks.record` joins it."""
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    slug = "".join(rng.choices(letters, k=rng.randint(4, 8)))
    app_id = "app_" + "".join(rng.choices(letters, k=12))
    user_agent = ios_user_agent(rng) if rng.random() < 0.5 else android_user_agent(rng)
    locale = rng.choice(CORPUS["locales"])
    base = locale.split("-")[0]
    languages = rng.choice((f"{locale},{base};q=0.9", f"{locale},{base};q=0.9,en-US;q=0.8,en;q=0.7", locale, ""))
    return SEPARATOR.join(part.encode() for part in (slug, app_id, user_agent, languages, "", query(rng))) + CUT


def train(version: int) -> bytes:
    """The dictionary's bytes. The version is part of the seed, so that each version's file is its own."""
    rng = random.Random(version)
    return zstd.train_dict([sample(rng) for _ in range(SAMPLES)], SIZE).dict_content


if __name__ == "__main__":
    sys.stdout.buffer.write(train(int(sys.argv[1])))
