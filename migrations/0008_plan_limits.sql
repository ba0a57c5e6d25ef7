-- How many rooms a plan allows; and limits of requests that hold now: what nobody read before was too low for a person with two tabs.
-- works-with: 5

alter table plans add column rooms_max bigint not null default 1000;

update plans set rooms_max = 10000 where name = 'pro';
update plans set requests_per_minute = 120 where name = 'basic' and requests_per_minute = 20;
update plans set requests_per_minute = 600 where name = 'pro' and requests_per_minute = 60;
