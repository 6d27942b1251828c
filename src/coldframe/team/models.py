"""Users of this installation."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What a person does here; decides what the person sees first and may change."""

    REVOPS = "REVOPS", "Revenue operations"
    MARKETER = "MARKETER", "Marketer"
    SALES_REP = "SALES_REP", "Sales rep"
    SALES_LEAD = "SALES_LEAD", "Sales lead"
    OPERATOR = "OPERATOR", "Operator"


class User(AbstractUser):
    """A person with a login; a company is always an Account."""

    role = models.CharField(max_length=16, choices=Role, default=Role.REVOPS)
