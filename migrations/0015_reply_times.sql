-- Since when a reply is being written, and for how long its model thought before it answered: for pages that show it.
-- works-with: 5

alter table messages add column started_at bigint; -- When the worker that writes it, or wrote it, took it; older binaries leave it as it is.
alter table messages add column thought_ms bigint; -- Null where the model showed no thoughts.
