"""The command line `gongkai`."""

import click


@click.group()
def main() -> None:
    """Run the written procedures of public bodies."""
