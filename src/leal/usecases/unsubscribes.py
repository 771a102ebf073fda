"""Who wants no loyalty e-mails. Marketing consent, which shops keep, is another matter."""

from leal.storage import unsubscribes
from leal.storage.unsubscribes import Unsubscribed
from leal.usecases.desk import Desk


async def add(desk: Desk, program_id: int, email: str) -> bool:
    """Puts an address on the list; False when it is there already."""
    now = desk.now(program_id)
    return await unsubscribes.add(desk.database, program_id, email, now=now)


async def list_page(
    desk: Desk, program_id: int, *, limit: int, skip: int
) -> tuple[Unsubscribed, ...]:
    """A page of the list, the latest first."""
    return await unsubscribes.list_page(desk.database, program_id, limit=limit, skip=skip)
