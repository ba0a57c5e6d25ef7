-- Plans, and what each user has used of theirs on each day (UTC, days since 1970).
-- works-with: 1

create table plans (
    name text primary key, -- What users.tier names.
    messages_per_day bigint not null,
    requests_per_minute bigint not null,
    models text not null, -- A JSON array of model ids, or '*'.
    context_tokens bigint not null,
    message_characters_max bigint not null,
    replies_at_once bigint not null
);

create table usage_days (
    user_id bigint not null,
    day bigint not null,
    used bigint not null, -- Units taken and not given back; one unit is one reply.
    prompt_tokens bigint not null default 0,
    completion_tokens bigint not null default 0,
    thought_tokens bigint not null default 0,
    primary key (user_id, day)
);
