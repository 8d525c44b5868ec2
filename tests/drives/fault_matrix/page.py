"""The matrix as one page: answer first, then what is open, then a table for each state."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from tests.drives.fault_matrix.expectations import OPEN
from tests.drives.fault_matrix.expectations_by_hand import NOT_BY_HAND
from tests.drives.fault_matrix.injections import INJECTIONS, NOT_IN_A_DRIVE_STATE, NOT_INJECTED
from tests.drives.fault_matrix.judge import expected, judge, stop_bound_m
from tests.drives.fault_matrix.matrix import AUTO, DEGRADED, MANUAL, REMOTE, STANDING
from tests.drives.fault_matrix.outcome import Outcome

PAGE = "fault_matrix.html"
_STATES = (
    (AUTO, "In AUTO", "at full speed, or as it sets off"),
    (DEGRADED, "In DEGRADED", "at 2 m/s with a low 24 V supply, or as it sets off"),
    (REMOTE, "In REMOTE", "dead-man and joystick held all the time, at walking pace, or as it sets off"),
    (MANUAL, "In MANUAL", "the E-Truck, a foot on its accelerator all the time, at 5 m/s, or as it sets off"),
    (STANDING, "At standstill", "what no drive state can have"),
)
_HEAD = (
    "Fault",
    "Cause",
    "Named after",
    "Safe frame after",
    "Braking after",
    "Way to standstill",
    "States",
    "After acknowledge",
    "Verdict",
)
_STYLE = """main { max-width: 1500px; } .matrix { overflow-x: auto; }
.matrix table { font-size: 13px; min-width: 1180px; }
.matrix td small { max-width: 40ch; } .matrix td:nth-child(n+3):nth-child(-n+6) { white-space: nowrap; }
.verdict-good { color: var(--good); font-weight: 600; }
.verdict-open { color: var(--open); font-weight: 600; }
.verdict-bad { color: var(--bad); font-weight: 600; }"""


def write(path: Path, outcomes: Sequence[Outcome], took_s: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(outcomes, took_s), encoding="utf-8", newline="\n")


def case_of(outcome: Outcome) -> tuple[str, str]:
    began = outcome.began_in
    return outcome.identifier, began if began in (AUTO, DEGRADED, REMOTE, MANUAL) else STANDING


def rank(outcome: Outcome) -> str:
    """`good`, `open` (a case that is known not to meet its expectation) or `bad`."""
    met, known = not judge(outcome), case_of(outcome) in OPEN
    if met and not known:
        return "good"
    return "open" if known and not met else "bad"


def render(outcomes: Sequence[Outcome], took_s: float) -> str:
    order = list(INJECTIONS)
    outcomes = sorted(outcomes, key=lambda outcome: order.index(outcome.identifier))
    css = files("vehicle_hil.report").joinpath("page.css").read_text(encoding="utf-8")
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">',
            f"<title>Fault matrix</title><style>{css}\n{_STYLE}</style></head><body><main>",
            _answer(outcomes, took_s),
            _remarks(outcomes),
            *(_section(outcomes, *state) for state in _STATES),
            _left_out(),
            "</main></body></html>",
            "",
        )
    )


def _answer(outcomes: Sequence[Outcome], took_s: float) -> str:
    ranks = [rank(outcome) for outcome in outcomes]
    good, known, bad = (ranks.count(one) for one in ("good", "open", "bad"))
    if bad:
        words, colour = f"{bad} of {len(ranks)} cases are not as expected", "bad"
    elif known:
        words, colour = f"{good} of {len(ranks)} cases as expected, {known} known to be open", "open"
    else:
        words, colour = f"All {good} cases as expected", "good"
    faults = len({outcome.identifier for outcome in outcomes})
    return (
        f'<header class="{colour}"><p class="over">Fault matrix of Q-Truck and E-Truck, in lockstep</p>'
        f"<h1>{words}</h1>"
        f'<p class="under">{faults} faults, each caused on the simulated truck, its buses or its computer'
        f" · {took_s:.0f} s</p></header>"
    )


def _remarks(outcomes: Sequence[Outcome]) -> str:
    rows: list[str] = []
    for outcome in outcomes:
        if rank(outcome) != "good":
            wrong = judge(outcome) or ["meets its expectation, and is still in the list of open cases"]
            known = OPEN.get(case_of(outcome), "")
            words = escape("; ".join(wrong)) + (f"<small>{escape(known)}</small>" if known else "")
            rows.append(
                f"<tr><td>{outcome.identifier}</td><td>{escape(outcome.state)}</td><td>{words}</td></tr>"
            )
    if not rows:
        return ""
    head = "<tr><th>Fault</th><th>State</th><th>What is not as expected</th></tr>"
    return (
        f'<section id="remarks"><h2>Not as expected</h2><table><thead>{head}</thead>'
        f"<tbody>{''.join(rows)}</tbody></table></section>"
    )


def _section(outcomes: Sequence[Outcome], state: str, title: str, hint: str) -> str:
    rows = [_row(outcome) for outcome in outcomes if case_of(outcome)[1] == state]
    if not rows:
        return ""
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    return (
        f'<section id="{state}" class="matrix"><h2>{title}</h2><p class="hint">{hint[0].upper() + hint[1:]}.'
        " Times are from the cause, on the bus; ways are the truck's true ones; limits stand below.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
    )


def _row(o: Outcome) -> str:
    expect, place = expected(o), o.state.partition(", ")[2]
    driven_on = f"drives on<small>{o.speed_mps:.1f} to {o.speed_after_mps:.1f} m/s</small>"
    way = driven_on
    if o.latch:
        at_rest = o.speed_mps == 0.0 and not expect.stop_extra_m
        limit = "" if at_rest else f"≤ {stop_bound_m(expect, o.speed_mps):.1f} m, from {o.speed_mps:.1f} m/s"
        way = f"{_number(o.stop_m, 'm')}<small>{limit or 'stood already'}</small>"
    after = o.after + (f"<small>{o.presses} × acknowledge, latch {o.latch}</small>" if o.latch else "")
    verdict = {"good": "as expected", "open": "open", "bad": "not as expected"}[rank(o)]
    cells = (
        f"<b>{o.identifier}</b><small>{escape(o.detail)}</small>",
        escape(o.cause) + (f"<small>{escape(place)}</small>" if place else ""),
        _time(o.fault_s, expect.named_s),
        _time(o.frame_s, expect.within_s),
        _time(o.braking_s, expect.braking_s) if o.latch and o.speed_mps > 0.0 else "–",
        way,
        " → ".join(o.states) + f"<small>{expect.reaction.value}</small>",
        after,
        f'<span class="verdict-{rank(o)}">{verdict}</span>'
        + (f"<small>also {escape(', '.join(o.further))}</small>" if o.further else ""),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _time(found_s: float | None, limit_s: float) -> str:
    return f"{_number(found_s, 's')}<small>≤ {limit_s:.2f} s</small>"


def _number(value: float | None, unit: str) -> str:
    return "never" if value is None else f"{value:.2f} {unit}"


def _left_out() -> str:
    def items(rows: Iterable[tuple[str, str]]) -> str:
        return "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in rows)

    by_hand = ((f"{name} in {state}", words) for (name, state), words in NOT_BY_HAND.items())
    return (
        '<section id="left-out"><h2>Not in the tables</h2><dl>'
        f"{items(NOT_INJECTED.items())}{items(NOT_IN_A_DRIVE_STATE.items())}{items(by_hand)}</dl></section>"
    )
