-- What residents leave of themselves, where the tenant takes it. Typed values
-- are sealed with the tenant's key; choices that say nothing of a person are
-- kept as they are, so that they can be searched and counted.

CREATE TABLE contact_value (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    owner      TEXT NOT NULL,      -- booking id, or link/ and the link of a resident with a password
    field      TEXT NOT NULL,      -- mail, phone, name …, or own/ and the id of a field of the tenant
    sealed     TEXT NOT NULL,      -- class personal: the value, sealed
    mac        TEXT NOT NULL,      -- keyed hash of a mail address or phone number, '' for the others
    kept_at    TEXT NOT NULL,
    PRIMARY KEY (tenant, owner, field)
);
CREATE INDEX contact_value_mac ON contact_value (tenant, mac, kept_at) WHERE mac <> '';

CREATE TABLE contact_answer (
    tenant     INTEGER NOT NULL REFERENCES tenant (tenant),
    booking_id TEXT NOT NULL,
    field      TEXT NOT NULL,      -- id of a field of the tenant
    answer     TEXT NOT NULL,      -- what was chosen; several choices with line breaks between
    PRIMARY KEY (tenant, booking_id, field)
);
CREATE INDEX contact_answer_field ON contact_answer (tenant, field, answer);
