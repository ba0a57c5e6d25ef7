-- works-with: 1
-- What the accounts room keeps. Times are microseconds UTC, booleans are 0 and 1.

create table users (
    id {{identity}},
    mobile text not null unique, -- E.164.
    name text,
    email text,
    password_hash text,         -- Counts for a login.
    pending_password_hash text, -- Of a sign-up: counts for nothing until it is given together with a right code.
    tier text not null default 'basic',
    is_verified smallint not null default 0,
    is_admin smallint not null default 0,
    custom_instructions text not null default '',
    rooms_version bigint not null default 0, -- Raised by every write that changes the user's list of rooms.
    date_joined bigint not null
);
create index users_unverified on users (date_joined) where is_verified = 0;

-- A session is one login on one device. Its refresh token is made from its seed, its counter and a key that is not in the database.
create table sessions (
    id {{identity}},
    user_id bigint not null references users (id) on delete cascade,
    seed text not null,
    counter bigint not null,   -- The number in the newest refresh token.
    created_at bigint not null,
    rotated_at bigint not null, -- When the counter last rose.
    ended_at bigint,
    confirmed_until bigint,
    login_method text not null, -- 'code' or 'password'.
    ip text not null,
    user_agent text not null
);
create index sessions_user on sessions (user_id, id);
create index sessions_created on sessions (created_at);

-- What every node must know for as long as an access token of the session could live. It outlives a deleted user's sessions.
create table ended_sessions (
    session_id bigint primary key,
    user_id bigint not null,
    ended_at bigint not null
);
create index ended_sessions_time on ended_sessions (ended_at);

-- One row a number that was ever sent to or guessed at lately: the lock under which its codes are counted. Numbers stand here as
-- MACs, because most of them may belong to nobody we know.
create table code_numbers (
    mobile_key text primary key,
    touched_at bigint not null
);
create index code_numbers_time on code_numbers (touched_at);

-- Every code that was asked for in the last days, for known and unknown numbers alike.
create table one_time_codes (
    id {{identity}},
    mobile_key text not null,
    purpose text not null,
    prefix_key text not null,     -- MAC of the network that asked.
    challenge_hash text not null unique,
    code_mac text not null,
    created_at bigint not null,
    expires_at bigint not null,
    guesses bigint not null default 0,            -- Without the challenge.
    challenged_guesses bigint not null default 0, -- With it.
    used_at bigint
);
create index one_time_codes_number on one_time_codes (mobile_key, id);
create index one_time_codes_time on one_time_codes (created_at);

create table reset_tokens (
    token_hash text primary key,
    user_id bigint not null references users (id) on delete cascade,
    expires_at bigint not null
);
create index reset_tokens_user on reset_tokens (user_id);
create index reset_tokens_time on reset_tokens (expires_at);
