"""What a fresh simulator holds: its accounts, their verified senders, and templates."""

from vestnik_simulator import moments
from vestnik_simulator.letters import Letter, letters, system_letters
from vestnik_simulator.options import AccountOptions, Options
from vestnik_simulator.screenshots import screenshot
from vestnik_simulator.storage import Storage

DAY_S = 86_400.0


def sow(storage: Storage, options: Options) -> None:
    """Add what is not there yet; accounts are known by their login, so a new key replaces the old one."""
    with storage.transaction():
        for place, account in enumerate(options.accounts):
            known = storage.value("SELECT id FROM account WHERE login=?", account.login)
            account_id = _account(storage, account, known)
            if known is None:
                _templates(storage, account_id, letters(options.templates if place == 0 else 5))
        if not storage.value("SELECT count(*) FROM template WHERE account_id=0"):
            _templates(storage, 0, system_letters())


def picture(storage: Storage, template_id: int, full: bool) -> bytes | None:
    """The PNG of a template, or None."""
    row = storage.row("SELECT body, colour FROM template WHERE id=?", template_id)
    return None if row is None else screenshot(row["body"], row["colour"], full)


def _account(storage: Storage, account: AccountOptions, known: int | None) -> int:
    if known is None:
        known = storage.insert(
            "INSERT INTO account (login, api_key, email, emails_paid, created) VALUES (?,?,?,?,?)",
            account.login,
            account.api_key,
            account.email,
            account.emails_paid,
            moments.now(),
        )
        storage.run("INSERT INTO total (account_id) VALUES (?)", known)
    else:
        storage.run("UPDATE account SET api_key=? WHERE id=?", account.api_key, known)
    for email, name in account.senders:
        storage.run("INSERT OR IGNORE INTO sender VALUES (?,?,?,1)", known, email, name)
    draft = f"draft@{account.login}.example"
    storage.run("INSERT OR IGNORE INTO sender VALUES (?,?,?,0)", known, draft, account.login)
    return known


def _templates(storage: Storage, account_id: int, made: list[Letter]) -> None:
    now = moments.now()
    storage.many(
        "INSERT INTO template (account_id, kind, title, description, subject, body, colour, created, "
        "updated) VALUES (?,?,?,?,?,?,?,?,?)",
        [
            (
                account_id,
                "user" if account_id else "system",
                letter.title,
                letter.description,
                letter.subject,
                letter.body,
                letter.colour,
                now - (place + 1) * 7 * DAY_S,
                now - (place + 1) * 5 * DAY_S,
            )
            for place, letter in enumerate(made)
        ],
    )
