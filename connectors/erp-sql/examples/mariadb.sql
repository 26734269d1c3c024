-- What the supplier's database people make for Punchgate, on MariaDB: views to read, staging tables to write.
-- The database is one of Unicode that tells small letters from capital ones:
-- create database erp character set utf8mb4 collate utf8mb4_bin;
-- The first part stands for the ERP's own tables; the tests of the connector run this file as it is.

create table payment_terms (
    code varchar(100) primary key,
    label text not null,
    net_days integer not null
);

create table customer (
    id varchar(100) primary key,
    code varchar(100) not null,
    name text not null,
    active boolean not null default true,
    deleted boolean not null default false,
    currency varchar(100) not null,
    terms_code varchar(100) references payment_terms (code),
    credit_limit decimal(19, 4),
    version bigint not null default 1,
    modified datetime(6) not null default now(6),
    changed_by text,
    change_reason text
);
create index customer_modified on customer (modified, id);

create table customer_hold (
    customer varchar(100) not null references customer (id),
    id varchar(100) not null,
    code varchar(100) not null,
    removes text,
    internal text,
    accounts_payable text,
    shopper text,
    since datetime(6) not null,
    until datetime(6),
    placed_by text,
    primary key (customer, id)
);

create table ledger (
    customer varchar(100) not null references customer (id),
    amount decimal(19, 4) not null,
    due date not null,
    is_order boolean not null default false
);

create table price (
    customer varchar(100),
    part varchar(100) not null,
    unit varchar(100) not null,
    quantity_from decimal(19, 4) not null default 0,
    unit_price decimal(19, 6) not null,
    currency varchar(100) not null,
    valid_from date,
    valid_until date
);
create index price_part on price (part);

create table document (
    id varchar(100) primary key,
    kind varchar(100) not null,
    customer varchar(100) not null,
    number text,
    reference varchar(100),
    purchase_order_number varchar(100),
    issued_at datetime(6) not null,
    modified datetime(6) not null default now(6),
    outcome text,
    state text,
    state_code text,
    message text,
    shipped_at datetime(6),
    carrier text,
    tracking_numbers text,
    tracking_url text,
    delivery_date date,
    invoice_date date,
    due_date date,
    currency varchar(100),
    net decimal(19, 4),
    tax decimal(19, 4),
    shipping decimal(19, 4),
    total decimal(19, 4),
    invoice_id text,
    amount decimal(19, 4),
    paid_at datetime(6)
);
create index document_modified on document (modified, id);

create table document_line (
    document varchar(100) not null references document (id),
    position integer not null,
    line_number integer,
    part varchar(100),
    quantity decimal(19, 4),
    unit varchar(100),
    status varchar(100),
    unit_price decimal(19, 6),
    price_basis decimal(19, 4),
    net decimal(19, 4),
    tax decimal(19, 4),
    description text,
    delivery_date date,
    message text,
    lot text,
    serial_numbers text,
    invoice_id text,
    amount decimal(19, 4),
    primary key (document, position)
);

-- Every change moves the stamp and raises the version, whoever makes it.
create trigger customer_changed before update on customer for each row
    set new.modified = now(6),
        new.version = if(new.version = old.version, old.version + 1, new.version);

-- A hold is a change of its customer.
create trigger hold_placed after insert on customer_hold for each row
    update customer set version = version + 1 where id = new.customer;
create trigger hold_changed after update on customer_hold for each row
    update customer set version = version + 1 where id = new.customer;
create trigger hold_released after delete on customer_hold for each row
    update customer set version = version + 1 where id = old.customer;

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
           coalesce(sum(case when not l.is_order then l.amount end), 0) as open_items,
           coalesce(sum(case when l.is_order then l.amount end), 0) as open_orders,
           coalesce(sum(case when not l.is_order and l.due < current_date then l.amount end), 0) as overdue,
           min(case when not l.is_order then l.due end) as oldest_due
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
    reference varchar(100) primary key,
    customer varchar(100) not null,
    purchase_order_number varchar(100) not null,
    order_date date,
    requested_delivery date,
    currency varchar(100) not null,
    total decimal(19, 4),
    tax decimal(19, 4),
    shipping decimal(19, 4),
    terms varchar(100),
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
    submitted_at datetime(6) not null,
    status varchar(100),
    status_code text,
    message text,
    order_number text,
    order_total decimal(19, 4)
);

create table punchgate_order_lines (
    reference varchar(100) not null references punchgate_orders (reference),
    position integer not null,
    line_number integer not null,
    part varchar(100) not null,
    quantity decimal(19, 4) not null check (quantity > 0),
    unit varchar(100) not null,
    unit_price decimal(19, 6) not null,
    price_basis decimal(19, 4),
    description text,
    auxiliary_id text,
    buyer_part text,
    requested_delivery date,
    comments text,
    primary key (reference, position)
);

create table punchgate_order_requests (
    id varchar(100) primary key,
    reference varchar(100) not null references punchgate_orders (reference),
    kind varchar(100) not null,
    reason text,
    requested_at datetime(6),
    status varchar(100),
    status_code text,
    message text
);

create table punchgate_account_requests (
    id varchar(100) primary key,
    customer varchar(100) not null,
    expected_version varchar(100) not null,
    terms_changed boolean not null,
    terms_code varchar(100),
    limit_kind text,
    credit_limit decimal(19, 4),
    place_holds text,
    release_holds text,
    reason text,
    actor text,
    requested_at datetime(6),
    status varchar(100),
    status_field text,
    status_code text,
    message text
);
create index punchgate_account_requests_customer on punchgate_account_requests (customer);

-- Rights of the user that Punchgate is there (the last two only where it may write customers itself):
-- grant select on erp.v_customers to 'punchgate'@'%';            -- and on each of the other views
-- grant select, insert, update (status) on erp.punchgate_orders to 'punchgate'@'%';
-- grant insert on erp.punchgate_order_lines to 'punchgate'@'%';
-- grant select, insert on erp.punchgate_order_requests to 'punchgate'@'%';
-- grant select, insert, update (status) on erp.punchgate_account_requests to 'punchgate'@'%';
-- grant select (id, version), update (version, terms_code, credit_limit) on erp.customer to 'punchgate'@'%';
-- grant select (customer, id), insert, delete on erp.customer_hold to 'punchgate'@'%';
