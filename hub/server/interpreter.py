"""How the interpreter of a server spends its time beside serving: on its garbage collector."""

import gc

#: Objects that are made, and not let go, between two looks of the garbage collector at the youngest ones; looks at
#: these between two at the ones that outlived them, and of those between two at all.
THRESHOLDS = (10_000, 20, 20)


def settle() -> None:
    """Have what is loaded by now never looked through again, and the rest less often.

    The modules of Django and of the application are some hundred thousand objects, which stay as long as the process.
    To look through them took about 90 ms each time, during which nothing was delivered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
