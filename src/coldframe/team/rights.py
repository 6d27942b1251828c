"""What a person may do here: rights, and which role has which."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person is here for."""

    VIEWER = "VIEWER"  #: sees everything, changes nothing
    MARKETER = "MARKETER"  #: owns leads, content and the playbook
    SALES = "SALES"  #: answers the leads that are put before sales
    SALES_LEAD = "SALES_LEAD"  #: answers for everybody, and says who takes how many
    ADMIN = "ADMIN"  #: everything, and who may come in


class Right(StrEnum):
    """One thing that somebody may do; every address asks for one."""

    SEE = "SEE"  #: read every page
    EXPORT = "EXPORT"  #: take lists of people out of the house
    ANSWER = "ANSWER"  #: say of a handoff what sales says
    RUN_DESK = "RUN_DESK"  #: answer for others, hand over to others, say who takes how many
    EDIT_LEADS = "EDIT_LEADS"  #: override, pause, merge, settle what is in doubt
    IMPORT = "IMPORT"  #: take files in, and take an import back
    EDIT_PLAYBOOK = "EDIT_PLAYBOOK"  #: draft and activate the policy and its content
    RUN_SENDING = "RUN_SENDING"  #: switch sending on and off, release what is held
    MANAGE = "MANAGE"  #: people, keys, connections and sources, and what everybody did


_EVERYBODY = frozenset({Right.SEE})
_SALES = _EVERYBODY | {Right.ANSWER}
_MARKETING = _EVERYBODY | {
    Right.EXPORT,
    Right.EDIT_LEADS,
    Right.IMPORT,
    Right.EDIT_PLAYBOOK,
    Right.RUN_SENDING,
}
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _EVERYBODY,
    Role.MARKETER: _MARKETING,
    Role.SALES: _SALES,
    Role.SALES_LEAD: _SALES | {Right.RUN_DESK, Right.EXPORT},
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is at the other end: signed in, or whoever sits at this machine before there are people with names."""

    #: None for whoever sits at this machine.
    id: int | None
    #: As it is written into verdicts, overrides and the log.
    name: str
    role: Role
    #: The name under which handoffs are this person's, as owners are written in files and in the CRM; or empty.
    rep: str = ""
    #: An IANA zone; empty: the zone of the playbook.
    zone: str = ""
    #: A language code; empty: the browser's.
    language: str = ""
    rights: frozenset[Right] = field(default_factory=frozenset)

    def may(self, right: Right) -> bool:
        """Return whether this person may do that."""
        return right in self.rights

    @property
    def is_nobody(self) -> bool:
        """Return whether nobody is known to be there."""
        return not self.rights

    @property
    def has_login(self) -> bool:
        """Return whether this is somebody with a login, not a program or whoever sits at this machine."""
        return self.id is not None


def person(
    *, id: int | None, name: str, role: Role, rep: str = "", zone: str = "", language: str = ""
) -> Person:
    """Return somebody with the rights of a role."""
    return Person(id=id, name=name, role=role, rep=rep, zone=zone, language=language, rights=RIGHTS[role])


#: Before there are people with names, whoever sits at this machine.
AT_THIS_MACHINE = person(id=None, name="whoever sits at this machine", role=Role.ADMIN)
#: Whoever has not signed in.
NOBODY = Person(id=None, name="nobody", role=Role.VIEWER)
