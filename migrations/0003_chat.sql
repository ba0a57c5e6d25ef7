-- Rooms, their messages, the jobs that write replies, and the idempotency keys of sends.
-- works-with: 1

create table rooms (
    id {{identity}},
    user_id bigint not null references users (id),
    name text not null,
    is_named smallint not null, -- By the user or after the first message; an unnamed room takes its name from the next message.
    model text,
    system_prompt text not null,
    pinned smallint not null,
    created_at bigint not null,
    updated_at bigint not null, -- Of the last message or reply.
    last_text text, -- Cut to 120 characters.
    last_role text,
    last_at bigint,
    last_question_id bigint, -- The newest question and its first reply: what the next message follows.
    last_reply_id bigint
);

create index rooms_by_activity on rooms (user_id, pinned, updated_at, id);

create table messages (
    id {{identity}},
    room_id bigint not null references rooms (id),
    user_id bigint not null,
    role text not null, -- user, assistant
    status text not null, -- completed, queued, streaming, stopped, failed
    content text not null,
    thoughts text not null default '',
    citations text not null default '[]',
    reply_to bigint, -- The question; null for a question.
    parent_id bigint, -- What it follows: a reply its question, a question the reply before it.
    variant bigint not null default 1,
    variants bigint not null default 1, -- How many its question has; the same in all of them.
    is_shown smallint not null default 1, -- 1 for the one variant that the room's list and the context hold.
    model text,
    finish_reason text, -- stop, length, blocked
    error_code text,
    error_detail text,
    prompt_tokens bigint,
    completion_tokens bigint,
    thought_tokens bigint,
    provider_state text not null default '',
    attempt bigint not null default 0, -- Every write of a reply names the attempt it belongs to; readers see it as the stream's epoch.
    day bigint, -- The day whose quota the reply's unit was taken from.
    created_at bigint not null,
    completed_at bigint,
    constraint messages_one_variant unique (reply_to, variant)
);

-- The order of a room: each question, then its replies.
create index messages_in_order on messages (room_id, coalesce(reply_to, id), id);

-- A row a reply that is not finished; it is deleted in the transaction that finishes the reply.
create table jobs (
    id {{identity}},
    kind text not null, -- reply
    user_id bigint not null,
    room_id bigint not null,
    message_id bigint not null unique,
    state text not null, -- waiting, ready, running
    ready_at bigint, -- Since when it could run.
    due_at bigint, -- A job that was put back must not run before.
    lease_owner text,
    lease_until bigint,
    attempt bigint not null default 0,
    calls bigint not null default 0, -- Calls upstream that were begun, less those that ended with their process.
    lost bigint not null default 0, -- Leases that ended without a word.
    first_started_at bigint,
    stop_requested smallint not null default 0,
    created_at bigint not null
);

create index jobs_of_user on jobs (user_id, id);
create index jobs_ready on jobs (ready_at, id) where state = 'ready';
create index jobs_running on jobs (lease_until) where state = 'running';
create index jobs_due on jobs (due_at) where state = 'waiting' and due_at is not null;

create table idempotency_keys (
    user_id bigint not null,
    key text not null,
    request_hash text not null,
    first_id bigint not null, -- What the request made: a room, a question or a reply.
    second_id bigint, -- The reply to the question.
    created_at bigint not null,
    primary key (user_id, key)
);

create index idempotency_keys_by_age on idempotency_keys (created_at);
