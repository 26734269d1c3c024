"""Puts a small company into an empty Tryton database, for tests: python seed.py CONFIGURATION DATABASE

Prints the ids as JSON. A database that has the company already is left as it is.
"""
import datetime as dt
import json
import sys
from decimal import Decimal

from proteus import Model, Wizard, config

CONFIGURATION, DATABASE = sys.argv[1:3]
SESSION = config.set_trytond(DATABASE, user='admin', config_file=CONFIGURATION)

COUNTRIES = [('United States', 'US'), ('Denmark', 'DK'), ('Germany', 'DE')]
TERMS = ['Upon Receipt', 'Net 30 days', 'Net 60 days']
PRODUCTS = [
    # code, name, list price, pieces in stock
    ('HX-1001', 'Hex bolt M8x40, box of 100', '18.50', 5000),
    ('GL-2002', 'Nitrile gloves L, box of 200', '24.00', 40),
    ('DR-3003', 'Cordless drill 18 V', '189.00', 3),
    ]
CUSTOMERS = [
    # code, name, terms, limit, with the contract's prices
    ('C-ACME', 'ACME Manufacturing', 'Net 30 days', '5000', True),
    ('C-GLOBEX', 'Globex Corporation', 'Net 60 days', '250', False),
    ('C-INITECH', 'Initech', 'Upon Receipt', '1000', False),
    ('C-HOOLI', 'Hooli', 'Net 30 days', None, False),
    ]
GROUPS = ['Sales', 'Sale Amendment', 'Party Administration', 'Accounting', 'Account Credit Limit', 'Stock']


def one(model, **values):
    return Model.get(model).find([(name, '=', value) for name, value in values.items()])[0]


def report():
    def ids(model, key):
        return {getattr(record, key): record.id for record in Model.get(model).find([])}
    json.dump({
            'company': Model.get('company.company').find([])[0].id,
            'parties': ids('party.party', 'code'),
            'products': ids('product.product', 'code'),
            'terms': ids('account.invoice.payment_term', 'name'),
            }, sys.stdout, indent=1)
    print()


def make_company():
    Currency = Model.get('currency.currency')
    dollar = Currency(name='US Dollar', code='USD', numeric_code='840', symbol='$',
        rounding=Decimal('0.01'), digits=2)
    dollar.rates.new(date=dt.date(2020, 1, 1), rate=Decimal(1))
    dollar.save()
    for name, code in COUNTRIES:
        Model.get('country.country')(name=name, code=code).save()
    seller = Model.get('party.party')(name='Northwind Industrial Supply', code='SELF')
    seller.save()
    wizard = Wizard('company.company.config')
    wizard.execute('company')
    wizard.form.party = seller
    wizard.form.currency = dollar
    wizard.execute('add')
    company = Model.get('company.company').find([])[0]
    admin = one('res.user', login='admin')
    admin.companies.append(Model.get('company.company')(company.id))
    admin.company = company
    admin.save()
    SESSION._context = Model.get('res.user').get_preferences(True, SESSION.context)
    return company


def account(company, kind):
    return Model.get('account.account').find([
            ('type.%s' % kind, '=', True), ('company', '=', company.id), ('closed', '!=', True)], limit=1)[0]


def make_accounts(company):
    template = Model.get('account.account.template')(
        Model.get('ir.model.data').get_id('account.account_template_root_en', SESSION.context))
    chart = Wizard('account.create_chart')
    chart.execute('account')
    chart.form.account_template = template
    chart.form.company = company
    chart.execute('create_account')
    if account(company, 'receivable').party_required:
        chart.form.account_receivable = account(company, 'receivable')
        chart.form.account_payable = account(company, 'payable')
    chart.form.category_account_expense = account(company, 'expense')
    chart.form.category_account_revenue = account(company, 'revenue')
    chart.execute('create_properties')


