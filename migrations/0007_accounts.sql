-- What a sign-up says is kept apart from the account until somebody proves by a code that it was theirs; guesses at passwords are counted
-- here; log-in links.
-- works-with: 1
-- (Older binaries keep a sign-up in the row of its user, as before: there a proof of the number counts as a proof of the sign-up.)

create table sign_ups (
    user_id bigint not null references users (id) on delete cascade,
    token_hash text not null, -- Of the signup_token that only the client that signed up was given.
    prefix_key text not null, -- MAC of the network that asked.
    name text,
    email text,
    password_hash text,
    created_at bigint not null,
    primary key (user_id, token_hash)
);
create index sign_ups_time on sign_ups (created_at, user_id);

create table login_links (
    user_id bigint not null references users (id) on delete cascade,
    token_hash text not null,
    expires_at bigint not null,
    primary key (user_id, token_hash)
);
create index login_links_time on login_links (expires_at, user_id);

-- How much of a budget is spent, as the time when it is full again. The keys are names of budgets with MACs of numbers, addresses and
-- networks, most of which may belong to nobody we know.
create table guess_budgets (
    budget_key text primary key,
    full_again_at bigint not null
);
create index guess_budgets_time on guess_budgets (full_again_at);

-- That ADMIN_MOBILE made somebody an admin: a number does so once, even if it is somebody else's later.
create table admin_claims (
    mobile_key text primary key,
    claimed_at bigint not null
);
create index users_admins on users (id) where is_admin = 1;
