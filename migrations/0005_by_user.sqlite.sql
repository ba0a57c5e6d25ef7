-- Everything of a user is found by the user's id first, as on PostgreSQL, where the tables can be spread over servers by it.
-- works-with: 1
-- An id stays the rowid, so that none is handed out twice, and what is unique by a message's id alone stays so in messages and jobs: in one
-- file that is as good, and to change it would copy all messages.

drop index messages_in_order;
create index messages_in_order on messages (user_id, room_id, coalesce(reply_to, id), id);

drop table reply_parts; -- They outlive no process.
create table reply_parts (
    reply_id bigint not null,
    attempt bigint not null,
    number bigint not null, -- From 0 on; the last one of an attempt may still be replaced by a longer one.
    user_id bigint not null,
    model text not null,
    text_from bigint not null, -- Bytes of the attempt's text that stand before it.
    text_end bigint not null,
    thoughts_from bigint not null,
    thoughts_end bigint not null,
    citations_version bigint not null,
    text text not null,
    thoughts text not null,
    citations text not null, -- All of them, when they changed; else empty.
    primary key (user_id, reply_id, attempt, number)
);

alter table ended_sessions rename to old_ended_sessions;
create table ended_sessions (
    session_id bigint not null,
    user_id bigint not null,
    ended_at bigint not null,
    primary key (user_id, session_id)
);
insert into ended_sessions (session_id, user_id, ended_at) select session_id, user_id, ended_at from old_ended_sessions;
drop table old_ended_sessions;
-- Older binaries name (session_id) in an ON CONFLICT: for them the index stays, until a migration that does not work with them.
create unique index ended_sessions_once on ended_sessions (session_id);

alter table reset_tokens rename to old_reset_tokens;
create table reset_tokens (
    token_hash text not null,
    user_id bigint not null references users (id) on delete cascade,
    expires_at bigint not null,
    primary key (user_id, token_hash)
);
insert into reset_tokens (token_hash, user_id, expires_at) select token_hash, user_id, expires_at from old_reset_tokens;
drop table old_reset_tokens;

-- What looks at all users: by age, or by whose turn it is.
drop index jobs_ready;
create index jobs_ready on jobs (ready_at, id, user_id) where state = 'ready';
drop index jobs_running;
create index jobs_running on jobs (lease_until, user_id) where state = 'running';
drop index jobs_due;
create index jobs_due on jobs (due_at, user_id) where state = 'waiting' and due_at is not null;
drop index sessions_created;
create index sessions_created on sessions (created_at, user_id);
create index ended_sessions_time on ended_sessions (ended_at, user_id);
create index reset_tokens_time on reset_tokens (expires_at, user_id);
drop index idempotency_keys_by_age;
create index idempotency_keys_by_age on idempotency_keys (created_at, user_id);
drop index users_unverified;
create index users_unverified on users (date_joined, id) where is_verified = 0;
