"""The public pages: what this server is, and the reference of its APIs, all without credentials.

Pages are written when first asked for and kept, as the documents do not change while a server
runs. They need nothing from elsewhere and can be read without their script.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leal.web.contents import Content, page, static_files
from leal.web.frame import DOCS, Frame, operation_path
from leal.web.nodes import Node
from leal.web.operation_page import operation_main
from leal.web.overview_pages import home_main, missing_main, overview_main
from leal.web.reference import Api, Operation, details, read


def routes(documents: Mapping[str, Node]) -> list[Route]:
    """The pages' routes; `documents` are OpenAPI documents by the prefix of their paths.

    Each document is expected to be served at `<prefix>/openapi.json` by its own API.
    """
    pages = _Pages([read(prefix, document) for prefix, document in documents.items()])
    return [
        Route("/", pages.serve),
        Route(DOCS, pages.serve),
        Route(f"{DOCS}/{{rest:path}}", pages.serve),
        Route("/static/{name}", pages.serve_file),
    ]


class _Pages:
    """Every page by its path, written at the first request for it."""

    def __init__(self, apis: Sequence[Api]) -> None:
        self._files = static_files()
        self._frame = Frame(files=self._files, apis=apis)
        self._written: dict[str, Content] = {}
        self._writers: dict[str, Callable[[], Content]] = {
            "/": partial(self._home, apis),
            DOCS: partial(self._overview, apis),
        }
        for api in apis:
            for operation in api.operations:
                path = operation_path(api, operation)
                self._writers[path] = partial(self._operation, api, operation)

    async def serve(self, request: Request) -> Response:
        path = request.scope["path"].rstrip("/") or "/"
        if path not in self._written:
            writer = self._writers.get(path)
            if writer is None:
                return self._missing().answer(request)
            self._written[path] = writer()
        return self._written[path].answer(request)

    async def serve_file(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404)
        return file.answer(request)

    def _home(self, apis: Sequence[Api]) -> Content:
        return page(self._frame.page("leal, a loyalty server", home_main(apis)))

    def _overview(self, apis: Sequence[Api]) -> Content:
        return page(self._frame.page("API reference · leal", overview_main(apis), at=DOCS))

    def _operation(self, api: Api, operation: Operation) -> Content:
        main = operation_main(api, operation, details(api, operation))
        at = operation_path(api, operation)
        return page(self._frame.page(f"{operation.summary} · {api.title}", main, at=at))

    def _missing(self) -> Content:
        written = self._frame.page("No such page · leal", missing_main(), at="")
        return page(written, status=404)
