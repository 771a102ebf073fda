"""The Admin API's route table: each operation, and the handler that serves it.

A handler admits the caller, reads the request, calls one use case and shows the outcome. It
decides nothing; what cannot be done is raised below it and worded by the dialect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec
from starlette.requests import Request

from leal.api.admin.csv_form import transactions_csv
from leal.api.admin.paging import Asked, List, Neighbours, link, neighbours
from leal.api.admin.requests import (
    DEFAULT_LIMIT,
    MAX_ADDED,
    MAX_LIMIT,
    Call,
    Direction,
    Form,
    admit,
    customer_list,
    form,
    points_body,
    transaction_list,
    update_body,
)
from leal.api.admin.views import Json, Showing, customer, identity, transaction
from leal.api.gate import Gate
from leal.api.http import Handler, Reply, empty_response, json_response
from leal.api.ids import MAX_JSON_INTEGER
from leal.api.operations import Operation, Parameter
from leal.domain.customers import Customer
from leal.domain.dates import local_day
from leal.storage.listings import Page, Place, Posting, Sort
from leal.usecases import customers, listings, points
from leal.usecases.access import Scope
from leal.usecases.desk import Desk
from leal.usecases.listings import Listing
