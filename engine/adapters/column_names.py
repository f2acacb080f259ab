"""Column names: which of a file's columns is which of ours, whatever its author called it?"""

import re
from collections.abc import Iterable, Mapping, Sequence

from engine.errors import BadInput

Aliases = Mapping[str, tuple[str, ...]]
"""Our name of a column, and the other spellings of it, without case, spaces, underscores and brackets."""

PRICES: Aliases = {
    "date": ("date", "datetime", "timestamp", "ts", "time", "day", "on", "startat", "tradedate", "indexlevel0"),
    "time": ("time", "timeofday", "clock"),  # beside a date; alone it is the date
    "ticker": ("ticker", "symbol", "sym", "tic", "name", "permno", "instrument", "secid", "asset"),
    "open": ("open", "o", "openprice", "priceopen"),
    "high": ("high", "h", "highprice", "max", "pricehigh"),
    "low": ("low", "l", "lowprice", "min", "pricelow"),
    "close": ("close", "c", "closeprice", "last", "closelast", "priceclose", "prc"),
    "adj_close": ("adjclose", "adjustedclose", "closeadj", "adjcloseprice", "closeadjusted"),
    "volume": ("volume", "vol", "v", "shares", "sharevolume", "totalvolume"),
}

RECOMMENDATIONS: Aliases = {
    "recommendation_id": ("recommendationid", "recid", "id", "uuid", "signalid"),
    "ticker": ("ticker", "symbol", "sym", "instrument", "asset"),
    "action": ("action", "side", "signal", "direction", "recommendation", "buysell"),
    "mode": ("mode", "eligibility"),
    "confidence": ("confidence", "score", "probability", "prob", "conviction"),
    "generated_at": ("generatedat", "timestamp", "createdat", "datetime", "date", "time", "ts", "asof"),
    "expires_at": ("expiresat", "expires", "expiry", "validuntil", "until"),
    "source": ("source", "strategy", "model", "origin"),
    "thesis": ("thesis", "reason", "rationale", "comment", "note"),
}

SIGNALS: Aliases = {
    "signal_id": ("signalid", "id", "uuid"),
    "ticker": RECOMMENDATIONS["ticker"],
    "window": ("window", "trendwindow", "horizon", "timeframe", "period"),
    "direction": ("direction", "trend", "side", "action", "signal", "prediction", "buysell"),
    "confidence": RECOMMENDATIONS["confidence"],
    "generated_at": RECOMMENDATIONS["generated_at"],
}
QUOTES: Aliases = {
    "ticker": RECOMMENDATIONS["ticker"],
    "price": ("price", "last", "lastprice", "tradeprice", "trade", "close", "mid"),
    "at": ("at", "quotedat", "tradedat", "timestamp", "datetime", "time", "ts", "startat", "date"),
}
MACRO_EVENTS: Aliases = {
    "event_id": ("eventid", "id", "uuid"),
    "severity": ("severity", "impact", "importance", "level"),
    "at": ("at", "start", "startat", "begins", "from", "timestamp", "datetime", "time", "ts", "date"),
    "until": ("until", "end", "endat", "ends", "to", "expiresat"),
    "tickers": ("tickers", "symbols", "ticker", "symbol"),
    "sector": ("sector", "gicssector"),
    "name": ("name", "event", "title", "headline", "description"),
}
HALTS: Aliases = {
    "ticker": RECOMMENDATIONS["ticker"],
    "at": ("at", "haltat", "haltedat", "halttime", "start", "startat", "from", "timestamp", "datetime", "time", "date"),
    "until": ("until", "resumeat", "resumedat", "resumptiontime", "resumption", "end", "endat", "to"),
}

