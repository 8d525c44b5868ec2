"""Start-up with a real database of 2,150 signals whose compiled form is in the cache."""

from pathlib import Path

from bench.case import Case, Contender, Scale, Target, Timed, UnavailableError, per_item
from bench.decode.peers import load_with_cantools
from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.cache import DatabaseCache
from firmware_runtime.can.receiver import Receiver

FOXBMS = Path(__file__).parents[4] / "shared" / "data" / "can" / "foxbms.dbc"
MS_PER_S = 1e3
LIMIT_MS = 50


def loading(scale: Scale, directory: Path) -> Case:
    return _case("warm start, foxBMS: load", directory, binds=False)


def binding(scale: Scale, directory: Path) -> Case:
    return _case("warm start, foxBMS: load, bind 2,150 signals", directory, binds=True)


def _case(what: str, directory: Path, binds: bool) -> Case:
    if not FOXBMS.is_file():
        raise UnavailableError(f"`{what}`: no ../shared/data/can/{FOXBMS.name} beside the project")
    kept = directory / "cache"
    table = DatabaseCache(kept).load(FOXBMS)
    bindings = [
        SignalBinding(f"{message.name}.{signal.name}", "battery", message.name, signal.name)
        for message in table.messages
        for signal in message.signals
    ]
    misses = 0

    def ours() -> Timed:
        def work() -> None:
            nonlocal misses
            cache = DatabaseCache(kept)
            loaded = cache.load(FOXBMS)
            misses += cache.misses
            if binds:
                Receiver({"battery": loaded}, bindings)

        return work

    def cantools() -> Timed:
        return lambda: load_with_cantools(FOXBMS)

    return Case(
        what,
        per_item("ms", 1, MS_PER_S),
        Contender("firmware_runtime", ours, lambda: None if not misses else "expected a warm cache"),
        Contender("cantools, load alone", cantools),
        Target(f"≤ {LIMIT_MS} ms", ours_limit=LIMIT_MS),
    )
