"""Signing in by e-mail and password."""

from django.contrib.auth.backends import BaseBackend

from .models import Installation, User

DEMO_LOGINS = {"cs@example.jp", "manager@example.jp", "admin@example.jp"}


class StaffBackend(BaseBackend):
    """Refuses who may not sign in, and the demo's logins anywhere but in the demo."""

    def authenticate(self, request, username=None, password=None, **credentials):
        if not username or not password:
            return None
        user = User.objects.filter(email__iexact=username.strip()).first()
        if user is None:
            User().set_password(password)  # as slow as for a known one
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: User) -> bool:
        is_demo_login = (user.email or "").lower() in DEMO_LOGINS
        return user.is_active and (not is_demo_login or Installation.get().is_demo)

    def get_user(self, user_id):
        user = User.objects.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
