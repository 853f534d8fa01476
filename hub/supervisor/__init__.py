"""The process supervisor behind `python manage.py hub`: it starts the parts of the hub, watches and stops them."""
