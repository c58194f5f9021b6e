"""A database from before webhooks: the orders that were placed or cancelled through nostro are followed."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

import nostro.storage
from nostro.storage.schema import upgrade
from nostro.storage.sqlite import open_engine

MIGRATIONS = Path(nostro.storage.__file__).parent / "migrations"

OLD_ROWS = """
INSERT INTO partner_key VALUES ('P', '', 0, x'00', 0, NULL);
INSERT INTO api_user VALUES ('P', 'u', x'00', 0);
INSERT INTO connection VALUES ('c', 'P', 'u', 'PAPER', '', 'trade', x'00', 0, 0, NULL);
INSERT INTO account VALUES ('a', 'c', '1', '', 'USD', 1, 0);
INSERT INTO known_order VALUES ('a', 'placed', 0, '{}', 0);
INSERT INTO known_order VALUES ('a', 'canceled', 0, '{}', 0);
INSERT INTO known_order VALUES ('a', 'place', 0, '{}', 0);
INSERT INTO place_intent (account_id, client_order_id, content_hash, state, requested_at, message, order_ids)
  VALUES ('a', 'x', x'00', 'PLACED', 0, '', '["other", "placed"]');
INSERT INTO cancel_intent (cancel_id, client_id, user_id, account_id, brokerage_order_id, state, requested_at,
  message, looks) VALUES ('i', 'P', 'u', 'a', 'canceled', 'CONFIRMED', 0, '', 0)
"""


def test_what_was_placed_or_canceled_before_is_followed_after(tmp_path: Path) -> None:
    with open_engine(tmp_path / "nostro.db").connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for row in OLD_ROWS.split(";"):
            connection.execute(text(row))
        upgrade(connection)
        followed = connection.execute(
            text("SELECT brokerage_order_id FROM known_order WHERE is_followed = 1")
        )
        assert set(followed.scalars()) == {"placed", "canceled"}
