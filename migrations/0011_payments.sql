-- Payments: who is which customer at the payment provider, what is under way there, what was bought, and what the provider told.
-- works-with: 5

-- Made at the first start: what this installation writes on everything that it makes at the provider.
create table installation (
    only_one smallint primary key, -- 1.
    id text not null
);

-- All below of users goes with the user's row, since older binaries erase accounts too.
create table payment_customers (
    user_id bigint not null references users (id) on delete cascade,
    mode text not null, -- demo, test, live
    account text not null,
    customer_id text not null,
    fetches_begun bigint not null default 0, -- Each fetch of the customer's subscriptions has a number.
    fetch_written bigint not null default 0, -- The number of the newest one whose outcome stands in `subscriptions`.
    to_walk smallint not null default 0, -- 1: the walk that is under way will fetch it.
    created_at bigint not null,
    primary key (user_id, mode, account)
);
create index payment_customers_by_id on payment_customers (customer_id, user_id);
create index payment_customers_to_walk on payment_customers (user_id) where to_walk = 1;

-- A change at the provider that was begun and whose end is not known: repeated with the same number and the same parameters.
create table payment_operations (
    user_id bigint not null references users (id) on delete cascade,
    kind text not null, -- customer, checkout
    mode text not null,
    account text not null,
    operation text not null, -- Random: the provider's idempotency key.
    parameters text not null, -- The body, byte by byte.
    subject text not null, -- What else is to be known when it ends, such as the price.
    created_at bigint not null,
    primary key (user_id, kind, mode, account)
);

-- The one checkout session of a user that may be open.
create table checkouts (
    user_id bigint not null references users (id) on delete cascade,
    mode text not null,
    account text not null,
    session_id text not null,
    price text not null,
    created_at bigint not null,
    primary key (user_id, mode, account)
);

-- As the provider said it last; of every state, for the user to see.
create table subscriptions (
    user_id bigint not null references users (id) on delete cascade,
    mode text not null,
    account text not null,
    subscription_id text not null,
    status text not null, -- The provider's word.
    price text not null,
    plan text not null, -- Empty: no plan names the price.
    period_end bigint,
    cancels_at bigint,
    grace_until bigint,
    unpaid_since bigint, -- Since when it has been past_due.
    alert text not null default '', -- What an operator must see of it; empty: nothing.
    created_at bigint, -- At the provider.
    primary key (user_id, mode, subscription_id)
);
create index subscriptions_with_alert on subscriptions (alert, user_id) where alert <> '';

-- What the provider told, once each; for 30 days.
create table payment_events (
    event_id text primary key,
    mode text not null, -- Empty, like the account, when it was of others than those in force.
    account text not null,
    type text not null,
    state text not null, -- received, ignored
    created_at bigint, -- At the provider.
    received_at bigint not null
);
create index payment_events_by_age on payment_events (received_at);

-- The body of those that are about somebody of ours, for as long.
create table payment_event_bodies (
    user_id bigint not null references users (id) on delete cascade,
    event_id text not null,
    body text not null, -- Sealed.
    received_at bigint not null,
    primary key (user_id, event_id)
);
create index payment_event_bodies_by_age on payment_event_bodies (received_at, user_id);

-- The walk that repairs what lost events left behind: how far all of them have got, and where the one that is under way is.
create table payment_walks (
    mode text not null,
    account text not null,
    seen_until bigint not null default 0, -- All that happened at the provider until then was seen to; 0: there was no walk yet.
    asked smallint not null default 0, -- By an operator, for the walk after this one: 1 events, 2 everything.
    phase text not null default 'idle', -- events, subscriptions, rows, customers
    position text not null default '', -- Where the phase goes on.
    reaches_from bigint not null default 0,
    reaches_until bigint not null default 0,
    holder text not null default '', -- Who walks, until when.
    held_until bigint not null default 0,
    events bigint not null default 0, -- Of this walk, or the last one.
    customers bigint not null default 0,
    changed bigint not null default 0,
    calls bigint not null default 0,
    begun_at bigint not null default 0,
    ended_at bigint not null default 0,
    endpoint text not null default '', -- What became of the webhook endpoint, as the last walk saw it: enabled, disabled, missing.
    primary key (mode, account)
);

-- Which account a key of the provider belongs to, so that it is asked once. Keys are kept as a MAC.
create table payment_keys (
    key_mac text primary key,
    account text not null
);

-- Whose number bought something by an account that is deleted: a trial is for who never bought. For a year, under the MAC of the number.
create table gone_buyers (
    number_key text not null,
    mode text not null,
    account text not null,
    gone_at bigint not null,
    primary key (number_key, mode, account)
);
create index gone_buyers_by_age on gone_buyers (gone_at);

-- The account that such a number has now.
create table past_buyers (
    user_id bigint not null references users (id) on delete cascade,
    mode text not null,
    account text not null,
    primary key (user_id, mode, account)
);

-- Prices are offered in this order; those of the settings stand before 1000. What the provider says of each, as it was looked at last:
-- without a currency it is not known, or cannot be bought.
alter table plan_prices add column position bigint not null default 1000;
alter table plan_prices add column currency text not null default '';
alter table plan_prices add column amount_minor bigint not null default 0;
alter table plan_prices add column period text not null default ''; -- day, week, month, year
alter table plan_prices add column period_count bigint not null default 1;
