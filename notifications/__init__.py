"""Notifications: what is told to one user, published to the streams `inbox#<user id>`."""
