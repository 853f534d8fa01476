"""The benchmark's site as a Django application."""

import os

from django.apps import AppConfig


class BenchmarkSiteConfig(AppConfig):
    """Registers the two namespaces, and counts queries where that is asked for."""

    name = "tests.benchmarks.site"
    label = "benchmark_site"

    def ready(self) -> None:
        """Register what must be known in every process."""
        from hub.namespaces import namespaces
        from tests.benchmarks.site import counting
        from tests.benchmarks.site.namespaces import LiveNamespace, LoggedNamespace

        namespaces.register(LiveNamespace())
        namespaces.register(LoggedNamespace())
        if path := os.environ.get(counting.VARIABLE):
            counting.count_queries(path)
