# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds of customers: several at a time, each with its reason, texts and end."""
import datetime as dt

from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

STOPS = {
    'stops_terms': "Stops Orders on Terms",
    'stops_orders': "Stops Orders",
    'stops_shipments': "Stops Shipments",
    'stops_invoices': "Stops Invoices",
    }


def stop(name):
    return fields.Boolean(
        STOPS[name], states={'invisible': Eval('by_code', False)})


class Hold(ModelSQL, ModelView):
    "Customer Hold"
    __name__ = 'punchgate.hold'

    party = fields.Many2One(
        'party.party', "Customer", required=True, ondelete='CASCADE')
    company = fields.Many2One(
        'company.company', "Company", required=True, ondelete='CASCADE')
    identifier = fields.Char(
        "Identifier", required=True,
        states={'readonly': Eval('id', -1) >= 0},
        help="Unique for the customer; Punchgate names the hold by it.")
    code = fields.Char(
        "Reason Code", required=True, help="Why, in a code of your own.")
    by_code = fields.Boolean(
        "Effect by Code",
        help="Punchgate's table of codes says what the hold stops.")
    stops_terms = stop('stops_terms')
    stops_orders = stop('stops_orders')
    stops_shipments = stop('stops_shipments')
    stops_invoices = stop('stops_invoices')
    internal = fields.Text("Internal Note", help="Never leaves the house.")
    accounts_payable = fields.Text(
        "Note to Accounts Payable",
        help="Shown to the people of the customer who pay.")
    shopper = fields.Text(
        "Note to Shoppers", help="Shown to the buyer at checkout.")
    since = fields.Timestamp("Since", required=True)
    until = fields.Timestamp(
        "Until",
        domain=[If(Eval('until', None),
                [('until', '>', Eval('since', None))],
                [])],
        help="Empty: until released.")
    placed_by = fields.Char("Placed By")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints.append((
                'identifier_unique',
                Unique(table, table.party, table.company, table.identifier),
                'punchgate.msg_hold_identifier_unique'))

    @staticmethod
    def default_company():
        return Transaction().context.get('company')

    @staticmethod
    def default_identifier():
        # A person's hold needs a name too; the time to the microsecond is
        # one, and the constraint says no to a second.
        return 'erp-%s' % dt.datetime.now().strftime('%Y%m%dT%H%M%S%f')

    @staticmethod
    def default_since():
        return dt.datetime.now()

    @staticmethod
    def default_stops_orders():
        return True

    @classmethod
    def on_modification(cls, mode, holds, field_names=None):
        # A hold is part of the customer's version: whoever changes it
        # directly moves the customer's time stamp too.
        super().on_modification(mode, holds, field_names=field_names)
        Party = Pool().get('party.party')
        parties = {hold.party for hold in holds}
        if parties:
            Party.write(list(parties), {})

    @classmethod
    def stopping_orders(cls, party, company):
        "The hold in force that refuses orders of this customer, if any"
        now = dt.datetime.now()
        holds = cls.search([
                ('party', '=', party.id),
                ('company', '=', company.id),
                ('by_code', '!=', True),
                ('stops_orders', '=', True),
                ('since', '<=', now),
                ['OR', ('until', '=', None), ('until', '>', now)],
                ], order=[('since', 'ASC'), ('id', 'ASC')], limit=1)
        return holds[0] if holds else None
