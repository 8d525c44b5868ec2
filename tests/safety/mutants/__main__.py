"""`python -m tests.safety.mutants`: every mistake, who found it, each survivor. Exit status 1 with survivors.

With `--invariants` each is put to the exploration alone, to see what the invariants find without the cases.
"""

import sys
from collections import Counter

from firmware_runtime.assessment.figures import LIMITS, SAFETY
from tests.safety.mutants.judge import Finding, Judge, found_by_invariant
from tests.safety.mutants.mistakes import Mistake, all_mistakes, built

WORDS = {
    "case": "found by a case",
    "invariant": "found by an invariant",
    "same": "no mistake",
    "nothing": "SURVIVED",
}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--invariants"]):
        print("usage: python -m tests.safety.mutants [--invariants]", file=sys.stderr)
        return 2
    mistakes = all_mistakes()
    judge = Judge()
    findings: list[Finding] = []
    for number, mistake in enumerate(mistakes, 1):
        findings.append(_by_invariants(mistake, judge) if arguments else judge.judge(mistake))
        if number % 50 == 0 or number == len(mistakes):
            print(f"{number} of {len(mistakes)}", file=sys.stderr, flush=True)
    for by in ("same", "nothing"):
        for finding in findings:
            if finding.by == by:
                print(f"{WORDS[by]}: {finding.mistake.name}: {finding.evidence}")
    kinds = dict.fromkeys(finding.mistake.kind for finding in findings)
    for kind in kinds:
        counts = Counter(finding.by for finding in findings if finding.mistake.kind == kind)
        print(f"{kind:20} {sum(counts.values()):4}: " + _told(counts))
    total = Counter(finding.by for finding in findings)
    wrong = total.total() - total["same"]
    found = wrong - total["nothing"]
    print(f"all {total.total()}: {_told(total)}; score {found} of {wrong}, {100 * found / wrong:.1f} %")
    return 1 if total["nothing"] else 0


def _by_invariants(mistake: Mistake, judge: Judge) -> Finding:
    machines = {cab: built(mistake, SAFETY, LIMITS, cab) for cab in (False, True)}
    evidence = found_by_invariant(machines)
    if evidence:
        return Finding(mistake, "invariant", evidence)
    finding = judge.judge(mistake)
    return finding if finding.by == "same" else Finding(mistake, "nothing", finding.evidence)


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[by]} {word}" for by, word in WORDS.items() if counts[by])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
