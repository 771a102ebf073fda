"""How many connections and requests there may be, and what a stop makes of them."""

import time
from contextlib import ExitStack

from leal.api.allowance import Allowance
from leal.api.crowd import Limits
from tests.api.wire import HOST, Site, answers, request, statuses, until_end, wire

POST = b"POST /add HTTP/1.1\r\n" + HOST
CLOSE = "Connection: close"
LAST = request("GET /touch?last", CLOSE)


# --- how many -------------------------------------------------------------------------------------


def test_who_has_been_waited_for_longest_makes_room() -> None:
    site = Site()
    with wire(site, Limits(connections=3, look=0.05)) as server, ExitStack() as stack:
        working, slow, idle = (stack.enter_context(server.connect()) for _ in range(3))
        working.sendall(request("GET /slow?kept", CLOSE))
        slow.sendall(b"GET /touch")
        time.sleep(0.1)
        idle.sendall(request("GET /touch?idle"))
        assert b"200 OK" in idle.recv(1000)
        (refused,) = server.ask(LAST)
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert "connections" in refused.message
        time.sleep(1.1)
        assert statuses(server.ask(LAST)) == [200]
        (cut,) = answers(until_end(slow))
        assert (cut.status, cut.headers["retry-after"]) == (503, "1")
        slow.close()
        idle.sendall(LAST)
        assert statuses(answers(until_end(idle))) == [200]
        site.gate.set()
        assert statuses(answers(until_end(working))) == [200]
    assert site.served == [b"idle", b"last", b"last", b"kept"]


def test_so_many_are_worked_on_and_those_still_sending_do_not_count() -> None:
    site = Site()
    with wire(site, allowance=Allowance(requests=2)) as server, ExitStack() as stack:
        sending = [stack.enter_context(server.connect()) for _ in range(5)]
        for each in sending:
            each.sendall(POST + b"Connection: close\r\nContent-Length: 2\r\n\r\na")
        working = [stack.enter_context(server.connect()) for _ in range(2)]
        for each in working:
            each.sendall(request("GET /slow", CLOSE))
        time.sleep(0.1)
        (refused,) = server.ask(LAST)
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        assert "worked on" in refused.message
        for each in sending:
            each.sendall(b"b")
            assert statuses(answers(until_end(each))) == [201]
        site.gate.set()
        for each in working:
            assert statuses(answers(until_end(each))) == [200]
        assert statuses(server.ask(LAST)) == [200]


# --- the end --------------------------------------------------------------------------------------


def test_a_stop_answers_all_that_was_sent() -> None:
    site = Site()
    with wire(site, Limits(look=0.05, stop=2.0)) as server, ExitStack() as stack:
        idle, ahead, late, broken = (stack.enter_context(server.connect()) for _ in range(4))
        idle.sendall(request("GET /touch?idle"))
        assert b"200 OK" in idle.recv(1000)
        ahead.sendall(request("GET /slow?1") + request("GET /touch?2") + request("GET /touch?3"))
        late.sendall(b"POST /add HTTP/1.1\r\nContent-Length: 2\r\n")
        broken.sendall(request("GET /slow?4") + b"nonsense\r\n\r\n")
        time.sleep(0.1)
        server.stop()
        time.sleep(0.25)
        late.sendall(HOST + b"\r\nok")
        idle.sendall(request("POST /add", body=b"sent on an idle connection"))
        for each in (late, idle):
            (answer,) = answers(until_end(each))
            assert (answer.status, answer.headers["connection"]) == (201, "close")
        site.gate.set()
        assert statuses(answers(until_end(ahead))) == [200, 200, 200]
        assert statuses(answers(until_end(broken))) == [200]
        assert server.stopped()


def test_a_stop_waits_for_no_one_who_only_keeps_a_connection() -> None:
    with wire(Site(), Limits(look=0.05, stop=0.3, last_bytes=0.6)) as server, ExitStack() as stack:
        idle, silent, in_head, in_body = (stack.enter_context(server.connect()) for _ in range(4))
        idle.sendall(request("GET /touch"))
        assert b"200 OK" in idle.recv(1000)
        in_head.sendall(b"GET /touch HTT")
        in_body.sendall(POST + b"Content-Length: 5\r\n\r\nab")
        time.sleep(0.3)
        began = time.monotonic()
        server.stop()
        assert server.stopped()
        assert time.monotonic() - began < 8.0
        for each, told in ((idle, []), (silent, []), (in_head, [408]), (in_body, [408])):
            assert statuses(answers(until_end(each))) == told
