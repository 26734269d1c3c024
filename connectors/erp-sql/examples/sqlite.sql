-- What the supplier's database people make for Punchgate, on SQLite: views to read, staging tables to write.
-- Amounts are texts, for numbers with a point are floats there; the ledger counts in ten-thousandths.
-- The first part stands for the ERP's own tables; the tests of the connector run this file as it is.

create table payment_terms (
    code text primary key,
    label text not null,
    net_days integer not null
);

create table customer (
    id text primary key,
    code text not null,
    name text not null,
    active integer not null default 1,
    deleted integer not null default 0,
    currency text not null,
    terms_code text references payment_terms (code),
    credit_limit text,
    version bigint not null default 1,
    modified text not null default (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    changed_by text,
    change_reason text
);
create index customer_modified on customer (modified, id);

create table customer_hold (
    customer text not null references customer (id),
    id text not null,
    code text not null,
    removes text,
    internal text,
    accounts_payable text,
    shopper text,
    since text not null,
    until text,
    placed_by text,
    primary key (customer, id)
);

create table ledger (
    customer text not null references customer (id),
    amount integer not null,
    due text not null,
    is_order integer not null default 0
);

create table price (
    customer text,
    part text not null,
    unit text not null,
    quantity_from text not null default '0',
    unit_price text not null,
    currency text not null,
    valid_from text,
    valid_until text
);
create index price_part on price (part);

create table document (
    id text primary key,
    kind text not null,
    customer text not null,
    number text,
    reference text,
    purchase_order_number text,
    issued_at text not null,
    modified text not null default (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    outcome text,
    state text,
    state_code text,
    message text,
    shipped_at text,
    carrier text,
    tracking_numbers text,
    tracking_url text,
    delivery_date text,
    invoice_date text,
    due_date text,
    currency text,
    net text,
    tax text,
    shipping text,
    total text,
    invoice_id text,
    amount text,
    paid_at text
);
create index document_modified on document (modified, id);

create table document_line (
    document text not null references document (id),
    position integer not null,
    line_number integer,
    part text,
    quantity text,
    unit text,
    status text,
    unit_price text,
    price_basis text,
    net text,
    tax text,
    description text,
    delivery_date text,
    message text,
    lot text,
    serial_numbers text,
    invoice_id text,
    amount text,
    primary key (document, position)
);

-- Every change moves the stamp and raises the version, whoever makes it.
create trigger customer_changed after update on customer
begin
    update customer
    set modified = strftime('%Y-%m-%d %H:%M:%f', 'now'),
        version = case when new.version = old.version then new.version + 1 else new.version end
    where id = new.id;
end;

-- A hold is a change of its customer.
create trigger hold_placed after insert on customer_hold
begin
    update customer set version = version + 1 where id = new.customer;
end;
create trigger hold_changed after update on customer_hold
begin
    update customer set version = version + 1 where id = new.customer;
end;
create trigger hold_released after delete on customer_hold
begin
    update customer set version = version + 1 where id = old.customer;
end;

-- Views: one row a customer, one a hold, one of what each owes.
create view v_customers as
    select c.id, c.modified, c.version, c.deleted, c.code, c.name, c.active, c.currency, c.credit_limit, c.changed_by,
           c.terms_code, t.label as terms_label, t.net_days as terms_net_days
    from customer c
    left join payment_terms t on t.code = c.terms_code;

create view v_holds as
    select id, customer, code, removes, internal, accounts_payable, shopper, since, until, placed_by
    from customer_hold;

create view v_exposure as
    select c.id as customer,
           printf('%.4f', coalesce(sum(l.amount) filter (where not l.is_order), 0) / 10000.0) as open_items,
           printf('%.4f', coalesce(sum(l.amount) filter (where l.is_order), 0) / 10000.0) as open_orders,
           printf('%.4f', coalesce(sum(l.amount) filter (where not l.is_order and l.due < date('now')), 0) / 10000.0) as overdue,
           min(l.due) filter (where not l.is_order) as oldest_due
    from customer c
    left join ledger l on l.customer = c.id
    group by c.id;

create view v_prices as
    select customer, part, unit_price, currency, unit, quantity_from, null as price_basis, valid_from,
           valid_until
    from price;

create view v_documents as select * from document;
create view v_document_lines as select * from document_line;

-- Staging tables: Punchgate writes rows, the ERP's own process takes them up and answers in the last columns.
create table punchgate_orders (
    reference text primary key,
    customer text not null,
    purchase_order_number text not null,
    order_date text,
    requested_delivery text,
    currency text not null,
    total text,
    tax text,
    shipping text,
    terms text,
    test integer not null,
    contact_name text,
    contact_email text,
    comments text,
    ship_to_id text,
    ship_to_name text,
    ship_to_deliver_to text,
    ship_to_street text,
    ship_to_city text,
    ship_to_state text,
    ship_to_postal_code text,
    ship_to_country text,
    submitted_at text not null,
    status text,
    status_code text,
    message text,
    order_number text,
    order_total text
);

create table punchgate_order_lines (
    reference text not null references punchgate_orders (reference),
    position integer not null,
    line_number integer not null,
    part text not null,
    quantity text not null check (cast(quantity as real) > 0),
    unit text not null,
    unit_price text not null,
    price_basis text,
    description text,
    auxiliary_id text,
    buyer_part text,
    requested_delivery text,
    comments text,
    primary key (reference, position)
);

create table punchgate_order_requests (
    id text primary key,
    reference text not null references punchgate_orders (reference),
    kind text not null,
    reason text,
    requested_at text,
    status text,
    status_code text,
    message text
);

create table punchgate_account_requests (
    id text primary key,
    customer text not null,
    expected_version text not null,
    terms_changed integer not null,
    terms_code text,
    limit_kind text,
    credit_limit text,
    place_holds text,
    release_holds text,
    reason text,
    actor text,
    requested_at text,
    status text,
    status_field text,
    status_code text,
    message text
);
create index punchgate_account_requests_customer on punchgate_account_requests (customer);

-- There are no rights but those on the file: the gateway's user reads the file and its folder, and writes both where there
-- are staging tables.
