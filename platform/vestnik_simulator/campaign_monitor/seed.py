"""What a fresh simulator holds of this service: its clients and their templates; no lists."""

from vestnik_simulator.campaign_monitor.service import new_key
from vestnik_simulator.letters import letters
from vestnik_simulator.options import ClientOptions, Options
from vestnik_simulator.storage import Storage

TEMPLATES = 4


def sow(storage: Storage, options: Options) -> None:
    """Add what is not there yet; clients are known by their id, so a new key replaces the old one."""
    with storage.transaction():
        for client in options.clients:
            known = storage.value("SELECT id FROM cm_client WHERE key=?", client.client_id)
            if known is None:
                _client(storage, client)
            else:
                storage.run("UPDATE cm_client SET api_key=? WHERE id=?", client.api_key, known)


def _client(storage: Storage, client: ClientOptions) -> None:
    made = storage.insert(
        "INSERT INTO cm_client (key, api_key, name, email, zone, zone_title, credits) VALUES (?,?,?,?,?,?,?)",
        client.client_id,
        client.api_key,
        client.name,
        client.email,
        client.zone,
        client.zone_title,
        client.credits,
    )
    storage.many(
        "INSERT INTO cm_template (key, client_id, name, body, colour) VALUES (?,?,?,?,?)",
        [
            # This service writes fields in brackets.
            (new_key(), made, letter.title, letter.body.replace("{{Name}}", "[fullname]"), letter.colour)
            for letter in letters(TEMPLATES)
        ],
    )
