"""What hypothesis makes of JSON: the values that clients and applications may send."""

from hypothesis import strategies as st

# Neither NUL nor surrogates, which the hub refuses.
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
# Nor whole numbers that no column holds.
integers = st.integers(-(2**63) + 1, 2**63 - 1)
scalars = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=5)
objects = st.dictionaries(texts, values, max_size=4)
