"""The engine of Hubbub (log, publish, announce, dispatch, deliver) and the site that carries it."""
