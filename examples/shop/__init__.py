"""A small shop that publishes from its own models, through the public interface of Hubbub only."""
