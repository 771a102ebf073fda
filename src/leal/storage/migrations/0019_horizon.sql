-- The oldest transaction that may still add rows to this database; a row whose "settles" is not
-- above it has all rows with smaller ids before it. Transaction ids are the whole cluster's, so
-- the snapshot's own xmin would let another database's long transaction hold back every list here.
--
-- Which database a transaction belongs to is told by its lock on itself: every one that has an id
-- holds it until it is over. One that is found in no lock (it ended since the snapshot, or was
-- prepared) counts as ours. STABLE is what makes the answer safe: the snapshot is then the calling
-- statement's, so no row can lie behind the horizon that the statement does not see itself.
CREATE FUNCTION leal_horizon() RETURNS xid8 LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $$
DECLARE
    v_snapshot pg_snapshot := pg_current_snapshot();
    v_oldest   xid8;
BEGIN
    IF pg_snapshot_xmin(v_snapshot) = pg_snapshot_xmax(v_snapshot) THEN
        RETURN pg_snapshot_xmax(v_snapshot);
    END IF;
    SELECT min(running) INTO v_oldest FROM pg_snapshot_xip(v_snapshot) AS running
    WHERE running::xid NOT IN (
        SELECT l.transactionid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock'
            AND a.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())
    );
    RETURN coalesce(v_oldest, pg_snapshot_xmax(v_snapshot));
END $$;
