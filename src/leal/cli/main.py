"""The `leal` command: one file a noun, put together here."""

from importlib.metadata import version as installed_version

import typer

from leal.cli import (
    audit,
    backups,
    clock,
    codes,
    customers,
    demo,
    doctor,
    explain,
    jobs,
    keys,
    migrations,
    oauth_apps,
    operators,
    program,
    report,
    serve,
    sites,
    verify,
    webhooks,
    worker,
)
from leal.cli.showing import LealGroup

app = typer.Typer(
    cls=LealGroup,
    help="A self-hosted loyalty server. Settings are read from LEAL_* variables.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def version() -> None:
    """Print the version of leal."""
    print(installed_version("leal"))


app.command()(demo.demo)
app.command()(serve.serve)
app.command()(migrations.migrate)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(doctor.doctor)
app.command()(verify.verify)
app.command()(explain.explain)
app.command()(worker.worker)
app.command()(jobs.jobs)
app.command()(audit.audit)
app.add_typer(clock.app, name="clock")
app.add_typer(codes.app, name="codes")
app.add_typer(customers.app, name="customers")
app.add_typer(program.app, name="program")
app.add_typer(report.app, name="report")
app.add_typer(keys.app, name="key")
app.add_typer(operators.app, name="operator")
app.add_typer(oauth_apps.app, name="oauth-app")
app.add_typer(sites.app, name="site")
app.add_typer(webhooks.app, name="webhooks")

if __name__ == "__main__":
    app()
