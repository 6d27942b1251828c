"""What roles are called on pages, and what each is for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from coldframe.team.rights import Role

ROLES = {
    Role.VIEWER: _("Viewer"),
    Role.MARKETER: _("Marketer"),
    Role.SALES: _("Sales"),
    Role.SALES_LEAD: _("Sales lead"),
    Role.ADMIN: _("Admin"),
}
PURPOSES = {
    Role.VIEWER: _("sees every page, changes nothing"),
    Role.MARKETER: _("owns leads, content and the playbook; imports, exports, switches sending"),
    Role.SALES: _("answers the leads that are put before sales"),
    Role.SALES_LEAD: _("answers for everybody, and says who takes how many"),
    Role.ADMIN: _("everything, and who may come in"),
}
