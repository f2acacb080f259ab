"""Notifications: is anybody told of what happens, does it arrive, and are the secrets for it kept secret?

Nobody is asked, at no provider and at no machine's own service, and no secret is shown.
"""

import stat
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

from engine.adapters.notification_secrets import GMAIL_API_URL, GMAIL_TOKEN_URL, GmailAccess, is_loopback
from engine.model.notifications import DeliveryStatus, NotificationChannel
from engine.notification_settings import NotificationSettings
from engine.settings import known, masked
from stonks_tui import notifying
from stonks_tui.config_names import SECRET_FILES
from stonks_tui.doctor import cures, files
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, note, ok, warning
from stonks_tui.doctor.notification_reading import LATE
from stonks_tui.reports.notify_report import NAMES
from stonks_tui.reports.numbers import plural

SMS, EMAIL = NotificationChannel.SMS, NotificationChannel.EMAIL
CLOSE = time(16)
"""The exchange's usual one, in New York."""
_HOW_ON = {
    SMS: ("sms_enabled=yes", "sns_phone_number=+1…"),
    EMAIL: ("email_enabled=yes", "gmail_sender=…", "gmail_recipient=…"),
}
_EVENTS = {SMS: "sms_events", EMAIL: "email_events"}
_PER_HOUR = {SMS: "sms_max_per_hour", EMAIL: "email_max_per_hour"}
_GMAIL_URLS = {"STONKS_GMAIL_API_URL": GMAIL_API_URL, "STONKS_GMAIL_TOKEN_URL": GMAIL_TOKEN_URL}
_SNS_URL = "STONKS_SNS_URL"


def sms(c: Circumstances) -> Answer:
    """Are text messages on, and is everything there to send them?"""
    return _channel(c, SMS)


def email(c: Circumstances) -> Answer:
    """Is e-mail on, and is everything there to send it?"""
    return _channel(c, EMAIL)


def told(c: Circumstances) -> Answer:
    """Is anybody told of anything?"""
    settings, on = _settings(c), _on(c)
    state = c.account.state if c.account.is_there else None
    held = len(state.positions) if state else 0
    if not on and held:
        words = f"all channels are off: nobody is told when something happens to the {plural(held, 'position')} held"
        return warning(words, cures.configured(c, *_HOW_ON[EMAIL]))
    if not on:
        return ok("all channels are off, and nothing is held")
    if all(_events(settings, channel) == "none" for channel in on):
        words = f"{_names(on)} on, but {' and '.join(_EVENTS[ch] for ch in on)} none: nobody is told of anything"
        return warning(words, cures.configured(c, f"{_EVENTS[on[0]]}=urgent"))
    return ok("; ".join(f"by {NAMES[channel]} about {_events(settings, channel)}" for channel in on))


def secrets(c: Circumstances) -> Answer:
    """Can nobody else read the files in which secrets are kept?"""
    named = {variable: Path(name) for variable in sorted(SECRET_FILES) if (name := c.environment.get(variable))}
    there = {variable: path for variable, path in named.items() if path.exists()}
    open_to = {variable: files.others(path) for variable, path in there.items()}
    wrong = [variable for variable, allowed in open_to.items() if allowed & (stat.S_IROTH | stat.S_IWOTH)]
    if wrong:
        words = ", ".join(f"{there[variable]} ({variable})" for variable in wrong)
        return warning(f"others may read or write {words}", cures.modes("600", *(there[v] for v in wrong)))
    return ok(
        f"nobody else may read {plural(len(there), 'file')} of secrets" if there else "no file of secrets is named"
    )


def endpoints(c: Circumstances) -> Answer:
    """Are messages and tokens handed to the providers themselves, and unreadable on the way?"""
    faults = [*_gmail_faults(c), *_sns_faults(c)]
    if faults:
        return fault("; ".join(faults), "to go to the provider itself, unset the variable")
    usual = {**_GMAIL_URLS, _SNS_URL: ""}
    elsewhere = [
        f"{name} leads to {_host(said)}"
        for name, at in usual.items()
        if (said := c.environment.get(name)) not in (None, "", at)
    ]
    if elsewhere:
        return note(f"not to the providers themselves: {', '.join(elsewhere)}", "for the providers, unset it")
    return ok("what leaves goes to the providers themselves")


def failed(c: Circumstances) -> Answer:
    """Has something failed to arrive within the last day?"""
    cure = f"stonks notify history{c.where} --status failed; stonks notify test{c.where}"
    words, is_over = [], True
    for channel, count in _counted(c, DeliveryStatus.FAILED):
        last, arrived = c.told.last(channel, DeliveryStatus.FAILED), c.told.last(channel, DeliveryStatus.DELIVERED)
        why = last.error_message if last else ""
        later = bool(last and arrived and arrived.notification_id > last.notification_id)
        is_over = is_over and later
        words.append(
            f"{NAMES[channel]}: {count} failed in the last 24 h, the last one: {why}" + "; a later one arrived" * later
        )
    if not words:
        return ok("nothing has failed in the last 24 h")
    return note("; ".join(words), cure) if is_over else warning("; ".join(words), cure)


