"""Latencies, counted in buckets: bounded memory, however many there are. No input or output here."""

from collections.abc import Iterator
from dataclasses import dataclass

#: Buckets between a power of two and the next: a figure read from them is right to 1 / 64.
_STEPS = 64
_BITS = _STEPS.bit_length() - 1


class Histogram:
    """Counts whole microseconds in buckets that grow with their value (as HdrHistogram's do)."""

    __slots__ = ("_buckets", "count", "largest")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        #: How many were counted.
        self.count = 0
        #: The largest, in microseconds.
        self.largest = 0

    def add(self, microseconds: int) -> None:
        """Count one; less than nothing counts as nothing."""
        value = max(microseconds, 0)
        shift = max(value.bit_length() - _BITS - 1, 0)
        bucket = (shift << (_BITS + 1)) | (value >> shift)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.count += 1
        if value > self.largest:
            self.largest = value

    def percentile(self, share: float) -> float:
        """Return the milliseconds that a share of all, 0 to 1, did not take longer than; 0 where there are none."""
        wanted = share * self.count
        for milliseconds, behind in self.steps():
            if behind >= wanted:
                return min(milliseconds, self.largest / 1000)
        return self.largest / 1000

    def steps(self) -> Iterator[tuple[float, int]]:
        """Yield milliseconds, rising, with how many took no longer."""
        behind = 0
        for bucket in sorted(self._buckets):
            behind += self._buckets[bucket]
            shift, value = bucket >> (_BITS + 1), bucket & (2 * _STEPS - 1)
            # The upper end of the bucket: what is said is never too good.
            yield (((value + 1) << shift) - 1) / 1000, behind


@dataclass(frozen=True)
class Latency:
    """What is told of a histogram, in milliseconds."""

    p50: float
    p90: float
    p99: float
    worst: float
    count: int


def sum_up(histogram: Histogram) -> Latency:
    """Return the figures that are told of a histogram."""
    p50, p90, p99 = (round(histogram.percentile(share), 3) for share in (0.5, 0.9, 0.99))
    return Latency(p50, p90, p99, round(histogram.largest / 1000, 3), histogram.count)
