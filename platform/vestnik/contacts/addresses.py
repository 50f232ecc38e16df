"""Addresses as contacts have them: the common form, and the keyed hash that the stop-list knows them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vestnik.addresses import Address, AddressKind, entered, normalise

if TYPE_CHECKING:
    from vestnik.vault import Vault

__all__ = ["KIND_OF_CAMPAIGN", "Address", "AddressKind", "address_hash", "entered", "normalise"]

#: Which addresses a campaign of a type is sent to.
KIND_OF_CAMPAIGN: dict[str, AddressKind] = {"email": "email", "sms": "phone"}


def address_hash(vault: Vault, address: Address) -> bytes:
    """The 16 bytes under which the stop-list knows an address, also after the address itself is erased."""
    return bytes.fromhex(vault.keyed_hash("suppression", f"{address.kind}:{address.normalised}"))[:16]
