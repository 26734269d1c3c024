# SPDX-License-Identifier: GPL-3.0-or-later
from trytond.i18n import gettext
from trytond.model import ModelView, Unique, Workflow, fields
from trytond.model.exceptions import ValidationError
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.rpc import RPC
from trytond.transaction import Transaction

# Set with the creation, never after it.
WRITTEN_ONCE = {'readonly': Eval('id', -1) >= 0}


class CustomerOnHold(ValidationError):
    pass


class SaleUnderWay(ValidationError):
    pass


class Sale(metaclass=PoolMeta):
    __name__ = 'sale.sale'

    punchgate_reference = fields.Char(
        "Punchgate Reference", states=WRITTEN_ONCE,
        help="Punchgate's key of the order: no second sale can have it.")
    punchgate_ordered = fields.Text(
        "Punchgate Order", states=WRITTEN_ONCE,
        help="The lines as the buyer ordered them.")
    punchgate_revision = fields.Integer(
        "Punchgate Revision", readonly=True,
        help="The number of the last change of the buyer's.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints.append((
                'punchgate_reference_unique',
                Unique(table, table.company, table.punchgate_reference),
                'punchgate.msg_sale_reference_unique'))
        cls.__rpc__['punchgate_submit'] = RPC(readonly=False)
        cls.__rpc__['punchgate_change'] = RPC(readonly=False)

    @classmethod
    def punchgate_submit(cls, values, target):
        "Creates a sale and takes it as far as target; all of it or nothing"
        sale, = cls.create([values])
        if target in {'quotation', 'confirmed'}:
            cls.quote([sale])
        if target == 'confirmed':
            cls.confirm([sale])
        return sale.id

    @classmethod
    def punchgate_change(cls, id, revision, values, target):
        "Makes a sale what it shall be from now on; all of it or nothing"
        sale = cls(id)
        if (sale.punchgate_revision or 0) >= revision:
            return sale.state
        if sale.state in {'quotation', 'confirmed'}:
            cls.draft([sale])
            sale = cls(id)
        if sale.state != 'draft':
            raise SaleUnderWay(gettext(
                    'punchgate.msg_sale_under_way', sale=sale.rec_name),
                'sale-under-way')
        # What the company has added is no line of the order.
        gone = [l.id for l in sale.lines if l.punchgate_line is not None]
        ours = {
            'punchgate_ordered': values.pop('punchgate_ordered', None),
            'punchgate_revision': revision,
            }
        values.pop('punchgate_reference', None)
        cls.write([sale], {
                **values,
                'lines': [('delete', gone), *values['lines']],
                })
        # What nobody else may write after the creation.
        with Transaction().set_context(_check_access=False):
            cls.write([sale], ours)
        sale = cls(id)
        if target in {'quotation', 'confirmed'}:
            cls.quote([sale])
        if target == 'confirmed':
            cls.confirm([sale])
        return cls(id).state

    @classmethod
    def copy(cls, sales, default=None):
        default = default.copy() if default else {}
        default.setdefault('punchgate_reference', None)
        default.setdefault('punchgate_ordered', None)
        default.setdefault('punchgate_revision', None)
        return super().copy(sales, default=default)

    @classmethod
    @ModelView.button
    @Workflow.transition('confirmed')
    def confirm(cls, sales):
        Hold = Pool().get('punchgate.hold')
        for sale in sales:
            # Who is sold to and who is invoiced may be two: either's hold
            # counts.
            parties = [sale.party]
            if sale.invoice_party and sale.invoice_party != sale.party:
                parties.append(sale.invoice_party)
            for party in parties:
                hold = Hold.stopping_orders(party, sale.company)
                if not hold:
                    continue
                # The second text is for Punchgate: messages are translated.
                raise CustomerOnHold(gettext(
                        'punchgate.msg_sale_customer_on_hold',
                        sale=sale.rec_name,
                        party=party.rec_name,
                        code=hold.code,
                        message=hold.internal or hold.shopper or ''),
                    'customer-on-hold')
        super().confirm(sales)


class Line(metaclass=PoolMeta):
    __name__ = 'sale.line'

    punchgate_line = fields.Integer(
        "Punchgate Line", states=WRITTEN_ONCE,
        help="The buyer's number of the line.")