def make_years(company):
    Sequence = Model.get('ir.sequence.strict')
    this_year = dt.date.today().year
    for year in (this_year - 1, this_year, this_year + 1):
        moves = Sequence(name='Moves %s' % year, company=company,
            sequence_type=one('ir.sequence.type', name='Account Move'))
        moves.save()
        invoices = Sequence(name='Invoices %s' % year, company=company, prefix='INV%s-' % year,
            sequence_type=one('ir.sequence.type', name='Invoice'))
        invoices.save()
        fiscal = Model.get('account.fiscalyear')(name=str(year), company=company,
            start_date=dt.date(year, 1, 1), end_date=dt.date(year, 12, 31), move_sequence=moves)
        numbers = fiscal.invoice_sequences[0] if fiscal.invoice_sequences else fiscal.invoice_sequences.new()
        for direction in ('in', 'out'):
            for kind in ('invoice', 'credit_note'):
                setattr(numbers, '%s_%s_sequence' % (direction, kind), invoices)
        fiscal.save()
        fiscal.click('create_period')


def make_products(company):
    category = Model.get('product.category')(name='Goods', accounting=True,
        account_expense=account(company, 'expense'), account_revenue=account(company, 'revenue'))
    category.save()
    inventory = Model.get('stock.inventory')(location=one('stock.location', code='STO'))
    for code, name, price, pieces in PRODUCTS:
        template = Model.get('product.template')(name=name, default_uom=one('product.uom', name='Unit'),
            type='goods', salable=True, list_price=Decimal(price), account_category=category)
        template.products[0].suffix_code = code
        template.save()
        line = inventory.lines.new(product=template.products[0])
        line.quantity = pieces
    inventory.save()
    inventory.click('confirm')


def make_customers():
    contract = Model.get('product.price_list')(name='ACME contract', price='list_price')
    contract.lines.new(formula='list_price * 0.9')
    contract.save()
    for code, name, terms, limit, contracted in CUSTOMERS:
        party = Model.get('party.party')(name=name, code=code)
        party.save()
        address = party.addresses[0] if party.addresses else party.addresses.new()
        address.street, address.city, address.postal_code = '1 %s Way' % code, 'Tucson', '85701'
        address.country = one('country.country', code='US')
        party.customer_payment_term = one('account.invoice.payment_term', name=terms)
        party.credit_limit_amount = None if limit is None else Decimal(limit)
        party.sale_price_list = contract if contracted else None
        party.save()


def hold_initech(company):
    if 'punchgate.hold' not in {model.name for model in Model.get('ir.model').find([])}:
        return
    Model.get('punchgate.hold')(party=one('party.party', code='C-INITECH'), company=company,
        identifier='erp-past-due', code='PAST_DUE', stops_orders=True,
        internal='Ninety days past due.', shopper='Account past due: please call +1 555 0100.',
        since=dt.datetime(2026, 1, 1)).save()


def sell(reference, code, pieces, customer, post):
    sale = Model.get('sale.sale')(party=one('party.party', code=customer), reference=reference,
        shipment_method='order', invoice_method='order')
    line = sale.lines.new(product=one('product.product', code=code))
    line.quantity = pieces
    sale.save()
    for button in ('quote', 'confirm', 'process'):
        sale.click(button)
    if post:
        invoice = sale.invoices[0]
        invoice.invoice_date = dt.date.today() - dt.timedelta(days=10)
        invoice.click('post')


def delay_orders():
    """Orders wait a while before they are under way: until then they can be cancelled."""
    settings = Model.get('sale.configuration')(1)
    settings.sale_process_after = dt.timedelta(hours=1)
    settings.save()


def make_gateway(company):
    user = Model.get('res.user')(name='Punchgate', login='gateway')
    user.password = 'gateway-pw'
    user.companies.append(Model.get('company.company')(company.id))
    user.company = company
    for group in Model.get('res.group').find([('name', 'in', GROUPS)]):
        user.groups.append(group)
    user.save()


def main():
    if Model.get('company.company').find([]):
        return
    company = make_company()
    make_accounts(company)
    make_years(company)
    make_products(company)
    make_customers()
    sell('PO-SEED-1', 'DR-3003', 2, 'C-ACME', post=True)
    hold_initech(company)
    delay_orders()
    make_gateway(company)


main()
report()
