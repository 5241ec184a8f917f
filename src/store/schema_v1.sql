-- Version 1 of the store. Times are Unix milliseconds (UTC) unless the name says otherwise.

CREATE TABLE account (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    integration_key TEXT NOT NULL,
    api_hostname    TEXT NOT NULL,
    child           TEXT NOT NULL DEFAULT ''   -- a child account's own id; '' for an ordinary account
);

-- One log of one account.
CREATE TABLE feed (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
    account        INTEGER NOT NULL REFERENCES account (id),
    log_type       TEXT NOT NULL,
    known          INTEGER NOT NULL,           -- when it was first to be collected
    position       TEXT,                       -- JSON; see status/position.rs
    reached        INTEGER,
    until          INTEGER,                    -- end of the window being read
    begins         INTEGER,
    newest         INTEGER,
    records        INTEGER NOT NULL DEFAULT 0,
    late           INTEGER NOT NULL DEFAULT 0,
    not_understood INTEGER NOT NULL DEFAULT 0,
    state          TEXT NOT NULL DEFAULT 'waiting',
    since          INTEGER,                    -- when the state became what it is
    error          TEXT,                       -- JSON; see status/feed.rs
    last_poll      INTEGER,
    late_looked    INTEGER,                    -- when the trailing window was last read again
    tail           INTEGER,                    -- the block that small pages are added to
    run_began      INTEGER,                    -- when it began to catch up; NULL when it does not
    run_from       INTEGER,                    -- the newest record of its first page
    run_pages      INTEGER NOT NULL DEFAULT 0, -- pages read since
    UNIQUE (account, log_type)
);

