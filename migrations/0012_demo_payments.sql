-- Debug's stand-in for the payment provider: what would lie there. It belongs to nobody here, as what lies at the provider does.
-- works-with: 5

-- Changes that were asked for with a key: the same question gets the same answer for a day.
create table demo_answers (
    operation text primary key,
    question text not null, -- Method, path and parameters.
    status bigint not null,
    body text not null, -- JSON.
    created_at bigint not null
);

create table demo_customers (
    customer_id text primary key,
    installation text not null, -- As it was written there by who made it, like the next one.
    for_user text not null,
    created_at bigint not null
);

-- A page on which a plan is bought; for a month.
create table demo_sessions (
    session_id text primary key, -- Unguessable: whoever has it may pay.
    customer_id text not null,
    price text not null,
    installation text not null,
    for_user text not null,
    success_url text not null,
    cancel_url text not null,
    trial_days bigint,
    status text not null, -- open, complete, expired
    subscription_id text not null, -- Empty until it is complete.
    paid_at bigint, -- When the money came, or will come.
    created_at bigint not null,
    expires_at bigint not null
);

-- What follows from the time (paid, renewed, ended) is not written: it is seen by comparing these with the clock.
create table demo_subscriptions (
    subscription_id text primary key,
    customer_id text not null,
    session_id text not null,
    price text not null,
    installation text not null,
    for_user text not null,
    created_at bigint not null,
    paid_at bigint not null, -- When the first money came, or will come.
    trial_end bigint,
    anchor_at bigint not null, -- Periods are counted from here.
    cancel_at bigint,
    cancels_at_period_end smallint not null,
    ended_at bigint -- Ended at once, by a call.
);
create index demo_subscriptions_by_customer on demo_subscriptions (customer_id);

-- A page on which a customer changes what was bought; for a day.
create table demo_portals (
    portal_id text primary key, -- Unguessable, as above.
    customer_id text not null,
    return_url text not null,
    created_at bigint not null
);
