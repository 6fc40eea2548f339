"""The contact ledger: one budget per person over every kind of contact (docs/contacts.md).

`policy` is the definition that says how often, when and what goes first; `ledger` keeps the contacts, reserves them in
the transaction that queues or shows them, and writes down what was held back and why.
"""

from __future__ import annotations

from resa.kernel.contacts.ledger import Contact, Held, Ledger, Reserved
from resa.kernel.contacts.policy import KEY, KIND, KINDS, Cap, Policy, current

__all__ = ["KEY", "KIND", "KINDS", "Cap", "Contact", "Held", "Ledger", "Policy", "Reserved", "current"]
