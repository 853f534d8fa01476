"""A small application of the hub's public interface, whose streams the benchmark measures."""
