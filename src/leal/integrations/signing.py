"""How outgoing calls prove where they come from: two kinds of signature over the body as sent.

The first kind is what receivers of the wire that leal speaks check: the headers
`x-loyaltylion-…`, with the site's secret as key. The second is the one of Standard Webhooks
(https://www.standardwebhooks.com), whose ready-made libraries also refuse what is too old.
"""

import base64
import hashlib
import hmac
from datetime import datetime

from leal.integrations.outgoing import Header


def lion_headers(body: bytes, *, secret: str, topic: str, site_domain: str) -> tuple[Header, ...]:
    """Sign `body`, the very bytes to be sent, and name its topic and site."""
    return (
        ("x-loyaltylion-topic", topic),
        ("x-loyaltylion-site-domain", site_domain),
        ("x-loyaltylion-hmac-sha256", _signature(body, secret)),
    )


def standard_headers(
    body: bytes, *, secret: str, message_id: str, sent_at: datetime
) -> tuple[Header, ...]:
    """Sign `body` with its id and the second it is sent at.

    A repeated call keeps its ``message_id``, has a new ``sent_at``, and is signed anew. The
    receiver's key is what `standard_secret` gives.
    """
    timestamp = str(int(sent_at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return (
        ("webhook-id", message_id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", f"v1,{_signature(signed, secret)}"),
    )


def standard_secret(secret: str) -> str:
    """Return the secret as the libraries of Standard Webhooks want it: whsec_ and base64."""
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def _signature(content: bytes, secret: str) -> str:
    digest = hmac.digest(secret.encode(), content, hashlib.sha256)
    return base64.b64encode(digest).decode()
