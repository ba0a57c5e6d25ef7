-- Which model a reply was sent to, where another one wrote it; whether its tokens were counted or estimated; and who named a room, so that a
-- model names none that its user has named.
-- works-with: 5

alter table messages add column asked_model text; -- Null: the one in `model`.
alter table messages add column usage_estimated smallint; -- 1: the tokens are our estimate, since the provider did not say.

alter table rooms add column named_by text; -- nobody, message, model, user; null in older rooms: as user.
alter table rooms add column title_asked smallint not null default 0; -- A model was asked for a name, or will be.