-- Texts that repeat: users, actions, addresses. Never changed, so ids may be remembered.
CREATE TABLE word (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

CREATE TABLE event (
    feed        INTEGER NOT NULL,
    time        INTEGER NOT NULL,
    id          INTEGER NOT NULL,              -- 64 bits of SHA-256 over Duo's id; see store/batch.rs
    user        INTEGER,                       -- this and the next eight: word.id
    action      INTEGER,
    result      INTEGER,
    reason      INTEGER,
    factor      INTEGER,
    address     INTEGER,
    application INTEGER,
    target      INTEGER,
    country     INTEGER,
    block       INTEGER NOT NULL,              -- where the raw record lies
    slot        INTEGER NOT NULL,
    flags       INTEGER NOT NULL,              -- 1 late, 2 not understood
    categories  INTEGER NOT NULL DEFAULT 0,    -- bits; see category
    amount      INTEGER,                       -- telephony credits used
    PRIMARY KEY (feed, time, id)
) WITHOUT ROWID;

-- Ranges of a log's records whose columns are also kept packed. See store/strips.rs.
CREATE TABLE segment (
    feed    INTEGER NOT NULL,
    since   INTEGER NOT NULL,                  -- from this time on
    until   INTEGER NOT NULL,                  -- up to this time, not included
    records INTEGER NOT NULL,
    strips  INTEGER,                           -- its first strip; NULL while it is not packed
    PRIMARY KEY (feed, since)
) WITHOUT ROWID;

CREATE INDEX segment_waiting ON segment (feed, since) WHERE strips IS NULL;

-- A segment's columns, one after the other.
CREATE TABLE strip (
    id   INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);

-- Raw records, compressed together.
CREATE TABLE block (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, so a reader cannot mistake one
    feed    INTEGER NOT NULL,
    records INTEGER NOT NULL,
    newest  INTEGER NOT NULL,
    data    BLOB NOT NULL
);

-- Which texts a block may hold. See store/grams.rs.
CREATE TABLE gram (
    block  INTEGER PRIMARY KEY,
    filter BLOB NOT NULL
);

-- What the bits of event.categories stand for.
CREATE TABLE category (
    bit INTEGER PRIMARY KEY,                   -- 0 to 63
    id  TEXT NOT NULL UNIQUE
);

-- In what order records arrived, for those who work through them one after the other. A row is a
-- run of neighboring records in one block. Rows that all consumers have passed are removed.
CREATE TABLE arrival (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
    feed    INTEGER NOT NULL,
    block   INTEGER NOT NULL,
    first   INTEGER NOT NULL,                  -- slot
    records INTEGER NOT NULL,
    oldest  INTEGER NOT NULL,
    newest  INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    flags   INTEGER NOT NULL                   -- 1 late, 2 changed
);

-- Who works through the arrivals, and up to which.
CREATE TABLE consumer (
    name TEXT PRIMARY KEY,
    seq  INTEGER NOT NULL
);

-- Single facts about the store.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Records whose time cannot be read: where they were put, so that reading again finds them.
CREATE TABLE unplaced (
    feed INTEGER NOT NULL,
    id   INTEGER NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;

-- Ranges that could not be read completely.
CREATE TABLE gap (
    id      INTEGER PRIMARY KEY,
    feed    INTEGER NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    missing INTEGER,
    found   INTEGER NOT NULL,
    UNIQUE (feed, since, until, kind)
);

-- What Duo's own count said of a day when it was asked last.
CREATE TABLE audit (
    feed    INTEGER NOT NULL,
    day     INTEGER NOT NULL,                  -- days since 1970, in UTC
    since   INTEGER NOT NULL,                  -- what of it was looked at, both ends inclusive
    until   INTEGER NOT NULL,
    duo     INTEGER,                           -- records at Duo; NULL when Duo did not tell
    local   INTEGER NOT NULL,                  -- records here then, before anything was fetched
    fetched INTEGER NOT NULL,                  -- records that were missing and came then
    checked INTEGER NOT NULL,
    note    TEXT,                              -- why Duo did not tell
    PRIMARY KEY (feed, day)
) WITHOUT ROWID;

-- Counts by the hour: few kinds of records, for lines over time. See store/sums.rs.
CREATE TABLE hourly (
    feed       INTEGER NOT NULL,
    hour       INTEGER NOT NULL,               -- hours since 1970
    categories INTEGER NOT NULL,
    action     INTEGER NOT NULL,               -- word.id, 0 for none
    result     INTEGER NOT NULL,
    records    INTEGER NOT NULL,
    late       INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    PRIMARY KEY (feed, hour, categories, action, result)
) WITHOUT ROWID;

-- Counts of one field's values, for rankings.
CREATE TABLE ranking (
    feed       INTEGER NOT NULL,
    field      INTEGER NOT NULL,               -- index of the column; see store/batch.rs
    level      INTEGER NOT NULL,               -- 0 hours, 1 days, 2 sixteen days
    bucket     INTEGER NOT NULL,               -- how many of them since 1970
    word       INTEGER NOT NULL,
    categories INTEGER NOT NULL,
    action     INTEGER NOT NULL,
    result     INTEGER NOT NULL,
    records    INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    PRIMARY KEY (feed, field, level, bucket, word, categories, action, result)
) WITHOUT ROWID;

-- The same facts in words, for people who open the store with other tools.
CREATE VIEW events AS
SELECT a.name AS account, f.log_type,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.time / 1000.0, 'unixepoch') AS time,
       w1.text AS user, w2.text AS action, w3.text AS result, w4.text AS reason,
       w5.text AS factor, w6.text AS address, w7.text AS application, w8.text AS target,
       w9.text AS country, e.flags & 1 AS late
FROM event e
JOIN feed f ON f.id = e.feed
JOIN account a ON a.id = f.account
LEFT JOIN word w1 ON w1.id = e.user
LEFT JOIN word w2 ON w2.id = e.action
LEFT JOIN word w3 ON w3.id = e.result
LEFT JOIN word w4 ON w4.id = e.reason
LEFT JOIN word w5 ON w5.id = e.factor
LEFT JOIN word w6 ON w6.id = e.address
LEFT JOIN word w7 ON w7.id = e.application
LEFT JOIN word w8 ON w8.id = e.target
LEFT JOIN word w9 ON w9.id = e.country;

-- What rules raised over records, and the collector over itself.
CREATE TABLE alert (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    rule         TEXT NOT NULL,                -- the rule's id
    title        TEXT NOT NULL,                -- as the rule had it then
    level        INTEGER NOT NULL,             -- 0 informational to 4 critical
    account      INTEGER REFERENCES account (id),  -- NULL: about this computer
    subject      TEXT NOT NULL,                -- what it is about: a user, an address
    first        INTEGER NOT NULL,             -- when the oldest of its records happened
    last         INTEGER NOT NULL,             -- when the newest of its records happened
    raised       INTEGER NOT NULL,             -- when it was raised here
    records      INTEGER NOT NULL,             -- all records it stands for, kept below or not
    historic     INTEGER NOT NULL,             -- 1: about the past when it was raised; not notified
    acknowledged INTEGER,                      -- when a person did
    cleared      INTEGER,                      -- when what it told was over (the collector's own)
    words        TEXT                          -- what exactly was found (the collector's own)
);

CREATE INDEX alert_by_subject ON alert (rule, subject, last);
CREATE INDEX alert_open ON alert (id) WHERE acknowledged IS NULL AND cleared IS NULL;

-- The first records an alert stands for.
CREATE TABLE alert_event (
    alert  INTEGER NOT NULL,
    number INTEGER NOT NULL,                   -- in the order they were added, from 1
    feed   INTEGER NOT NULL,                   -- this and the next two: the key in event
    time   INTEGER NOT NULL,
    event  INTEGER NOT NULL,
    name   TEXT NOT NULL,                      -- the record's id in words
    PRIMARY KEY (alert, number)
) WITHOUT ROWID;

CREATE INDEX alert_event_by_record ON alert_event (feed, time, event);

-- What detection remembers between records: windows of correlations, what is usual for a user.
CREATE TABLE memory (
    rule  TEXT NOT NULL,                       -- the rule's id and a print of its definition
    key   TEXT NOT NULL,                       -- the account's number and what it is about
    until INTEGER NOT NULL,                    -- of no use for records after this time
    data  BLOB NOT NULL,
    PRIMARY KEY (rule, key)
) WITHOUT ROWID;

-- Alerts that are to be told, in the order they were raised, until each output has its notice.
CREATE TABLE untold (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    alert INTEGER NOT NULL,
    over  INTEGER NOT NULL                     -- 1: that what it told is over
);

-- What an output is to be told, and what became of it.
CREATE TABLE notice (
    output   TEXT NOT NULL,                    -- its name in the settings; 'desktop' is always there
    alert    INTEGER NOT NULL,
    over     INTEGER NOT NULL,
    state    TEXT NOT NULL,                    -- waiting, delivered, refused
    since    INTEGER NOT NULL,                 -- when it began to wait
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER,                          -- NULL before the first attempt
    PRIMARY KEY (output, alert, over)
) WITHOUT ROWID;

CREATE INDEX notice_waiting ON notice (output, alert) WHERE state = 'waiting';

-- How an output does. The last five are for outputs that are handed records; how far those have
-- worked through the arrivals stands in consumer, as 'output/' and the name.
CREATE TABLE outlet (
    name      TEXT PRIMARY KEY,
    delivered INTEGER NOT NULL DEFAULT 0,      -- notices, or records and alerts, ever
    error     TEXT,                            -- in words; NULL when the last attempt was fine
    error_at  INTEGER,
    since     INTEGER,                         -- when the first of the failures in a row was
    began     INTEGER,                         -- when it was first to be handed records
    run       INTEGER,                         -- the arrival that is handed over in part
    slot      INTEGER,                         -- its next slot
    alert     INTEGER,                         -- alerts up to this one are handed over
    batch     TEXT                             -- the token of the last batch that was taken
) WITHOUT ROWID;

-- Stored records that an output is to be handed before what arrives, by log. A row goes when its
-- log is done.
CREATE TABLE past (
    output TEXT NOT NULL,
    feed   INTEGER NOT NULL,
    time   INTEGER NOT NULL,                   -- this and the next: up to here it is handed over
    id     INTEGER NOT NULL,
    block  INTEGER NOT NULL,                   -- the newest block of all when the output began,
    tail   INTEGER,                            -- the log's last block then,
    slots  INTEGER NOT NULL,                   -- and how many records were in that
    PRIMARY KEY (output, feed)
) WITHOUT ROWID;

-- Single records that an output will never take, until a person decides.
CREATE TABLE refused (
    output TEXT NOT NULL,
    number INTEGER NOT NULL,                   -- in the order they were refused, from 1
    feed   INTEGER,                            -- NULL for an alert
    time   INTEGER NOT NULL,
    event  INTEGER NOT NULL,                   -- with feed and time the key in event; alert.id
    id     TEXT NOT NULL,                      -- the record's id in words
    reason TEXT NOT NULL,
    at     INTEGER NOT NULL,
    again  INTEGER NOT NULL DEFAULT 0,         -- 1: it is to be sent once more
    PRIMARY KEY (output, number)
) WITHOUT ROWID;
