"""What holds for every page: its language, and that no cache keeps what only staff may see."""

from django.conf import settings
from django.utils import translation


class LanguageMiddleware:
    """The person's own choice, else the browser's cookie, else Japanese.

    The browser's Accept-Language is left aside on purpose: the first market is Japan, and staff
    with an English browser still work in the company's language unless they choose otherwise.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        chosen = getattr(request.user, "language", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.setdefault("Content-Language", language)
        return response


class NoStoreMiddleware:
    """Pages of signed-in people are `no-store`, unless the view says otherwise."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        return response
