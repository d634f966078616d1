"""`pressrun schema`."""

import click

from pressrun.desk.authoring.schema import KINDS, schema_text


@click.command("schema")
@click.argument("kind", type=click.Choice(KINDS))
def command(kind: str) -> None:
    """Print the JSON Schema of a story's or an edition's front matter, or of publication.yaml, for editors."""
    click.echo(schema_text(kind), nl=False)
