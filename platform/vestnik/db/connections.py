"""How PostgreSQL is reached: no connection of which the other end is gone is waited on for long.

A cable that is cut, a machine that is gone, a firewall that forgot a connection: nobody says so, and by the
defaults of Linux a question waits for its answer a quarter of an hour, an idle connection two hours.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

#: How long a new connection may take, and how long what was sent may stay unacknowledged.
CONNECT_S = 5
UNANSWERED_S = 8
#: A silent connection is asked whether the other end is there, so often, and given up after so many.
_PROBED_AFTER_S, _PROBED_EVERY_S, _PROBES = 5, 2, 3

#: For libpq; what stands in the URL itself counts before it.
_OURS: Mapping[str, str] = {
    "connect_timeout": str(CONNECT_S),
    "keepalives": "1",
    "keepalives_idle": str(_PROBED_AFTER_S),
    "keepalives_interval": str(_PROBED_EVERY_S),
    "keepalives_count": str(_PROBES),
    "tcp_user_timeout": str(UNANSWERED_S * 1000),
}
#: For the server: what a process that is gone had locked is free again as soon.
SERVER_SIDE: Mapping[str, str] = {
    "tcp_keepalives_idle": str(_PROBED_AFTER_S),
    "tcp_keepalives_interval": str(_PROBED_EVERY_S),
    "tcp_keepalives_count": str(_PROBES),
    "tcp_user_timeout": str(UNANSWERED_S * 1000),
    "client_connection_check_interval": str(UNANSWERED_S * 1000),
}

#: A process that is frozen in the middle of a transaction keeps from others what it has locked. A unit of
#: work takes milliseconds; this is for those who write, whose readers may rest between two pages.
RESTS_IN_TRANSACTION_S = 10
WRITERS_SIDE: Mapping[str, str] = {
    **SERVER_SIDE,
    "idle_in_transaction_session_timeout": str(RESTS_IN_TRANSACTION_S * 1000),
}


def attentive(url: sa.URL, *, both_sides: bool = False) -> sa.URL:
    """The URL of a PostgreSQL database with our patience, where it has none of its own.

    `both_sides`: the server is told, too, for whom makes connections by the URL alone.
    """
    ours = dict(_OURS)
    if both_sides:
        ours["options"] = " ".join(f"-c {name}={value}" for name, value in WRITERS_SIDE.items())
    return url.update_query_dict({name: value for name, value in ours.items() if name not in url.query})
