-- Plans as they are shown and sold, who is entitled to which, and what was changed by whom.
-- works-with: 5
-- (Older binaries read and write users.tier as before. A plan that one of them seeds has no title, and gets one at this version's next start.)

alter table plans add column title text not null default '';
alter table plans add column rank bigint not null default 1; -- The plan of the highest rank that a user is entitled to is the user's.
alter table plans add column description text not null default '[]'; -- A JSON array of lines.
alter table plans add column is_public smallint not null default 1; -- Shown to everybody, and sold.
alter table plans add column is_archived smallint not null default 0; -- Whoever has it keeps it; nobody gets it any more.

update plans set title = name;
update plans set title = 'Basic', rank = 0, description = '["For trying things out."]' where name = 'basic';
update plans set title = 'Pro', rank = 1, description = '["For every day: many more messages."]' where name = 'pro';
update plans set is_public = 0 where name not in ('basic', 'pro'); -- Those that an operator made are for those who have them.

-- Which prices of the payment provider buy which plan. A retired one is not sold any more, and goes on to entitle.
create table plan_prices (
    mode text not null, -- demo, test, live
    account text not null,
    price_id text not null,
    plan text not null,
    state text not null, -- sold, retired
    primary key (mode, account, price_id)
);

-- Which payments count now: of one mode and account. One row, or none as long as nothing is sold.
create table payments_in_force (
    only_one smallint primary key, -- 1.
    mode text not null,
    account text not null
);

alter table users add column tier_until bigint; -- When time alone may change the tier.
create index users_with_tier on users (id) where (tier <> 'basic' or tier_until is not null);

-- What users were granted: one row a plan. These, like all below, go with the user's row, since older binaries erase accounts too.
create table grants (
    user_id bigint not null references users (id) on delete cascade,
    plan text not null,
    until bigint, -- Null: without end.
    granted_by text not null, -- operator, migration, or user:ID of an admin.
    reason text not null,
    created_at bigint not null,
    primary key (user_id, plan)
);

-- What users have paid for, as the payment provider says: a row as long as it entitles to something.
create table entitlements (
    user_id bigint not null references users (id) on delete cascade,
    mode text not null,
    account text not null,
    reference text not null, -- The provider's id of it, such as a subscription's.
    plan text not null,
    until bigint, -- Null: no end is known.
    status text not null, -- The provider's word, for people.
    primary key (user_id, mode, reference)
);

-- Who changed what: ids and words of ours, no numbers, no names. It stays when users go.
create table audit (
    at bigint not null,
    actor text not null, -- operator, time, stripe, migration, or user:ID.
    action text not null, -- grant, revoke, tier, plan ...
    user_id bigint not null, -- Whom it is about; 0: nobody.
    detail text not null
);
create index audit_by_user on audit (user_id, at);
create index audit_by_age on audit (at, user_id);

-- Plans that were given by hand before there were grants stay.
insert into grants (user_id, plan, until, granted_by, reason, created_at)
    select u.id, u.tier, null, 'migration', 'had it before there were grants', now_us()
    from users u join plans p on p.name = u.tier where u.tier <> 'basic';
insert into audit (at, actor, action, user_id, detail)
    select now_us(), 'migration', 'grant', user_id, plan || ' without end' from grants;
