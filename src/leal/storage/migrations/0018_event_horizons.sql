-- How far a program's log of events was cleared, where it is not kept for good.

-- Events up to "event_id" are gone, and all of them had happened before "cleared_before".
CREATE TABLE event_horizons (
    program_id     bigint      NOT NULL,
    event_id       bigint      NOT NULL,
    cleared_before timestamptz NOT NULL,
    PRIMARY KEY (program_id)
);

-- Finds the first event that somebody is still to be told of. It does not name the body: then
-- keeping one would cost a change of the index.
CREATE INDEX deliveries_waiting ON deliveries (program_id, event_id) WHERE state = 'waiting';
