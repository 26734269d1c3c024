-- What the supplier's database people make for Punchgate, on PostgreSQL: views to read, staging tables to write.
-- The first part stands for the ERP's own tables; the tests of the connector run this file as it is.

create schema erp;

create table erp.payment_terms (
    code text primary key,
    label text not null,
    net_days integer not null
);

create table erp.customer (
    id text primary key,
    code text not null,
    name text not null,
    active boolean not null default true,
    deleted boolean not null default false,
    currency text not null,
    terms_code text references erp.payment_terms,
    credit_limit numeric(19, 4),
    version bigint not null default 1,
    modified timestamptz not null default clock_timestamp(),
    changed_by text,
    change_reason text
);
create index customer_modified on erp.customer (modified, id);

create table erp.customer_hold (
    customer text not null references erp.customer,
    id text not null,
    code text not null,
    removes text,
    internal text,
    accounts_payable text,
    shopper text,
    since timestamptz not null,
    until timestamptz,
    placed_by text,
    primary key (customer, id)
);

create table erp.ledger (
    customer text not null references erp.customer,
    amount numeric(19, 4) not null,
    due date not null,
    is_order boolean not null default false
);

create table erp.price (
    customer text,
    part text not null,
    unit text not null,
    quantity_from numeric(19, 4) not null default 0,
    unit_price numeric(19, 6) not null,
    currency text not null,
    valid_from date,
    valid_until date
);
create index price_part on erp.price (part);

create table erp.document (
    id text primary key,
    kind text not null,
    customer text not null,
    number text,
    reference text,
    purchase_order_number text,
    issued_at timestamptz not null,
    modified timestamptz not null default clock_timestamp(),
    outcome text,
    state text,
    state_code text,
    message text,
    shipped_at timestamptz,
    carrier text,
    tracking_numbers text,
    tracking_url text,
    delivery_date date,
    invoice_date date,
    due_date date,
    currency text,
    net numeric(19, 4),
    tax numeric(19, 4),
    shipping numeric(19, 4),
    total numeric(19, 4),
    invoice_id text,
    amount numeric(19, 4),
    paid_at timestamptz
);
create index document_modified on erp.document (modified, id);

create table erp.document_line (
    document text not null references erp.document,
    position integer not null,
    line_number integer,
    part text,
    quantity numeric(19, 4),
    unit text,
    status text,
    unit_price numeric(19, 6),
    price_basis numeric(19, 4),
    net numeric(19, 4),
    tax numeric(19, 4),
    description text,
    delivery_date date,
    message text,
    lot text,
    serial_numbers text,
    invoice_id text,
    amount numeric(19, 4),
    primary key (document, position)
);

-- Every change moves the stamp and raises the version, whoever makes it.
create function erp.customer_changed() returns trigger language plpgsql as $$
begin
    new.modified := clock_timestamp();
    if new.version = old.version then
        new.version := old.version + 1;
    end if;
    return new;
end $$;
create trigger customer_changed before update on erp.customer
    for each row execute function erp.customer_changed();

-- A hold is a change of its customer.
create function erp.hold_changed() returns trigger language plpgsql as $$
begin
    update erp.customer set version = version + 1 where id = coalesce(new.customer, old.customer);
    return null;
end $$;
create trigger hold_changed after insert or update or delete on erp.customer_hold
    for each row execute function erp.hold_changed();

-- Views: one row a customer, one a hold, one of what each owes.
create view erp.v_customers as
    select c.id, c.modified, c.version, c.deleted, c.code, c.name, c.active, c.currency, c.credit_limit, c.changed_by,
           c.terms_code, t.label as terms_label, t.net_days as terms_net_days
    from erp.customer c
    left join erp.payment_terms t on t.code = c.terms_code;

create view erp.v_holds as
    select id, customer, code, removes, internal, accounts_payable, shopper, since, until, placed_by
    from erp.customer_hold;

create view erp.v_exposure as
    select c.id as customer,
           coalesce(sum(l.amount) filter (where not l.is_order), 0) as open_items,
           coalesce(sum(l.amount) filter (where l.is_order), 0) as open_orders,
           coalesce(sum(l.amount) filter (where not l.is_order and l.due < current_date), 0) as overdue,
           min(l.due) filter (where not l.is_order) as oldest_due
    from erp.customer c
    left join erp.ledger l on l.customer = c.id
    group by c.id;

create view erp.v_prices as
    select customer, part, unit_price, currency, unit, quantity_from, cast(null as numeric) as price_basis, valid_from,
           valid_until
    from erp.price;

create view erp.v_documents as select * from erp.document;
create view erp.v_document_lines as select * from erp.document_line;

-- Staging tables: Punchgate writes rows, the ERP's own process takes them up and answers in the last columns.
create table erp.punchgate_orders (
    reference text primary key,
    customer text not null,
    purchase_order_number text not null,
    order_date date,
    requested_delivery date,
    currency text not null,
    total numeric(19, 4),
    tax numeric(19, 4),
    shipping numeric(19, 4),
    terms text,
    test boolean not null,
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
    submitted_at timestamptz not null,
    status text,
    status_code text,
    message text,
    order_number text,
    order_total numeric(19, 4)
);

create table erp.punchgate_order_lines (
    reference text not null references erp.punchgate_orders,
    position integer not null,
    line_number integer not null,
    part text not null,
    quantity numeric(19, 4) not null check (quantity > 0),
    unit text not null,
    unit_price numeric(19, 6) not null,
    price_basis numeric(19, 4),
    description text,
    auxiliary_id text,
    buyer_part text,
    requested_delivery date,
    comments text,
    primary key (reference, position)
);

create table erp.punchgate_order_requests (
    id text primary key,
    reference text not null references erp.punchgate_orders,
    kind text not null,
    reason text,
    requested_at timestamptz,
    status text,
    status_code text,
    message text
);

create table erp.punchgate_account_requests (
    id text primary key,
    customer text not null,
    expected_version text not null,
    terms_changed boolean not null,
    terms_code text,
    limit_kind text,
    credit_limit numeric(19, 4),
    place_holds text,
    release_holds text,
    reason text,
    actor text,
    requested_at timestamptz,
    status text,
    status_field text,
    status_code text,
    message text
);
create index punchgate_account_requests_customer on erp.punchgate_account_requests (customer);

-- Rights of the user that Punchgate is there (here by a role; the last three only where it may write customers itself):
-- create role punchgate_reader;
-- grant usage on schema erp to punchgate_reader;
-- grant select on erp.v_customers, erp.v_holds, erp.v_exposure, erp.v_prices, erp.v_documents, erp.v_document_lines
--     to punchgate_reader;
-- grant select, insert on erp.punchgate_orders, erp.punchgate_order_requests, erp.punchgate_account_requests
--     to punchgate_reader;
-- grant update (status) on erp.punchgate_orders, erp.punchgate_account_requests to punchgate_reader;
-- grant insert on erp.punchgate_order_lines to punchgate_reader;
-- grant select (id, version), update (version, terms_code, credit_limit) on erp.customer to punchgate_reader;
-- grant select (customer, id), insert, delete on erp.customer_hold to punchgate_reader;
