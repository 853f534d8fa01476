"""The hub's own endpoints: who am I, a token for a script, and what answers where there is nothing."""

from datetime import timedelta

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import tokens
from hub.api.authentication import SessionAuthentication, caller
from hub.api.pagination import read_number
from hub.api.serializers import MeSerializer, TokenSerializer
from hub.conf import conf
from hub.core.events import timestamp

#: Longest life of a token asked for here, in seconds: a day.
MAX_TTL = 86_400


class MeView(APIView):
    """Who is calling; for API keys too, whatever their scopes."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=MeSerializer, tags=["session"], operation_id="me")
    def get(self, request: Request) -> Response:
        """Return the user whose credentials came with the request."""
        return Response(MeSerializer(caller(request)).data)


@method_decorator(never_cache, name="dispatch")
class TokenView(APIView):
    """A token for a script or a page. It takes a session: no token may renew itself for ever."""

    authentication_classes = [SessionAuthentication]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "ttl",
                OpenApiTypes.INT32,
                description=f"Seconds that it is valid, 1 to {MAX_TTL}; {conf.TOKEN_TTL} where absent.",
            )
        ],
        responses=TokenSerializer,
        tags=["session"],
        operation_id="token",
    )
    def get(self, request: Request) -> Response:
        """Issue a token of the user who is logged in."""
        ttl = read_number(request, "ttl", maximum=MAX_TTL) or conf.TOKEN_TTL
        token = tokens.issue(caller(request), timedelta(seconds=ttl))
        return Response({"token": token, "expires_at": timestamp(tokens.verify(token).expires_at)})


class DocsView(SpectacularSwaggerSplitView):
    """The API's description as a page: Swagger UI, from static files of the site's own."""

    template_name = "hub/api_docs.html"


class UnknownView(APIView):
    """Answers what the API does not have, as JSON like all else."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse every method alike.

        Raises:
            NotFound: always.
        """
        raise NotFound("there is nothing at this address")
