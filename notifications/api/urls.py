"""The notifications' addresses below `/api/v1/`."""

from hub.api.router import ApiRouter
from notifications.api.viewsets import NotificationViewSet

router = ApiRouter()
router.register("notifications", NotificationViewSet, basename="notification")

urlpatterns = router.urls