def waiting(c: Circumstances) -> Answer:
    """Does something wait for longer than it should?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    if not c.account.is_led:
        left = {channel: n for channel in _on(c) if (n := c.told.waiting(channel))}
        if left:
            words = ", ".join(f"{n} by {NAMES[channel]}" for channel, n in left.items())
            return note(
                f"{words} to leave once an engine runs; what is older than a day does not", f"stonks run{c.where}"
            )
        return ok("nothing waits")
    late = {channel: overdue for channel in _on(c) if (overdue := c.told.overdue(channel))}
    if not late:
        return ok(f"nothing waits for longer than {LATE.seconds // 60} min")
    words = "; ".join(
        f"{NAMES[channel]}: {overdue.count} since {overdue.since:%Y-%m-%d %H:%M} UTC, {overdue.why or 'never tried'}"
        for channel, overdue in late.items()
    )
    return warning(
        f"something waits to be sent for too long: {words}",
        f"stonks notify status{c.where}; stonks notify test{c.where}",
    )


def doubt(c: Circumstances) -> Answer:
    """Are there attempts of which nobody knows what came of them?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    found = {channel: n for channel in _on(c) if (n := c.told.doubtful(channel))}
    if found:
        words = ", ".join(f"{n} by {NAMES[channel]}" for channel, n in found.items())
        return note(f"perhaps sent twice, or not at all, in the last 24 h: {words}", f"stonks notify history{c.where}")
    return ok("of every attempt it is known what came of it")


def hour(c: Circumstances) -> Answer:
    """Is there room for more within this hour?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    settings = _settings(c)
    left = {channel: c.told.left_within_the_hour(channel) for channel in _on(c)}
    full = [channel for channel, n in left.items() if n >= settings.per_hour(channel)]
    if full:
        words = ", ".join(f"{NAMES[ch]} {left[ch]} of {settings.per_hour(ch)}" for ch in full)
        more = cures.configured(
            c, f"{_PER_HOUR[full[0]]}={min(1000, 2 * settings.per_hour(full[0]))}", why="to allow more"
        )
        return note(f"this hour is full: alarms wait until there is room, and news is held back: {words}", more)
    return ok(", ".join(f"{NAMES[ch]} {n} of {settings.per_hour(ch)} this hour" for ch, n in left.items()) or "off")


def summaries(c: Circumstances) -> Answer:
    """Is the day summed up when it is over?"""
    settings = _settings(c)
    if not _on(c):
        return ok("all channels are off")
    times = {"daily_summary_time": settings.summary_at, "weekly_digest_time": settings.digest_at}
    early = {name: at for name, at in times.items() if at is not None and at < CLOSE}
    if early:
        words = " and ".join(f"{name} is {at:%H:%M}" for name, at in early.items())
        return note(
            f"{words} in New York, before the close at {CLOSE:%H:%M}: it is made after the close all the same",
            cures.configured(c, *(f"{name}={known()[name].default}" for name in early)),
        )
    said = [f"{name} {at:%H:%M}" for name, at in times.items() if at is not None]
    return ok(f"{', '.join(said)}, New York" if said else "no day and no week is summed up")


def _channel(c: Circumstances, channel: NotificationChannel) -> Answer:
    settings = _settings(c)
    if not settings.is_enabled(channel):
        return note(f"{NAMES[channel]}: off", cures.configured(c, *_HOW_ON[channel], why="to switch it on"))
    to = f"to {masked(notifying.reached(channel, settings))}"
    lacking = [words for words in c.told.missing(channel, settings) if not words.startswith(tuple(_GMAIL_URLS))]
    if not lacking:
        return ok(f"on, {to}, about {_events(settings, channel)}")
    arrived = dict(_counted(c, DeliveryStatus.DELIVERED)).get(channel, 0)
    words, cure = "; ".join(words.partition(": ")[0] for words in lacking), "; ".join(map(_to_do, lacking))
    if arrived and c.account.is_led:
        return note(f"on, {to}: {words} here; the engine has its own environment, and {arrived} arrived lately", cure)
    return fault(f"on, {to}, but nothing can be sent: {words}", f"in the environment of the engine: {cure}")


def _to_do(missing: str) -> str:
    """Return what to do about what is missing; of a file that cannot be read the sentence does not say it."""
    what, _, to_do = missing.partition(": ")
    if what.endswith("cannot be read"):
        to_do = "put the secret there, for you alone to read"
    name = what.partition(" ")[0]
    return f"{name}: {to_do}" if name.isupper() else to_do


def _settings(c: Circumstances) -> NotificationSettings:
    return c.settings.notifications


def _on(c: Circumstances) -> list[NotificationChannel]:
    return [channel for channel in NotificationChannel if _settings(c).is_enabled(channel)]


def _events(settings: NotificationSettings, channel: NotificationChannel) -> str:
    return settings.sms_events if channel is SMS else settings.email_events


def _names(channels: list[NotificationChannel]) -> str:
    return " and ".join(NAMES[channel] for channel in channels)


def _counted(c: Circumstances, status: DeliveryStatus) -> Iterator[tuple[NotificationChannel, int]]:
    """Yield how many of the last day are in `status`, of each channel that is on and has any."""
    for channel in _on(c):
        if count := c.told.counts.get((channel, status), 0):
            yield channel, count


def _gmail_faults(c: Circumstances) -> list[str]:
    return [
        words for words in GmailAccess.from_environment(c.environment).faults if words.startswith(tuple(_GMAIL_URLS))
    ]


def _host(url: str) -> str:
    """Return where `url` leads, without what may be secret in it."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "nowhere"
    except ValueError:
        return "nowhere"


def _sns_faults(c: Circumstances) -> list[str]:
    url = c.environment.get(_SNS_URL, "")
    if url.lower().startswith("http:") and not is_loopback(url):
        return [f"{_SNS_URL} is not https: what is told would cross the network for all to read"]
    return []


SECTION = Section(
    name="notifications",
    checks={
        "told": told,
        "sms": sms,
        "email": email,
        "notify-secrets": secrets,
        "notify-endpoints": endpoints,
        "notify-failed": failed,
        "notify-waiting": waiting,
        "notify-doubt": doubt,
        "notify-hour": hour,
        "notify-summaries": summaries,
    },
)
