-- Background work that is not a reply: it is asked for in the transaction of what causes it, and done at least once.
-- works-with: 5

create table tasks (
    id {{identity}},
    user_id bigint not null, -- 0: nobody's.
    kind text not null,
    subject text not null, -- What of its kind it is about, e.g. a room's id; of one user's only one such task is open at a time.
    payload text not null, -- What else it must know; sealed where that is secret.
    state text not null, -- ready, running, dead
    again smallint not null default 0, -- Asked for while it ran: at its end it becomes ready instead of being deleted.
    due_at bigint not null, -- While it runs and `again` is 1: when it is due then.
    attempts bigint not null default 0, -- Claims so far: every write of a run names its number.
    failures bigint not null default 0, -- Those that failed or ended without a word.
    lease_owner text,
    lease_until bigint,
    last_error text, -- In our words.
    created_at bigint not null,
    died_at bigint
);

create unique index tasks_open on tasks (user_id, kind, subject) where state <> 'dead';
create index tasks_ready on tasks (kind, due_at, id, user_id) where state = 'ready';
create index tasks_running on tasks (lease_until, user_id) where state = 'running';
create index tasks_dead on tasks (died_at, user_id) where state = 'dead';

-- Work that comes again and again: up to when each kind of it has been asked for.
create table task_periods (
    kind text primary key,
    done_until bigint not null
);

-- What stays of a deleted account for the rest of its day, under the MAC of its number: so a new account does not begin the day again.
create table gone_numbers (
    number_key text primary key,
    day bigint not null,
    used bigint not null
);
create index gone_numbers_by_day on gone_numbers (day);

-- Days of use that are too old to be shown one by one, added up.
create table usage_months (
    user_id bigint not null,
    month bigint not null, -- UTC, since 1970.
    used bigint not null,
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    thought_tokens bigint not null,
    primary key (user_id, month)
);
create index usage_days_by_day on usage_days (day, user_id);

alter table tasks drop constraint tasks_pkey, add primary key (user_id, id);

-- A deleted room goes to nobody (user 0) at once, and its messages follow in pieces: meanwhile they name a room that is not their user's.
alter table messages drop constraint messages_user_id_room_id_fkey;
