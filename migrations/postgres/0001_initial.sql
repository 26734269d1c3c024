-- The first schema. Both folders say the same: bigint for numbers, booleans (0, 1) and instants
-- (microseconds since the Unix epoch, UTC), text compared byte by byte, bytes. supplier_id leads every key.

create table supplier (
    supplier_id text collate "C" not null primary key,
    name text collate "C" not null,
    time_zone text collate "C" not null,
    settings text collate "C" not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);

-- Raised by every change of suppliers, connectors, relationships, credentials, secrets and mappings: with one
-- small read a gateway sees whether what it holds in memory is still true.
create table directory_version (
    directory text collate "C" not null primary key,
    version bigint not null
);

create table connector_instance (
    supplier_id text collate "C" not null,
    connector_id text collate "C" not null,
    kind text collate "C" not null,
    mode text collate "C" not null,
    settings text collate "C" not null,
    sync text collate "C" not null,
    webhook text collate "C",
    secrets bytea,
    key_id text collate "C",
    secrets_changed_at bigint,
    events text collate "C",
    enabled bigint not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (supplier_id, connector_id)
);

create table relationship (
    supplier_id text collate "C" not null,
    relationship_id text collate "C" not null,
    name text collate "C" not null,
    buyer_name text collate "C" not null,
    protocol text collate "C" not null,
    dialect text collate "C" not null,
    mode text collate "C" not null,
    enabled bigint not null,
    storefront_connector_id text collate "C",
    erp_connector_id text collate "C",
    order_sink text collate "C" not null,
    customer_external_id text collate "C",
    settings text collate "C" not null,
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (supplier_id, relationship_id)
);

-- Found without a supplier: the small reference table of who may present which identity.
create table credential (
    domain_key text collate "C" not null,
    identity_key text collate "C" not null,
    party text collate "C" not null,
    supplier_id text collate "C" not null,
    relationship_id text collate "C" not null,
    domain text collate "C" not null,
    identity text collate "C" not null,
    primary key (domain_key, identity_key, party, supplier_id, relationship_id)
);
create index credential_by_relationship on credential (supplier_id, relationship_id);

create table relationship_secret (
    supplier_id text collate "C" not null,
    relationship_id text collate "C" not null,
    slot text collate "C" not null,
    sealed bytea not null,
    key_id text collate "C" not null,
    valid_until bigint,
    created_at bigint not null,
    primary key (supplier_id, relationship_id, slot)
);

create table mapping (
    supplier_id text collate "C" not null,
    relationship_id text collate "C" not null,
    kind text collate "C" not null,
    source text collate "C" not null,
    target text collate "C" not null,
    origin text collate "C" not null,
    updated_at bigint not null,
    primary key (supplier_id, relationship_id, kind, source)
);

create table api_key (
    supplier_id text collate "C" not null,
    key_id text collate "C" not null,
    secret_hash bytea not null,
    name text collate "C" not null,
    scopes text collate "C" not null,
    created_at bigint not null,
    revoked_at bigint,
    primary key (supplier_id, key_id)
);

-- Links to one case for a buyer's people, without signing in. Only the hash of the secret part is kept.
create table evidence_link (
    supplier_id text collate "C" not null,
    link_id text collate "C" not null,
    secret_hash bytea not null,
    subject text collate "C" not null,
    subject_id text collate "C" not null,
    made_by text collate "C" not null,
    reason text collate "C" not null,
    made_at bigint not null,
    expires_at bigint not null,
    revoked_at bigint,
    primary key (supplier_id, link_id)
);
create unique index evidence_link_by_secret on evidence_link (supplier_id, secret_hash);
create index evidence_link_by_subject on evidence_link (supplier_id, subject, subject_id, made_at);

