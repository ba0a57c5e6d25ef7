-- What replies have so far, for readers on other nodes where several nodes have no Redis: rows live as long as their reply is being written.
-- works-with: 1

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
    primary key (reply_id, attempt, number)
);
