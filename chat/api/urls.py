"""The chat's addresses below `/api/v1/`."""

from chat.api.messages import MessageViewSet
from chat.api.rooms import RoomViewSet
from hub.api.router import ApiRouter

router = ApiRouter()
router.register("rooms", RoomViewSet, basename="room")
router.register(r"rooms/(?P<slug>[\w-]{1,64})/messages", MessageViewSet, basename="message")

urlpatterns = router.urls
