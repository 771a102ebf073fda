"""`leal oauth-app`: apps that merchants let into their programs."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from leal.cli.connecting import Connected, connected
from leal.cli.noting import at_the_terminal
from leal.cli.showing import active_or, say, show_table
from leal.storage import oauth as stored
from leal.storage.oauth import App, Description
from leal.usecases import oauth

app = typer.Typer(help="Register and revoke OAuth apps.", no_args_is_help=True)

_SECRET_BYTES = 32


@app.command()
def create(  # noqa: PLR0913, PLR0917 - an option for each thing that an app says of itself
    name: Annotated[str, typer.Option(help="What operators read on the consent page.")],
    url: Annotated[str, typer.Option(help="The app's own page, https.")],
    image_url: Annotated[str, typer.Option(help="Its image, https.")],
    install_url: Annotated[str, typer.Option(help="Where it is installed from, https.")],
    redirect_url: Annotated[
        str, typer.Option(help="Where codes go: https, or http on 127.0.0.1 and localhost.")
    ],
    alert_email: Annotated[str, typer.Option(help="Who hears of webhooks that fail.")],
    description: Annotated[str, typer.Option(help="At most 150 characters.")] = "",
) -> None:
    """Register an app and print its client id and secret; the secret cannot be shown again."""
    described = Description(
        name=name,
        description=description,
        url=url,
        image_url=image_url,
        install_url=install_url,
        redirect_url=redirect_url,
        alert_email=alert_email,
    )

    async def make(to: Connected) -> tuple[App, str]:
        return await oauth.create_app(
            to.database,
            to.sealer,
            described,
            fresh=secrets.token_hex,
            by=at_the_terminal(),
            now=datetime.now(UTC),
        )

    made, secret = connected(make)
    say("keep the secret, it is shown only now:")
    show_table(
        ("what", "value"), (("client_id", made.client_id), ("client_secret", secret)), whole="value"
    )


@app.command("list")
def list_all() -> None:
    """List the apps, revoked ones too."""
    found = connected(lambda to: stored.list_apps(to.database))
    rows = [
        (each.client_id, each.described.name, active_or("revoked", each.revoked_at))
        for each in found
    ]
    show_table(("client id", "name", "state"), rows, whole="client id")


@app.command()
def show(client_id: str) -> None:
    """Show all of an app but its secret."""
    found = connected(lambda to: oauth.known_app(to.database, client_id))
    about = found.described
    rows = (
        ("client_id", found.client_id),
        ("name", about.name),
        ("description", about.description),
        ("url", about.url),
        ("image_url", about.image_url),
        ("install_url", about.install_url),
        ("redirect_url", about.redirect_url),
        ("alert_email", about.alert_email),
        ("created_at", found.created_at),
        ("state", active_or("revoked", found.revoked_at)),
    )
    show_table(("what", "value"), rows, whole="value")


@app.command("rotate-secret")
def rotate_secret(client_id: str) -> None:
    """Give an app a new secret and print it; the old one is refused at once."""
    secret = secrets.token_hex(_SECRET_BYTES)
    connected(
        lambda to: oauth.rotate_secret(
            to.database,
            to.sealer,
            client_id,
            secret=secret,
            by=at_the_terminal(),
            now=datetime.now(UTC),
        )
    )
    say("keep it, it is shown only now:")
    print(secret)


@app.command()
def revoke(
    client_id: str,
    program: Annotated[
        int | None, typer.Option(help="Only what it may do in this program.", min=1)
    ] = None,
) -> None:
    """End an app, or shut it out of one program (running servers notice within five seconds)."""

    async def end(to: Connected) -> int:
        chosen = None if program is None else await to.choose_program(program)
        return await oauth.revoke(
            to.database,
            client_id,
            program_id=chosen,
            by=at_the_terminal(),
            now=datetime.now(UTC),
        )

    ended = connected(end)
    say(f"app {client_id} is revoked" if program is None else f"{ended} token(s) are revoked")
