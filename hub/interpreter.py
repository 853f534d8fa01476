"""How the interpreter of a server or a worker spends its time beside its work: on its garbage collector."""

import gc

#: Objects that are made, and not let go, between two looks of the garbage collector at the youngest ones; looks at
#: these between two at the ones that outlived them, and of those between two at all.
THRESHOLDS = (10_000, 5, 80)


def settle() -> None:
    """Have what is loaded by now never looked through again, and the rest less often.

    The modules of Django and of the application are some hundred thousand objects, which stay as long as the process.
    To look through them takes tens of milliseconds each time, during which nothing is delivered: it was most of the
    slowest hundredth of replies (`python -m tests.benchmarks --only durable`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
