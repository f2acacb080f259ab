"""What the broker on paper remembered in version 0004, and does since."""

from storage.migrations.frozen import Frozen, FrozenIndex

BROKER_TABLES = (
    Frozen(
        "paper_orders",
        "seq int serial, client_order_id word unique, brought_at moment, state word, filled long, reports int, "
        "decision_id word?, recommendation_id word?, ticker word?, side word?, quantity long?, order_type word?, "
        "limit_price money?, time_in_force word?, tag word?, created_at moment?, tranche int?, tranche_count int?, "
        "attempt int?, trigger_price money?",
        FrozenIndex("ix_paper_orders_state", "state, seq"),
    ),
    Frozen(
        "paper_reports",
        "seq int serial, at moment, client_order_id word? of paper_orders.client_order_id, number int?, state word?, "
        "filled long?, quantity long?, price money?, commission money?, reason word?, ticker word?, is_halted truth?",
        unique="client_order_id, number",
    ),
    Frozen(
        "paper_positions",
        "ticker word key, shares long",
    ),
    Frozen(
        "paper_epoch",
        "id int serial, epoch long, heard int, account_id word",
    ),
)
