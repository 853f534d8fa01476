"""Template tags for the site's own pages."""

from django import template

from hub.conf import environment

register = template.Library()


@register.simple_tag
def demo_accounts() -> list[str]:
    """Return the users of the demo data, whose passwords are their names; none outside demo mode."""
    return ["demo", "guest", "admin"] if environment() == "demo" else []
