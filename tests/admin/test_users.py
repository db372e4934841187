"""Users: created, disabled, given roles and passwords; never without an owner."""

import asyncio
from typing import Any

import pytest

from admin.passwords import is_password
from admin.refusal import Refused
from admin.session import Session
from admin.sign_in import sign_in_as, signed_in
from admin.users import (
    Role,
    create_user,
    disable_user,
    enable_user,
    first_owner,
    list_users,
    new_setup_token,
    role_of,
    set_password,
    set_role,
)
from ledger.audit import NO_APP, audit_entries
from ledger.users import user_of_email

pytestmark = pytest.mark.anyio

PASSWORD = "kettle-on-the-stove"


async def test_an_address_is_one_whatever_its_case(session: Session) -> None:
    made = await create_user(session, "  Anna@Example.COM ", Role.OWNER, PASSWORD)
    assert made["email"] == "anna@example.com"
    with pytest.raises(Refused, match=r"^email: anna@example.com is somebody's already"):
        await create_user(session, "ANNA@example.com", Role.VIEWER, PASSWORD)


@pytest.mark.parametrize(
    "email", ["", "anna", "@", "a@", "@b", "a b@c", "a@b c", "<a@b>", "a@b\x00", "x" * 250 + "@b.cc"]
)
async def test_what_is_no_address_is_refused(session: Session, email: str) -> None:
    with pytest.raises(Refused, match=r"^email: must be an address"):
        await create_user(session, email, Role.VIEWER, PASSWORD)


@pytest.mark.parametrize("password", ["short", "x" * 1001, "anna@example.com"])
async def test_a_password_that_cannot_be_taken_is_refused(session: Session, password: str) -> None:
    with pytest.raises(Refused, match=r"^password: must"):
        await create_user(session, "anna@example.com", Role.VIEWER, password)


async def test_a_password_is_stored_as_argon2id_and_blanks_are_part_of_it(session: Session) -> None:
    await create_user(session, "anna@example.com", Role.VIEWER, " kettle on the stove ")
    user = await user_of_email(session.database, "anna@example.com")
    assert user is not None
    assert user.password_hash.startswith("$argon2id$")
    assert await is_password(user.password_hash, " kettle on the stove ")
    assert not await is_password(user.password_hash, "kettle on the stove")


async def test_a_made_password_is_told_once_and_works(session: Session) -> None:
    made = await create_user(session, "anna@example.com", Role.VIEWER)
    user = await user_of_email(session.database, "anna@example.com")
    assert user is not None
    assert await is_password(user.password_hash, made["password"])
    assert "password" not in (await list_users(session))[0]


async def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(Refused, match=r"^role: must be one of viewer, editor, owner"):
        role_of("king")


async def test_each_role_may_what_those_below_may() -> None:
    assert [[one.may(other) for other in Role] for one in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


async def test_the_only_owner_can_be_neither_disabled_nor_demoted(session: Session) -> None:
    await create_user(session, "anna@example.com", Role.OWNER, PASSWORD)
    await create_user(session, "ben@example.com", Role.EDITOR, PASSWORD)
    for act in (disable_user(session, "anna@example.com"), set_role(session, "anna@example.com", Role.VIEWER)):
        with pytest.raises(Refused, match="is the only owner"):
            await act
    await set_role(session, "ben@example.com", Role.OWNER)
    assert (await set_role(session, "anna@example.com", Role.VIEWER))["role"] == "viewer"


async def test_two_owners_who_disable_each_other_at_once_leave_one(session: Session) -> None:
    names = [f"owner{number}@example.com" for number in range(4)]
    for name in names:
        await create_user(session, name, Role.OWNER, PASSWORD)
    await asyncio.gather(*(disable_user(session, name) for name in names), return_exceptions=True)
    assert [user["disabled_at"] for user in await list_users(session)].count(None) == 1


async def test_a_disabled_user_has_no_session_and_comes_back_with_their_password(session: Session) -> None:
    await create_user(session, "anna@example.com", Role.OWNER, PASSWORD)
    await create_user(session, "ben@example.com", Role.EDITOR, PASSWORD)
    token = await sign_in_as(session, "ben@example.com", "", "127.0.0.1")
    assert await signed_in(session, token) is not None
    assert (await disable_user(session, "ben@example.com"))["disabled_at"] is not None
    assert await signed_in(session, token) is None
    assert (await enable_user(session, "ben@example.com"))["disabled_at"] is None
    assert await signed_in(session, token) is None


async def test_a_new_password_ends_the_sessions_but_this_one(session: Session) -> None:
    await create_user(session, "anna@example.com", Role.OWNER, PASSWORD)
    mine, other = [await sign_in_as(session, "anna@example.com", "", "127.0.0.1") for _ in range(2)]
    me = await signed_in(session, mine)
    assert me is not None
    await set_password(session, "anna@example.com", "another-kettle", me.token_hash)
    assert await signed_in(session, mine) is not None
    assert await signed_in(session, other) is None


async def test_every_change_is_in_the_audit_log_without_a_password(session: Session) -> None:
    await create_user(session, "anna@example.com", Role.OWNER, PASSWORD)
    await create_user(session, "ben@example.com", Role.VIEWER)
    await set_role(session, "ben@example.com", Role.EDITOR)
    await set_password(session, "ben@example.com", "another-kettle")
    await disable_user(session, "ben@example.com")
    await enable_user(session, "ben@example.com")
    done = (await audit_entries(session.database, NO_APP, 100))[::-1]
    assert [entry["act"] for entry in done] == [
        "user.create", "user.create", "user.set_role", "user.set_password", "user.disable", "user.enable",
    ]  # fmt: skip
    assert (done[2]["before"]["role"], done[2]["after"]["role"]) == ("viewer", "editor")
    assert "kettle" not in str(done)


@pytest.mark.parametrize("act", [disable_user, enable_user])
async def test_whoever_is_not_there_is_named(session: Session, act: Any) -> None:
    with pytest.raises(Refused, match=r"^email: nobody has 'eve@example.com'"):
        await act(session, "eve@example.com")


async def test_an_owner_made_by_command_ends_the_set_up_link(session: Session) -> None:
    token = await new_setup_token(session)
    assert token is not None
    await create_user(session, "anna@example.com", Role.OWNER, PASSWORD)
    with pytest.raises(Refused, match=r"^token: "):
        await first_owner(session, token, "eve@example.com", PASSWORD)
    assert await new_setup_token(session) is None


async def test_a_set_up_that_was_refused_keeps_its_link(session: Session) -> None:
    token = await new_setup_token(session)
    assert token is not None
    with pytest.raises(Refused, match=r"^password: "):
        await first_owner(session, token, "anna@example.com", "short")
    assert (await first_owner(session, token, "anna@example.com", PASSWORD))["role"] == "owner"


async def test_the_secret_of_the_set_up_is_not_in_the_ledger(session: Session) -> None:
    token = await new_setup_token(session)
    stored = await session.database.fetchval("SELECT token_hash FROM setup_tokens")
    assert token is not None
    assert token.encode() not in stored
    assert len(stored) == 32
