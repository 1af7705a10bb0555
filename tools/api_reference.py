"""The reference of the REST API, written from its description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.web import api, app, problems
from engine.web.api import negotiation, specification

_ABOUT = """\
`/api/v1` does everything that the pages do. [Use the API](../how-to/use-the-api.md) is the way in. A running server
shows every operation with its fields and examples at `/api/v1/docs`, and describes itself as OpenAPI 3.1 at
`/api/v1/openapi.json`; both want somebody signed in.

## Conventions

- **Who asks.** Programs send an API token: `Authorization: Bearer gongkai_…`. A token acts for who made it, within
  its scopes. A browser that is signed in may use its session; for everything but GET it repeats the CSRF token of the
  page as `X-CSRF-Token`. Without either the answer is 401 with `WWW-Authenticate: Bearer`.
- **Who may.** *For* in the tables below says whom an operation is for: everybody `signed-in`, or those with the right
  `monitor`, `design` or `admin` (administrators count as all of them). What one may do with one case or task is
  decided besides: what one may not see is 404, what one sees and may not do is 403.
- **Bodies** are JSON in UTF-8, uploads `multipart/form-data`; another kind is 415. Undeclared fields are refused. A
  body has at most 4 MB, an upload 256 MB. Answers are JSON unless the table says otherwise; who accepts something
  else only gets 406.
- **Times** are RFC 3339 with their zone; answers have them in UTC. Durations are ISO 8601. Numbers of things are
  integers of up to 63 bits.
- **Lists** come a page at a time, cut by key: `limit` (1 to {most}, 50 by default) and `after`. The answer has
  `items` and `after`, null on the last page, and the header `Link: <…>; rel="next"`. A place is of one list with one
  set of filters.
- **Repeating.** Operations that start, complete or send take `Idempotency-Key`: 1 to 200 visible ASCII characters,
  chosen by the caller. The second request with the same key gets the first answer and does nothing; keys of different
  callers never meet; they are kept for 30 days. Used for something else, a key is refused with 409.
- **Not sending twice.** Definitions, diagrams, pictures, forms, files and this description have an `ETag`: send it
  back as `If-None-Match` and get 304 while nothing has changed.
- **Not overwriting unseen.** Drafts and variables have an `ETag`: send it back as `If-Match`; when somebody has
  changed them meanwhile the answer is 412 and nothing is written.
- **Methods.** HEAD answers as GET without the body. A method that an address has not is 405 with `Allow`.
"""


def page(made: str) -> str:
    """Return the page.

    Args:
        made: The line that says that the page is generated.
    """
    description = specification.describe([route for each in app.routers(api) for route in each.routes.routes])
    parts = [
        "# REST API (接口)\n",
        made,
        _ABOUT.format(most=_most(description)),
        *_problems(),
        *_operations(description),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _most(description: Mapping[str, Any]) -> int:
    parameters = description["paths"]["/api/v1/tasks"]["get"]["parameters"]
    return int(next(each["schema"]["maximum"] for each in parameters if each["name"] == "limit"))


def _problems() -> Iterator[str]:
    yield "## Problems\n"
    yield (
        "Every error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail` for people in"
        " Chinese, `code` for programs. `invalid-form` and `invalid-request` have `errors` (`field`, `code`,"
        " `message`), `invalid-diagram` has `findings`. The codes do not change; those of the platform are explained in"
        " [errors](errors.md).\n"
    )
    yield "| status | title | codes |\n|---|---|---|"
    by_status: dict[int, set[str]] = {status: {code} for status, code in problems.CODES.items()}
    for kind in specification.kinds():
        by_status.setdefault(problems.status_for(kind), set()).add(kind.code)
    for status in sorted(by_status):
        codes = ", ".join(f"`{code}`" for code in sorted(by_status[status]))
        yield f"| {status} | {problems.TITLES[status]} | {codes} |"
    yield ""


def _operations(description: Mapping[str, Any]) -> Iterator[str]:
    found: dict[str, list[str]] = {tag["name"]: [] for tag in description["tags"]}
    for path, method, operation in specification.operations(description):
        first = operation["description"].split("\n\n")[0].replace("\n", " ")
        kind = next(iter(operation["responses"].get("200", {}).get("content", {})), negotiation.JSON)
        answer = "" if kind == negotiation.JSON else f" Answers `{kind}`."
        scope = f"`{operation['x-scope']}`" if "x-scope" in operation else "no token"
        address = f"`{method.upper()} {path.removeprefix('/api/v1')}`"
        found[operation["tags"][0]].append(f"| {address} | {operation['x-rule']} | {scope} | {first}{answer} |")
    for tag in description["tags"]:
        yield f"## {tag['name'].capitalize()} ({tag['x-displayName']})\n"
        yield f"{tag['description']}\n"
        yield "| operation | for | scope | |\n|---|---|---|---|"
        yield from found[tag["name"]]
        yield ""
