"""`/users`: who may use the console, for owners."""

from pydantic import Field
from starlette.responses import Response

from admin.fingerprints import password_fingerprints
from admin.users import Role, create_user, disable_user, enable_user, list_users, set_password, set_role
from console.call import Call
from console.forms import Form, Verbatim
from console.page import Act, Done, Page, Snapshots
from console.snapshots import with_snapshots


class NewUserForm(Form):
    secret = frozenset({"password"})

    email: str = Field(min_length=1, max_length=254)
    role: Role
    password: Verbatim = Field("", max_length=1000)


class RoleForm(Form):
    email: str = Field(max_length=254)
    role: Role


class UserForm(Form):
    email: str = Field(max_length=254)


class NewPasswordForm(Form):
    secret = frozenset({"password"})

    email: str = Field(max_length=254)
    password: Verbatim = Field(min_length=1, max_length=1000)


async def show_users(call: Call) -> Response:
    return call.page("users.html", title="Users", users=await list_users(call.session), roles=list(Role), made=None)


async def snapshots(call: Call) -> Snapshots:
    passwords = await password_fingerprints(call.session)
    roles = {("role", one["email"]): {"role": str(one["role"])} for one in await list_users(call.session)}
    return {**roles, **{("password", email): {"password": stored} for email, stored in passwords.items()}}


async def create(call: Call, form: NewUserForm) -> Done | Response:
    made = await create_user(call.session, form.email, form.role, form.password)
    if "password" not in made:
        return Done("/users", f"{made['email']} can sign in now.")
    users, call = await list_users(call.session), await with_snapshots(PAGES[0], call)
    return call.page("users.html", title="Users", users=users, roles=list(Role), made=made)


async def change_role(call: Call, form: RoleForm) -> Done:
    changed = await set_role(call.session, form.email, form.role)
    return Done("/users", f"{changed['email']} is {changed['role']} now.")


async def change_password(call: Call, form: NewPasswordForm) -> Done:
    await set_password(call.session, form.email, form.password)
    return Done("/users", f"{form.email} has a new password. Their sessions have ended.")


async def disable(call: Call, form: UserForm) -> Done:
    await disable_user(call.session, form.email)
    return Done("/users", f"{form.email} cannot sign in any more. Their sessions have ended.")


async def enable(call: Call, form: UserForm) -> Done:
    await enable_user(call.session, form.email)
    return Done("/users", f"{form.email} can sign in again.")


PAGES = (
    Page(
        "/users",
        show_users,
        Role.OWNER,
        (
            Act("create", NewUserForm, create, Role.OWNER),
            Act("role", RoleForm, change_role, Role.OWNER),
            Act("password", NewPasswordForm, change_password, Role.OWNER),
            Act("disable", UserForm, disable, Role.OWNER),
            Act("enable", UserForm, enable, Role.OWNER),
        ),
        snapshots,
    ),
)
