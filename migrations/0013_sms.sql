-- Codes by SMS: which were handed to the vendor, what became of them, and how many of a block and of a country were used.
-- works-with: 5

-- One row a code that was judged, also of numbers that nobody has: they are judged like others. It holds neither number nor code.
create table sms_log (
    id {{identity}},
    code_id bigint not null, -- Of one_time_codes, whose rows go sooner.
    message_id text not null, -- Ours, random: the vendor gets it, and its reports name it.
    mobile_key text not null, -- MAC of the number.
    block_key text not null, -- MAC of the number without its last four digits.
    region text not null, -- ISO, or the calling code where no country has it.
    vendor text not null,
    outcome text not null, -- sending, waiting, accepted, refused, unknown, dropped, late, overtaken, decoy
    reason text not null, -- Which budget dropped it, or the vendor's code of a refusal; mostly empty.
    is_counted smallint not null, -- Whether it counts among those of its block and country.
    used_at bigint, -- When somebody logged in by it.
    provider_id text, -- The vendor's.
    status text not null, -- The vendor's word of its last report; empty before the first.
    status_rank smallint not null, -- Reports come in any order: this only rises.
    error_code text, -- The vendor's, of a report.
    created_at bigint not null,
    marked_at bigint, -- Before its POST: from then on it may have been sent.
    ended_at bigint,
    reported_at bigint
);
create unique index sms_log_by_code on sms_log (code_id);
create unique index sms_log_by_message on sms_log (message_id);
create index sms_log_by_provider on sms_log (provider_id) where provider_id is not null;
create index sms_log_by_block on sms_log (block_key, created_at) where is_counted = 1;
create index sms_log_by_region on sms_log (region, created_at) where is_counted = 1;
create index sms_log_time on sms_log (created_at);

-- The same, added up by the hour.
create table sms_tallies (
    tally_key text not null, -- "block:" and the MAC, or "country:" and the region.
    hour bigint not null, -- UTC, since 1970.
    sent bigint not null,
    used bigint not null,
    primary key (tally_key, hour)
);
create index sms_tallies_by_hour on sms_tallies (hour);

-- In debug alone: the last texts, sealed, for who tries things out.
create table dev_texts (
    id {{identity}},
    sealed text not null,
    created_at bigint not null
);
