-- Everything of a user is found by the user's id first, so that the tables can be spread over servers by it: a key that several
-- servers hold together must name what they are divided by. Whole indexes are rebuilt under locks: on a large database that takes minutes.
-- works-with: 1
-- (Older binaries look for rows by their id alone, which is slow in large tables, and their readers on other nodes see a reply when it is
-- finished, since its parts are refused to them. So let them run beside this for the minutes of a change, not for days.)

alter table messages drop constraint messages_room_id_fkey;
alter table rooms drop constraint rooms_pkey, add primary key (user_id, id);
alter table messages
    drop constraint messages_pkey, add primary key (user_id, id),
    drop constraint messages_one_variant, add constraint messages_one_variant unique (user_id, reply_to, variant),
    add foreign key (user_id, room_id) references rooms (user_id, id);
drop index messages_in_order;
create index messages_in_order on messages (user_id, room_id, coalesce(reply_to, id), id);

drop index jobs_of_user; -- The new key is the same.
alter table jobs
    drop constraint jobs_pkey, add primary key (user_id, id),
    drop constraint jobs_message_id_key, add unique (user_id, message_id);

alter table reply_parts drop constraint reply_parts_pkey, add primary key (user_id, reply_id, attempt, number);

drop index sessions_user;
alter table sessions drop constraint sessions_pkey, add primary key (user_id, id);

-- Older binaries name (session_id) in an ON CONFLICT: for them the index stays, until a migration that does not work with them.
alter table ended_sessions drop constraint ended_sessions_pkey, add primary key (user_id, session_id);
create unique index ended_sessions_once on ended_sessions (session_id) include (user_id);

drop index reset_tokens_user;
alter table reset_tokens drop constraint reset_tokens_pkey, add primary key (user_id, token_hash);

-- What looks at all users: by age, or by whose turn it is.
drop index jobs_ready;
create index jobs_ready on jobs (ready_at, id, user_id) where state = 'ready';
drop index jobs_running;
create index jobs_running on jobs (lease_until, user_id) where state = 'running';
drop index jobs_due;
create index jobs_due on jobs (due_at, user_id) where state = 'waiting' and due_at is not null;
drop index sessions_created;
create index sessions_created on sessions (created_at, user_id);
drop index ended_sessions_time;
create index ended_sessions_time on ended_sessions (ended_at, user_id);
drop index reset_tokens_time;
create index reset_tokens_time on reset_tokens (expires_at, user_id);
drop index idempotency_keys_by_age;
create index idempotency_keys_by_age on idempotency_keys (created_at, user_id);
drop index users_unverified;
create index users_unverified on users (date_joined, id) where is_verified = 0;
