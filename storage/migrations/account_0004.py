"""What an account was in version 0004, the first whose books are read by this program."""

from storage.migrations.frozen import Frozen, FrozenIndex

ACCOUNT_TABLES = (
    Frozen(
        "backtest_runs",
        "id int serial, name word, status word, error word, created_at moment, completed_at moment?, start_date day, "
        "end_date day, initial_capital money, risk_tier word, seed long, config json, costs json, inputs json, "
        "reading json, funnel json, gaps json, unaffordable json, notes json, fingerprint word, engine_seconds real, "
        "code_version word, initial_value money?, final_value money?, total_return real?, annual_return real?, "
        "sharpe_ratio real?, max_drawdown real?, current_drawdown_pct real?, exposure real?, total_costs money?, "
        "total_flows money?, reserve_pool money?, session_count int?, trade_count int?, win_count int?, "
        "loss_count int?, win_rate real?, profit_factor real?, gross_profit money?, gross_loss money?, "
        "net_pnl money?, average_win money?, average_loss money?, average_hold_days real?, micro_metrics json?",
    ),
    Frozen(
        "backtest_trades",
        "backtest_id int key of backtest_runs.id cascade, seq int key, ticker word, decision_id word, "
        "exit_decision_id word, recommendation_id word?, sector word?, quantity long, entry_price money, "
        "exit_price money, entry_at moment, exit_at moment, hold_duration_days real, pnl money, costs money, "
        "pnl_pct real, exit_reason word, signal_confidence real, thesis word, is_micro_trade truth",
        has_rowid=False,
    ),
    Frozen(
        "trading_decisions",
        "run_id int key, seq int key, decision_id word, created_at moment, kind word, decision word, ticker word, "
        "cause word?, recommendation_id word?, skip_reason word?, failed_value real?, failed_limit real?, "
        "confidence real?, price money?, computed_share_quantity long, computed_position_size real, "
        "risk_tier_at_decision word, portfolio_heat_at_decision real, active_pool_at_decision money, "
        "reserve_pool_at_decision money, is_micro_trade truth, decision_trace json?",
        FrozenIndex("ix_trading_decisions_cause", "run_id, cause, seq", where="cause IS NOT NULL"),
        FrozenIndex("ix_trading_decisions_decision", "run_id, decision, seq"),
        FrozenIndex("ix_trading_decisions_kind", "run_id, kind, seq", where="kind NOT IN ('entry', 'exit')"),
        FrozenIndex("ix_trading_decisions_skip_reason", "run_id, skip_reason, seq"),
        FrozenIndex("ix_trading_decisions_ticker", "run_id, ticker, seq"),
        FrozenIndex("uq_trading_decisions_decision_id", "run_id, decision_id", unique=True),
        FrozenIndex(
            "uq_trading_decisions_recommendation_id",
            "run_id, recommendation_id",
            unique=True,
            where="recommendation_id IS NOT NULL",
        ),
        has_rowid=False,
    ),
    Frozen(
        "order_fills",
        "run_id int key, seq int key, client_order_id word, decision_id word, tag word, ticker word, side word, "
        "quantity long, price money, commission money, filled_at moment",
        FrozenIndex("ix_order_fills_decision_id", "run_id, decision_id, seq"),
        has_rowid=False,
    ),
    Frozen(
        "tax_lots",
        "run_id int key, seq int key, trade_seq int?, lot_id word, ticker word, status word, quantity long, "
        "cost money, commission money, acquired_at moment, cost_basis_per_share money?, closed_at moment?, "
        "proceeds money?, realized_pnl money?, tax_basis money?, holding_since day?, wash_sale_flag truth?, "
        "wash_sale_loss money?, wash_sale_details json?",
        has_rowid=False,
    ),
    Frozen(
        "position_stop_levels",
        "run_id int key, seq int key, ticker word, decision_id word, created_at moment, rule word, entry_price money, "
        "stop_loss_price money, take_profit_price money, atr_value real, atr_multiplier real, reward_risk_ratio real, "
        "trailing_stop_active truth, signal_confidence real, is_micro_trade truth",
        FrozenIndex("ix_position_stop_levels_decision_id", "run_id, decision_id, seq"),
        has_rowid=False,
    ),
    Frozen(
        "reserve_pool_ledger",
        "run_id int key, seq int key, created_at moment, trigger_type word, amount money, balance_after money, "
        "reference_id word, notes word",
        has_rowid=False,
    ),
    Frozen(
        "risk_tier_history",
        "run_id int key, seq int key, created_at moment, previous_tier word, new_tier word, trigger_source word, "
        "win_rate real?, trade_count int, drawdown_pct real, reserve_pct real",
        has_rowid=False,
    ),
    Frozen(
        "circuit_breaker_events",
        "run_id int key, seq int key, breaker_id word, created_at moment, trigger_type word, threshold_value real, "
        "actual_value real, ticker word, cooldown_expires moment?, resolved_at moment?",
        has_rowid=False,
    ),
    Frozen(
        "cash_flows",
        "run_id int key, seq int key, created_at moment, kind word, amount money, ticker word, note word",
        has_rowid=False,
    ),
    Frozen(
        "position_splits",
        "run_id int key, seq int key, created_at moment, ticker word, ratio word, shares_before long, "
        "shares_after long, cash_in_lieu money",
        has_rowid=False,
    ),
    Frozen(
        "notices",
        "run_id int key, seq int key, created_at moment, kind word, ticker word, value real?, limit real?, "
        "reference_id word, note word",
        FrozenIndex("ix_notices_reference_id", "run_id, reference_id, seq"),
        has_rowid=False,
    ),
    Frozen(
        "portfolio_snapshots",
        "run_id int key, snapshot_date day key, created_at moment, portfolio_value money, cash money, "
        "active_pool money, reserve_pool money, flows money, costs money, realized_pnl money, unrealized_pnl money, "
        "daily_pnl money, daily_return real, cumulative_return real, win_count int, loss_count int, trade_count int, "
        "win_rate real?, sharpe_ratio real?, max_drawdown real, current_drawdown_pct real, portfolio_heat real, "
        "risk_tier word, trading_state word, gross_profit money, gross_loss money, positions json, metrics json",
    ),
    Frozen(
        "account_ids",
        "run_id int key, account_id word",
    ),
    Frozen(
        "engine_state",
        "run_id int key, seq int, epoch int, state text, updated_at moment",
    ),
    Frozen(
        "event_journal",
        "run_id int key, seq int key, at moment, event text, answers text, effects text, is_mere_look truth",
        FrozenIndex("ix_event_journal_mere_looks", "run_id, seq", where="is_mere_look"),
    ),
    Frozen(
        "checkpoints",
        "run_id int key, seq int key, at moment, settings text, state text",
    ),
    Frozen(
        "engine_settings",
        "run_id int key, seq int key, at moment, settings text",
    ),
    Frozen(
        "audit_events",
        "run_id int key, seq int key, at moment, word word, arguments text, who word, origin word, done truth, "
        "words word, before text, after text",
        has_rowid=False,
    ),
    Frozen(
        "outbox",
        "run_id int key, errand_id int key, kind word, subject word, at moment, payload json?, ratio word?, "
        "brought_at moment?",
        FrozenIndex("ix_outbox_waiting", "run_id, errand_id", where="brought_at IS NULL"),
        has_rowid=False,
    ),
    Frozen(
        "leases",
        "name word key, owner word?, epoch int, expires_at moment",
    ),
    Frozen(
        "engine_heartbeat",
        "run_id int key, beaten_at moment, at moment, owner word, epoch int, pid int, started_at moment, seq int, "
        "trading word, cause word, doing word, next_at moment?, lag_seconds real, protected real, prices_at moment?, "
        "looks int, troubles json",
    ),
    Frozen(
        "live_metrics",
        "run_id int key, at moment key, total_value money, cash money, reserve money, active_pool money, "
        "daily_pnl money, unrealised money, heat real, drawdown real, open_positions int, trades long, wins long, "
        "protected real",
        has_rowid=False,
    ),
)