-- People who sign in to the console. A person may work for several suppliers of an installation: for which, and as what,
-- stands in operator_role. The password is an argon2id hash; there is none until the person has set one by a link.
create table operator_account (
    name text collate "C" not null primary key,
    password text collate "C",
    link_hash bytea,
    link_until bigint,
    enabled bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
create unique index operator_account_by_link on operator_account (link_hash);

create table operator_role (
    supplier_id text collate "C" not null,
    name text collate "C" not null,
    role text collate "C" not null,
    primary key (supplier_id, name)
);
create index operator_role_by_name on operator_role (name, supplier_id);

-- Who is signed in; only the hash of what the browser keeps.
create table operator_session (
    session_hash bytea not null primary key,
    name text collate "C" not null,
    opened_at bigint not null,
    seen_at bigint not null
);
create index operator_session_by_name on operator_session (name);
create index operator_session_by_seen on operator_session (seen_at);

-- How often a name or an address has tried to sign in since an instant.
create table sign_in_count (
    subject text collate "C" not null primary key,
    tries bigint not null,
    since bigint not null
);
create index sign_in_count_by_since on sign_in_count (since);

create table document (
    supplier_id text collate "C" not null,
    document_id text collate "C" not null,
    direction text collate "C" not null,
    kind text collate "C" not null,
    relationship_id text collate "C",
    mode text collate "C" not null,
    payload_id text collate "C",
    content_hash bytea,
    status text collate "C" not null,
    status_code bigint,
    status_text text collate "C",
    order_id text collate "C",
    order_number text collate "C",
    session_id text collate "C",
    buyer_cookie text collate "C",
    in_reply_to text collate "C",
    replies_to text collate "C",
    content_type text collate "C" not null,
    codec text collate "C" not null,
    raw_length bigint not null,
    body bytea not null,
    findings text collate "C",
    recorded_at bigint not null,
    primary key (supplier_id, document_id)
);
create index document_by_time on document (supplier_id, recorded_at, document_id);
create index document_by_payload on document (supplier_id, payload_id);
create index document_by_order_number on document (supplier_id, order_number);
create index document_by_cookie on document (supplier_id, buyer_cookie);
create index document_by_order on document (supplier_id, order_id);
create index document_by_session on document (supplier_id, session_id);
create index document_by_reply on document (supplier_id, replies_to);
create index document_by_relationship on document (supplier_id, relationship_id, recorded_at, document_id, direction);
create index document_by_kind on document (supplier_id, kind, recorded_at, document_id);
create index document_by_status on document (supplier_id, status, recorded_at, document_id);

create table document_part (
    supplier_id text collate "C" not null,
    document_id text collate "C" not null,
    part_number bigint not null,
    content_id text collate "C",
    content_type text collate "C" not null,
    codec text collate "C" not null,
    raw_length bigint not null,
    body bytea not null,
    primary key (supplier_id, document_id, part_number)
);

-- One row for each accepted request with a payloadID: what was said and what was answered.
create table request_key (
    supplier_id text collate "C" not null,
    relationship_id text collate "C" not null,
    mode text collate "C" not null,
    request_kind text collate "C" not null,
    payload_id text collate "C" not null,
    content_hash bytea not null,
    document_id text collate "C" not null,
    order_id text collate "C",
    answer text collate "C" not null,
    recorded_at bigint not null,
    primary key (supplier_id, payload_id, request_kind, relationship_id, mode)
);

-- Refused order requests, secrets and cards blanked; supplier_id is empty where the sender is unknown.
create table quarantine (
    supplier_id text collate "C" not null,
    quarantine_id text collate "C" not null,
    reason text collate "C" not null,
    detail text collate "C" not null,
    claimed text collate "C" not null,
    remote_address text collate "C" not null,
    kind text collate "C" not null,
    payload_id text collate "C",
    order_number text collate "C",
    buyer_cookie text collate "C",
    content_type text collate "C" not null,
    codec text collate "C" not null,
    raw_length bigint not null,
    body bytea not null,
    state text collate "C" not null,
    admitted_as text collate "C",
    decided_by text collate "C",
    decided_at bigint,
    received_at bigint not null,
    primary key (supplier_id, quarantine_id)
);
create index quarantine_by_time on quarantine (supplier_id, received_at, quarantine_id);
create index quarantine_by_state on quarantine (supplier_id, state, received_at, quarantine_id);
create index quarantine_by_cookie on quarantine (supplier_id, buyer_cookie) where buyer_cookie is not null;
create index quarantine_by_payload on quarantine (supplier_id, payload_id);
create index quarantine_by_order_number on quarantine (supplier_id, order_number);
create index quarantine_by_address on quarantine (remote_address, received_at);
create index quarantine_by_arrival on quarantine (received_at);

create table quarantine_part (
    supplier_id text collate "C" not null,
    quarantine_id text collate "C" not null,
    part_number bigint not null,
    content_id text collate "C",
    content_type text collate "C" not null,
    codec text collate "C" not null,
    raw_length bigint not null,
    body bytea not null,
    primary key (supplier_id, quarantine_id, part_number)
);

create table session (
    supplier_id text collate "C" not null,
    session_id text collate "C" not null,
    relationship_id text collate "C" not null,
    operation text collate "C" not null,
    state text collate "C" not null,
    buyer_cookie text collate "C" not null,
    return_url text collate "C",
    start_hash bytea not null,
    start_expires_at bigint not null,
    browser_hash bytea,
    return_hash bytea,
    redeemed_at bigint,
    storefront_connector_id text collate "C" not null,
    storefront_session text collate "C",
    customer_external_id text collate "C",
    setup text collate "C" not null,
    original_snapshot_id text collate "C",
    cart_snapshot_id text collate "C",
    document_id text collate "C" not null,
    message_document_id text collate "C",
    expires_at bigint not null,
    opened_at bigint not null,
    ended_at bigint,
    version bigint not null,
    primary key (supplier_id, session_id)
);
create unique index session_by_start on session (supplier_id, start_hash);
create unique index session_by_return on session (supplier_id, return_hash);
create index session_by_time on session (supplier_id, opened_at, session_id);
create index session_by_relationship on session (supplier_id, relationship_id, opened_at, session_id);
create index session_by_state on session (supplier_id, state, opened_at, session_id);
create index session_by_cookie on session (supplier_id, buyer_cookie);
create index session_by_expiry on session (supplier_id, state, expires_at);

create table cart_snapshot (
    supplier_id text collate "C" not null,
    cart_snapshot_id text collate "C" not null,
    session_id text collate "C" not null,
    relationship_id text collate "C" not null,
    purpose text collate "C" not null,
    currency text collate "C" not null,
    total_minor bigint not null,
    content text collate "C" not null,
    taken_at bigint not null,
    primary key (supplier_id, cart_snapshot_id)
);
create index cart_snapshot_by_session on cart_snapshot (supplier_id, session_id);

-- Which snapshot a returned line key came from: how a purchase order finds its cart.
create table cart_line_key (
    supplier_id text collate "C" not null,
    relationship_id text collate "C" not null,
    auxiliary_id text collate "C" not null,
    part_id text collate "C" not null,
    cart_snapshot_id text collate "C" not null,
    taken_at bigint not null,
    primary key (supplier_id, auxiliary_id, relationship_id, part_id)
);

create table credit_account (
    supplier_id text collate "C" not null,
    credit_account_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    external_id text collate "C" not null,
    currency text collate "C" not null,
    limit_kind text collate "C" not null,
    limit_minor bigint,
    exposure_minor bigint,
    exposure_as_of bigint,
    exposure_includes_orders bigint not null,
    exposure_overdue_minor bigint,
    exposure_oldest_due text collate "C",
    next_arrival bigint not null,
    version bigint not null,
    updated_at bigint not null,
    primary key (supplier_id, credit_account_id)
);
create unique index credit_account_by_external on credit_account (supplier_id, connector_id, scope, external_id);

create table customer (
    supplier_id text collate "C" not null,
    customer_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    external_id text collate "C" not null,
    code text collate "C" not null,
    name text collate "C" not null,
    active bigint not null,
    credit_account_id text collate "C" not null,
    payer_external_id text collate "C",
    head_external_id text collate "C",
    terms_code text collate "C",
    terms_label text collate "C",
    terms_net_days bigint,
    terms_prepaid bigint not null,
    erp_version text collate "C" not null,
    version bigint not null,
    updated_at bigint not null,
    primary key (supplier_id, customer_id)
);
create unique index customer_by_external on customer (supplier_id, connector_id, external_id, scope);
create index customer_by_account on customer (supplier_id, credit_account_id);
create index customer_by_time on customer (supplier_id, updated_at, customer_id);
create index customer_by_code on customer (supplier_id, code);
create index customer_by_key on customer (supplier_id, external_id);
create index customer_by_payer on customer (supplier_id, payer_external_id, connector_id, scope) where payer_external_id is not null;
create index customer_by_head on customer (supplier_id, head_external_id, connector_id, scope) where head_external_id is not null;

-- The people and places of a customer, as the ERP has them: read here, never written.
create table customer_contact (
    supplier_id text collate "C" not null,
    customer_id text collate "C" not null,
    contact_id text collate "C" not null,
    name text collate "C" not null,
    email text collate "C",
    phone text collate "C",
    roles text collate "C" not null,
    active bigint not null,
    primary key (supplier_id, customer_id, contact_id)
);

create table customer_ship_to (
    supplier_id text collate "C" not null,
    customer_id text collate "C" not null,
    ship_to_id text collate "C" not null,
    code text collate "C",
    address text collate "C" not null,
    active bigint not null,
    external_id text collate "C",
    primary key (supplier_id, customer_id, ship_to_id)
);
create index customer_ship_to_by_code on customer_ship_to (supplier_id, customer_id, code);

create table hold (
    supplier_id text collate "C" not null,
    hold_id text collate "C" not null,
    customer_id text collate "C" not null,
    external_id text collate "C" not null,
    source text collate "C" not null,
    code text collate "C" not null,
    removes bigint not null,
    removes_told bigint not null,
    text_internal text collate "C" not null,
    text_accounts_payable text collate "C" not null,
    text_shopper text collate "C" not null,
    since bigint not null,
    until bigint,
    placed_by text collate "C" not null,
    place_reason text collate "C" not null,
    released_at bigint,
    released_by text collate "C",
    release_reason text collate "C",
    push_state text collate "C" not null,
    rule_id text collate "C",
    version bigint not null,
    primary key (supplier_id, hold_id)
);
create index hold_by_customer on hold (supplier_id, customer_id, released_at);
create index hold_by_until on hold (released_at, until);

-- What a rule has done about a credit account, until the case is over: its hold may have been released by a person,
-- and then none is placed again for the same case.
create table hold_rule_case (
    supplier_id text collate "C" not null,
    credit_account_id text collate "C" not null,
    rule_id text collate "C" not null,
    hold_id text collate "C" not null,
    code text collate "C" not null,
    opened_at bigint not null,
    primary key (supplier_id, credit_account_id, rule_id)
);

create table promise_to_pay (
    supplier_id text collate "C" not null,
    promise_id text collate "C" not null,
    customer_id text collate "C" not null,
    credit_account_id text collate "C" not null,
    currency text collate "C" not null,
    amount_minor bigint not null,
    overdue_before_minor bigint,
    until text collate "C" not null,
    deadline bigint not null,
    note text collate "C" not null,
    promised_by text collate "C" not null,
    entered_by text collate "C" not null,
    given_at bigint not null,
    state text collate "C" not null,
    state_reason text collate "C",
    settled_at bigint,
    version bigint not null,
    primary key (supplier_id, promise_id)
);
create index promise_to_pay_by_account on promise_to_pay (supplier_id, credit_account_id, state);

create table hold_override (
    supplier_id text collate "C" not null,
    override_id text collate "C" not null,
    order_id text collate "C",
    customer_id text collate "C",
    until bigint,
    currency text collate "C",
    amount_minor bigint,
    reason text collate "C" not null,
    placed_by text collate "C" not null,
    placed_at bigint not null,
    revoked_at bigint,
    primary key (supplier_id, override_id)
);
create index hold_override_by_order on hold_override (supplier_id, order_id);
create index hold_override_by_customer on hold_override (supplier_id, customer_id);

-- Who changed what, when, from what, to what, why.
create table change_history (
    supplier_id text collate "C" not null,
    change_id text collate "C" not null,
    subject text collate "C" not null,
    subject_id text collate "C" not null,
    field text collate "C" not null,
    from_value text collate "C",
    to_value text collate "C",
    who text collate "C" not null,
    why text collate "C" not null,
    changed_at bigint not null,
    primary key (supplier_id, change_id)
);
create index change_history_by_subject on change_history (supplier_id, subject, subject_id, changed_at);

-- The values last agreed with the ERP: the base of the three-way merge.
create table account_shadow (
    supplier_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    external_id text collate "C" not null,
    erp_version text collate "C" not null,
    fields text collate "C" not null,
    seen_at bigint not null,
    primary key (supplier_id, connector_id, scope, external_id)
);

-- What was asked for here and is not in the ERP yet, field by field; the newest request of a field counts.
create table account_change (
    supplier_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    external_id text collate "C" not null,
    field text collate "C" not null,
    revision bigint not null,
    value_json text collate "C" not null,
    state text collate "C" not null,
    detail text collate "C",
    sent text collate "C",
    requested_by text collate "C" not null,
    why text collate "C" not null,
    requested_at bigint not null,
    updated_at bigint not null,
    primary key (supplier_id, connector_id, scope, external_id, field)
);
create index account_change_by_state on account_change (supplier_id, state, requested_at);

create table sync_cursor (
    supplier_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    feed text collate "C" not null,
    cursor_value text collate "C",
    started_at bigint,
    finished_at bigint,
    failed_at bigint,
    last_error text collate "C",
    rows_applied bigint not null,
    primary key (supplier_id, connector_id, scope, feed)
);

-- What a person should look at, each once until it is seen to. matter is 'hold-code': a code that nobody has explained.
create table sync_attention (
    supplier_id text collate "C" not null,
    connector_id text collate "C" not null,
    matter text collate "C" not null,
    name text collate "C" not null,
    attention_id text collate "C" not null,
    scope text collate "C" not null,
    external_id text collate "C" not null,
    noted_at bigint not null,
    primary key (supplier_id, connector_id, matter, name)
);

-- What a sink told of orders that nobody here knows yet: the sink was quicker than its own answer.
create table waiting_document (
    supplier_id text collate "C" not null,
    connector_id text collate "C" not null,
    sink_order_id text collate "C" not null,
    document_id text collate "C" not null,
    effect text collate "C" not null,
    detail text collate "C" not null,
    recorded_at bigint not null,
    primary key (supplier_id, connector_id, sink_order_id, document_id)
);
create index waiting_document_by_time on waiting_document (supplier_id, connector_id, recorded_at);

-- What ERPs have issued, as they last told it: one that comes again with other content takes its own place.
create table erp_document (
    supplier_id text collate "C" not null,
    erp_document_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    document_id text collate "C" not null,
    kind text collate "C" not null,
    number text collate "C",
    purchase_order_number text collate "C",
    customer_external_id text collate "C" not null,
    issued_at bigint not null,
    currency text collate "C",
    total text collate "C",
    content text collate "C" not null,
    first_seen_at bigint not null,
    updated_at bigint not null,
    primary key (supplier_id, erp_document_id)
);
create unique index erp_document_by_document on erp_document (supplier_id, connector_id, scope, document_id);
create index erp_document_by_time on erp_document (supplier_id, issued_at, erp_document_id);
create index erp_document_by_kind on erp_document (supplier_id, kind, issued_at, erp_document_id);
create index erp_document_by_customer on erp_document (supplier_id, customer_external_id, issued_at, erp_document_id);
create index erp_document_by_number on erp_document (supplier_id, number);
create index erp_document_by_purchase_order on erp_document (supplier_id, connector_id, purchase_order_number);

-- The orders that a document is about, by the keys that it calls them; order_id where the order is known here.
create table erp_document_order (
    supplier_id text collate "C" not null,
    erp_document_id text collate "C" not null,
    place bigint not null,
    connector_id text collate "C" not null,
    reference text collate "C",
    sink_order_id text collate "C",
    order_id text collate "C",
    primary key (supplier_id, erp_document_id, place)
);
create index erp_document_order_by_order on erp_document_order (supplier_id, order_id);
create index erp_document_order_by_sink on erp_document_order (supplier_id, connector_id, sink_order_id)
    where order_id is null;

-- The invoices that a payment or a credit memo names: an index over its content.
create table erp_document_settles (
    supplier_id text collate "C" not null,
    erp_document_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    invoice_document_id text collate "C" not null,
    primary key (supplier_id, erp_document_id, invoice_document_id)
);
create index erp_document_settles_by_invoice on erp_document_settles (supplier_id, invoice_document_id);

create table sync_conflict (
    supplier_id text collate "C" not null,
    conflict_id text collate "C" not null,
    connector_id text collate "C" not null,
    scope text collate "C" not null,
    external_id text collate "C" not null,
    field text collate "C" not null,
    base_value text collate "C",
    local_value text collate "C",
    remote_value text collate "C",
    winner text collate "C" not null,
    state text collate "C" not null,
    noted_at bigint not null,
    resolved_at bigint,
    resolved_by text collate "C",
    primary key (supplier_id, conflict_id)
);
create index sync_conflict_by_time on sync_conflict (supplier_id, noted_at, conflict_id);
create index sync_conflict_by_state on sync_conflict (supplier_id, state, noted_at, conflict_id);

create table purchase_order (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    relationship_id text collate "C" not null,
    mode text collate "C" not null,
    buyer_system text collate "C" not null,
    order_number text collate "C" not null,
    version bigint not null,
    state text collate "C" not null,
    state_reason text collate "C",
    customer_id text collate "C",
    ship_to_customer_ids text collate "C",
    credit_account_id text collate "C",
    arrival bigint not null,
    currency text collate "C" not null,
    total_text text collate "C" not null,
    total_minor bigint not null,
    reserved_minor bigint not null,
    drawn_override_id text collate "C",
    drawn_minor bigint not null,
    tender text collate "C" not null,
    content_hash bytea not null,
    document_id text collate "C" not null,
    payload_id text collate "C" not null,
    session_id text collate "C",
    cart_snapshot_id text collate "C",
    sink text collate "C" not null,
    sink_connector_id text collate "C",
    sink_order_id text collate "C",
    sink_created_at bigint,
    erp_created_at bigint,
    reserves_charges bigint not null,
    billed_minor bigint not null,
    billed_at bigint,
    requested_on text collate "C",
    decision text collate "C",
    commitment text collate "C",
    confirmation text collate "C" not null,
    received_at bigint not null,
    decided_at bigint,
    confirmed_at bigint,
    updated_at bigint not null,
    row_version bigint not null,
    primary key (supplier_id, order_id)
);
create unique index purchase_order_by_number
    on purchase_order (supplier_id, relationship_id, mode, buyer_system, order_number);
create index purchase_order_by_text on purchase_order (supplier_id, order_number);
create index purchase_order_by_time on purchase_order (supplier_id, received_at, order_id);
create index purchase_order_by_state on purchase_order (supplier_id, state, received_at, order_id);
create index purchase_order_by_relationship on purchase_order (supplier_id, relationship_id, received_at, order_id);
create index purchase_order_by_customer on purchase_order (supplier_id, customer_id, received_at, order_id);
create index purchase_order_by_payload on purchase_order (supplier_id, payload_id);
create index purchase_order_by_account on purchase_order (supplier_id, credit_account_id, state, arrival);
create index purchase_order_copy on purchase_order (supplier_id, relationship_id, updated_at, order_id)
    where mode = 'shadow';
create index purchase_order_reserving
    on purchase_order (supplier_id, credit_account_id, erp_created_at, state, reserved_minor)
    where reserved_minor <> 0;
create index purchase_order_billed on purchase_order (supplier_id, credit_account_id, billed_at)
    where billed_minor <> 0;
create index purchase_order_by_override on purchase_order (supplier_id, drawn_override_id)
    where drawn_override_id is not null;
-- What people have entered by hand, under which number.
create unique index purchase_order_entered on purchase_order (supplier_id, sink_order_id)
    where sink_connector_id is null and sink_order_id is not null;
create index purchase_order_by_sink on purchase_order (supplier_id, sink_order_id, sink_connector_id);

-- What the copies of a day came to in a relationship in shadow.
create table shadow_report (
    supplier_id text collate "C" not null,
    relationship_id text collate "C" not null,
    day text collate "C" not null,
    content text collate "C" not null,
    made_at bigint not null,
    primary key (supplier_id, relationship_id, day)
);

-- The customers in purchase_order.ship_to_customer_ids, of the orders that may be decided again: an index over a list.
create table order_ship_to (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    customer_id text collate "C" not null,
    primary key (supplier_id, order_id, customer_id)
);
create index order_ship_to_by_customer on order_ship_to (supplier_id, customer_id, order_id);

-- Orders that a shop has taken: what it last said of each, and when it is asked next; never, once it has come to its end.
create table shop_order (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    connector_id text collate "C" not null,
    sink_order_id text collate "C" not null,
    said text collate "C",
    changed_at bigint not null,
    asked_at bigint,
    due_at bigint,
    primary key (supplier_id, order_id)
);
create index shop_order_due on shop_order (supplier_id, connector_id, due_at) where due_at is not null;
create index shop_order_changed on shop_order (supplier_id, connector_id, changed_at) where due_at is not null;

-- What was asked of the sink: one row a reference. A new one is made after a rejection and for another version.
create table order_submission (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    attempt bigint not null,
    version bigint not null,
    reference text collate "C" not null,
    asked_at bigint not null,
    outcome text collate "C" not null,
    changed_at bigint,
    primary key (supplier_id, order_id, attempt)
);

-- A change that a person has carried over to the sink, while it is on its way; its end is in the order's history.
create table order_change (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    version bigint not null,
    tender text collate "C" not null,
    credit_account_id text collate "C",
    reserved_minor bigint not null,
    drawn_minor bigint not null,
    asked_by text collate "C" not null,
    asked_at bigint not null,
    sent_at bigint,
    commitment text collate "C",
    primary key (supplier_id, order_id)
);
create index order_change_reserving on order_change (supplier_id, credit_account_id);

-- What ERP or shop answered for the lines of an order that no cart covers, by their place in this version of it.
create table contract_price (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    version bigint not null,
    place bigint not null,
    answer text collate "C" not null,
    unit text collate "C",
    price text collate "C",
    currency text collate "C",
    price_basis text collate "C",
    message text collate "C",
    connector_id text collate "C",
    asked_at bigint not null,
    primary key (supplier_id, order_id, version, place)
);

-- Cards that a person has charged or had authorised; the newest of an order counts.
create table order_funds (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    seq bigint not null,
    kind text collate "C" not null,
    currency text collate "C" not null,
    amount_minor bigint not null,
    reference text collate "C" not null,
    recorded_by text collate "C" not null,
    recorded_at bigint not null,
    primary key (supplier_id, order_id, seq)
);

create table order_version (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    version bigint not null,
    operation text collate "C" not null,
    document_id text collate "C" not null,
    total_minor bigint not null,
    recorded_at bigint not null,
    primary key (supplier_id, order_id, version)
);

create table order_event (
    supplier_id text collate "C" not null,
    order_id text collate "C" not null,
    seq bigint not null,
    from_state text collate "C",
    to_state text collate "C" not null,
    cause text collate "C" not null,
    actor text collate "C" not null,
    detail text collate "C",
    figures text collate "C",
    basis text collate "C",
    happened_at bigint not null,
    primary key (supplier_id, order_id, seq)
);

create table outbox (
    supplier_id text collate "C" not null,
    stream text collate "C" not null,
    seq bigint not null,
    kind text collate "C" not null,
    payload_version bigint not null,
    payload text collate "C" not null,
    state text collate "C" not null,
    attempts bigint not null,
    not_before bigint not null,
    lease_until bigint,
    fence bigint not null,
    last_error text collate "C",
    created_at bigint not null,
    revived_at bigint,
    finished_at bigint,
    connector_id text collate "C",
    relationship_id text collate "C",
    primary key (supplier_id, stream, seq)
);
create index outbox_due on outbox (supplier_id, not_before, stream) where finished_at is null;
create index outbox_open on outbox (supplier_id, stream, seq) where finished_at is null;
create index outbox_by_time on outbox (supplier_id, created_at);
create index outbox_dead on outbox (supplier_id, created_at) where state = 'dead';
create index outbox_skipped on outbox (supplier_id, created_at) where state = 'skipped';
create index outbox_by_kind on outbox (supplier_id, kind, created_at);
create index outbox_by_connector on outbox (supplier_id, connector_id, created_at) where connector_id is not null;
create index outbox_by_relationship on outbox (supplier_id, relationship_id, created_at) where relationship_id is not null;

create table delivery_attempt (
    supplier_id text collate "C" not null,
    stream text collate "C" not null,
    seq bigint not null,
    attempt bigint not null,
    outcome text collate "C" not null,
    status_code bigint,
    detail text collate "C" not null,
    started_at bigint not null,
    finished_at bigint not null,
    primary key (supplier_id, stream, seq, attempt)
);

-- Feeds that somebody has hinted at. Hints are counted, not kept: wanted is beyond begun while one waits for a reading
-- that has not begun, and beyond served until one that began after it has ended well.
create table feed_hint (
    supplier_id text collate "C" not null,
    connector_id text collate "C" not null,
    feed text collate "C" not null,
    wanted bigint not null,
    begun bigint not null,
    served bigint not null,
    hinted_at bigint not null,
    primary key (supplier_id, connector_id, feed)
);

-- What people are told of, as long as it goes on and until its end is told; supplier_id is empty for what concerns the
-- installation. raised_at is empty while it has not lasted for long enough to be told.
create table alert (
    supplier_id text collate "C" not null,
    code text collate "C" not null,
    subject text collate "C" not null,
    alert_id text collate "C" not null,
    detail text collate "C" not null,
    path text collate "C" not null,
    began_at bigint not null,
    raised_at bigint,
    ended_at bigint,
    primary key (supplier_id, code, subject)
);

-- Who was told of which of them, and when last.
create table alert_told (
    supplier_id text collate "C" not null,
    recipient text collate "C" not null,
    code text collate "C" not null,
    subject text collate "C" not null,
    told_at bigint not null,
    primary key (supplier_id, recipient, code, subject)
);

-- When recipients of alerts were last written to.
create table alert_recipient (
    supplier_id text collate "C" not null,
    recipient text collate "C" not null,
    written_at bigint not null,
    primary key (supplier_id, recipient)
);

-- Work of which one gateway at a time may be the one: sync runs, expiry sweeps.
create table work_lease (
    name text collate "C" not null primary key,
    holder text collate "C" not null,
    lease_until bigint not null,
    fence bigint not null
);

-- When this database became an older copy of itself, by which backup: what the systems around it have seen since is
-- asked for before anything is sent.
create table restoration (
    restored_at bigint not null primary key,
    taken_at bigint not null,
    restored_by text collate "C" not null,
    reason text collate "C" not null
);
