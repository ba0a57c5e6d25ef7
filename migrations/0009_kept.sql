-- What is kept of a reply besides its text: the request it came from, the calls it took, and what each model used on each day.
-- works-with: 5

alter table messages add column request_id text; -- Of the send or the retry that made it, as the log and the answer name it.
alter table messages add column client_request_id text; -- What the client said in X-Request-ID.
alter table messages add column calls text; -- Of a reply: a JSON list of the calls to models that have ended, the newest four.

-- They go with the user's row: binaries that do not know them erase accounts too.
create table usage_models (
    user_id bigint not null references users (id) on delete cascade,
    day bigint not null,
    model text not null,
    replies bigint not null, -- Those that cost their unit.
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    thought_tokens bigint not null,
    primary key (user_id, day, model)
);
create index usage_models_by_day on usage_models (day, user_id);

-- Days that are too old to be shown one by one, added up.
create table usage_model_months (
    user_id bigint not null references users (id) on delete cascade,
    month bigint not null, -- UTC, since 1970.
    model text not null,
    replies bigint not null,
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    thought_tokens bigint not null,
    primary key (user_id, month, model)
);
