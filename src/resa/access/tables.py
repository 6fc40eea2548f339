"""What access keeps in state. Passwords, keys and tokens only as hashes."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from resa.kernel.state import metadata

users: Final = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # u_<random>
    sa.Column("email", sa.Text, nullable=False, unique=True),  # in lower case
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger),
)

invitations: Final = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # i_<random>
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("invited_by", sa.Text, nullable=False),  # an actor's id
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

sessions: Final = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("user_id", sa.Text, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
)

api_keys: Final = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # k_<random>
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False, index=True),  # what may be shown, and what a key is looked up by
    sa.Column("key_hash", sa.Text, nullable=False, unique=True),
    sa.Column("scopes", sa.Text, nullable=False),  # separated by spaces; `*` is every scope there is and will be
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("used_at", sa.BigInteger),
    sa.Column("from_environment", sa.Boolean, nullable=False, default=False),  # mirrors RESA_API_KEY
)

login_attempts: Final = sa.Table(
    "login_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column(
        "account", sa.Text, nullable=False
    ),  # a digest: what was typed need not be an account, or may be a password
    sa.Column("address", sa.Text, nullable=False),
)
"""Attempts that failed or are under way; one that succeeds takes those of its account and address away."""

setup_tokens: Final = sa.Table(
    "setup_tokens",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)
