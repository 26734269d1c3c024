# SPDX-License-Identifier: GPL-3.0-or-later
from trytond.model import fields
from trytond.pool import PoolMeta


class Party(metaclass=PoolMeta):
    __name__ = 'party.party'

    punchgate_holds = fields.One2Many('punchgate.hold', 'party', "Holds")

    @classmethod
    def copy(cls, parties, default=None):
        default = default.copy() if default else {}
        default.setdefault('punchgate_holds', None)
        return super().copy(parties, default=default)
