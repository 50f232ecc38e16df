"""What works on lists of contacts: selections, their pages, saved views and bulk runs."""

from __future__ import annotations

from dataclasses import dataclass

from vestnik.contacts.bulk import Bulk
from vestnik.contacts.bulk_actions import own_actions
from vestnik.contacts.listing import Listing
from vestnik.contacts.paging import Pages
from vestnik.contacts.views import Views
from vestnik.db import Database
from vestnik.engine import Engine


@dataclass(frozen=True, slots=True)
class ContactLists:
    """One object of each."""

    listing: Listing
    pages: Pages
    views: Views
    bulk: Bulk


def contact_lists(database: Database, engine: Engine) -> ContactLists:
    """Make them, with the bulk actions of contacts themselves."""
    listing = Listing()
    bulk = Bulk(database, listing, engine)
    for action in own_actions():
        bulk.offer(action)
    return ContactLists(listing, Pages(database, listing), Views(database, listing), bulk)