SECTORS: Aliases = {
    "ticker": ("ticker", "symbol", "sym"),
    "name": ("name", "security", "company", "companyname", "longname"),
    "sector": ("sector", "gicssector", "industrysector"),
}
EARNINGS: Aliases = {
    "ticker": ("ticker", "symbol", "sym"),
    "date": ("date", "earningsdate", "reportdate", "announcementdate", "on", "day", "datetime", "timestamp"),
}
SPLITS: Aliases = {
    "ticker": ("ticker", "symbol", "sym"),
    "date": ("date", "on", "splitdate", "exdate", "exon", "effectivedate", "datetime"),
    "ratio": ("ratio", "split", "splitratio", "stocksplits", "factor", "splitfactor"),
}
DIVIDENDS: Aliases = {
    "ticker": ("ticker", "symbol", "sym"),
    "date": ("exdate", "exon", "exdividenddate", "exdivdate", "date", "on", "datetime"),
    "amount": ("amount", "dividend", "dividends", "cash", "cashamount", "value"),
}
TRANSACTIONS: Aliases = {  # a trade's own day goes before others, what was really paid before what shares came to
    "date": (
        "tradedate", "date", "transactiondate", "executiondate", "tradedat", "executedat", "filledat", "datetime",
        "timestamp", "tradetime", "time", "on", "day", "rundate",
    ),
    "ticker": ("ticker", "symbol", "sym", "instrument", "asset"),
    "side": (
        "side", "action", "buysell", "transactiontype", "tradetype", "transcode", "transaction", "direction",
        "activity", "type",
    ),
    "quantity": ("quantity", "qty", "shares", "units", "filledquantity", "filledqty", "numberofshares", "noofshares"),
    "amount": (
        "netamount", "netcash", "nettotal", "amount", "total", "totalamount", "amountusd", "totalusd", "netamountusd",
    ),
    "order_id": ("orderid", "ordernumber", "orderno", "order"),
    "id": ("id", "tradeid", "transactionid", "executionid", "execid", "fillid", "confirmationnumber"),
    "currency": ("currency", "ccy", "currencyprimary"),
}  # fmt: skip


def plain(name: str) -> str:
    """Return `name` without case, spaces and punctuation: `Adj_Close`, `adj close` and `<ADJCLOSE>` are one."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def field_of(name: str, aliases: Aliases) -> str | None:
    """Return our name of a column called `name`, or None."""
    word = plain(name)
    return next((ours for ours, spellings in aliases.items() if word in spellings), None)


def assign(
    names: Sequence[str], aliases: Aliases, *, chosen: Mapping[str, str] | None = None, where: str
) -> dict[str, int]:
    """Return the position of each of our columns among `names`; columns that mean nothing to us are left out.

    `chosen` maps our names to theirs and goes before the aliases. When several columns spell the same thing the
    better-known spelling (earlier in the aliases) is taken; the same name twice is BadInput.
    """
    found = _chosen_positions(names, chosen or {}, aliases, where)
    words = [plain(name) for name in names]
    taken = set(found.values())
    for ours, spellings in aliases.items():
        if ours in found:
            continue
        for spelling in spellings:
            hits = [i for i, word in enumerate(words) if word == spelling and i not in taken]
            if len(hits) > 1:
                raise BadInput(
                    f"{where}: the column '{names[hits[0]]}' is there {len(hits)} times",
                    hint="keep one of them, or give them different names",
                )
            if hits:
                found[ours] = hits[0]
                taken.add(hits[0])
                break
    return found


def require(found: Iterable[str], needed: Iterable[str], names: Sequence[str], *, where: str) -> None:
    """Raise BadInput naming what is missing when one of `needed` was not found among `names`."""
    have = set(found)
    missing = [name for name in needed if name not in have]
    if missing:
        listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        plural = "s" if len(missing) > 1 else ""
        raise BadInput(
            f"{where}: no column{plural} for {', '.join(missing)}; the file has: {listed or 'none'}",
            hint=f"name {'them' if plural else 'it'} like --column {missing[0]}=NAME-IN-FILE",
        )


def _chosen_positions(names: Sequence[str], chosen: Mapping[str, str], aliases: Aliases, where: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for ours, theirs in chosen.items():
        if ours not in aliases:
            continue  # meant for a file of another kind
        if theirs not in names:
            raise BadInput(f"{where}: --column {ours}={theirs}: there is no column '{theirs}'", hint=_listed(names))
        found[ours] = list(names).index(theirs)
    return found


def _listed(names: Sequence[str]) -> str:
    return f"the file has: {', '.join(names[:12])}"
