-- Agreements with payment providers and the sales units under them. Their ids are text, so that the rows of the house's
-- own, which the configuration tells of, can be written here in SQL that both databases understand.
CREATE TABLE agreements (
    id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    -- Not checked here: providers are added, and SQLite would rebuild the table for each.
    provider TEXT NOT NULL,
    environment TEXT NOT NULL CHECK (environment IN ('production', 'test')),
    disabled BOOLEAN NOT NULL,
    -- Grows with every change that a client made from it must know of, in whichever process it lives.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The keys of an agreement, sealed under the master key that is named. The newest are in use once the provider has
-- accepted them; until then those before them are kept.
CREATE TABLE credentials (
    id UUID NOT NULL PRIMARY KEY,
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    sealed BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by UUID NOT NULL REFERENCES users (id),
    proven_at BIGINT
);
CREATE INDEX credentials_by_agreement ON credentials (agreement_id, id);

CREATE TABLE sales_units (
    id TEXT NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    merchant_serial_number TEXT NOT NULL,
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    group_slug TEXT REFERENCES groups (slug),
    is_default BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_default_unit_per_group ON sales_units (group_slug) WHERE is_default;
CREATE INDEX sales_units_by_agreement ON sales_units (agreement_id);

-- The house's own: its name, its environment and its number are those of the configuration.
INSERT INTO agreements (id, display_name, provider, environment, disabled, version, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-000000000000', '', 'vipps_epayment', 'production', FALSE, 0, 0, 0);
INSERT INTO sales_units (id, display_name, merchant_serial_number, agreement_id, group_slug, is_default, disabled, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-000000000000', '', '', '00000000-0000-0000-0000-000000000000', NULL, FALSE, FALSE, 0, 0);

-- An event may name the unit that its money goes to; empty means its group's default, and failing that the house's.
ALTER TABLE events ADD COLUMN sales_unit TEXT REFERENCES sales_units (id);
CREATE INDEX events_by_sales_unit ON events (sales_unit) WHERE sales_unit IS NOT NULL;

-- An order keeps the unit that it was begun with. Everything so far went to the house's own.
ALTER TABLE orders ADD COLUMN sales_unit TEXT NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
    REFERENCES sales_units (id);
-- Whether its money is made up. Empty only for orders from before: the server says it when it starts, for it alone
-- knows which environment the configuration names.
ALTER TABLE orders ADD COLUMN test_mode BOOLEAN;

-- Each unit has registrations of its own at the provider.
ALTER TABLE webhook_registrations ADD COLUMN sales_unit TEXT NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
    REFERENCES sales_units (id);
