package store_test

import (
	"fmt"
	"strings"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/migrations"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// shared are the options of a program whose tenants share a table.
func shared() store.Options {
	opts := options()
	opts.Migrations = []migrations.File{{Name: "t/0001_a.sql", SQL: `
-- append-only: diary
-- seen by every tenant: tenant
CREATE TABLE tenant (
    tenant INTEGER PRIMARY KEY,
    host   TEXT NOT NULL
);
CREATE TABLE visit (
    tenant INTEGER NOT NULL REFERENCES tenant (tenant),
    id     TEXT NOT NULL,
    day    TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX visit_day ON visit (tenant, day);
CREATE TABLE diary (
    tenant INTEGER NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);`}}
	return opts
}

// hosting opens a database in which tenants 1 and 2 have one visit each, with
// the same key, as the role that only uses the tables; dsn is its owner's.
func hosting(t *testing.T) (db *store.DB, dsn string) {
	t.Helper()
	dsn = testkit.EmptyPostgres(t)
	opts := shared()
	opts.MigrateDSN = dsn
	db = open(t, testkit.AsUser(t, dsn), opts)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for tenant := 1; tenant <= 2; tenant++ {
		if err := exec(t, db.For(tenant), "INSERT INTO tenant (tenant, host) VALUES ($1, $2)", tenant, fmt.Sprintf("%d.example", tenant)); err != nil {
			t.Fatal(err)
		}
		if err := exec(t, db.For(tenant), "INSERT INTO visit (tenant, id, day) VALUES ($1, 'v', $2)", tenant, fmt.Sprintf("2026-12-0%d", tenant)); err != nil {
			t.Fatal(err)
		}
	}
	return db, dsn
}

// Statements that forget or mistake the tenant meet the second fence.
func TestTB18_AnotherTenantsRowsDoNotShow(t *testing.T) {
	db, _ := hosting(t)
	one := db.For(1)
	for query, want := range map[string]int{
		"SELECT count(*) FROM visit":                                    1,
		"SELECT count(*) FROM visit WHERE tenant = 2":                   0,
		"SELECT count(*) FROM visit WHERE tenant = 2 AND id = 'v'":      0,
		"SELECT count(*) FROM visit WHERE day = '2026-12-02'":           0,
		"SELECT count(*) FROM tenant":                                   2, // a request learns its tenant there
		"SELECT count(*) FROM visit v JOIN tenant t USING (tenant)":     1,
		"SELECT count(*) FROM visit WHERE tenant = 1 AND id = 'v'":      1,
		"SELECT count(*) FROM (SELECT tenant FROM visit LIMIT 10) AS v": 1,
	} {
		if n := count(t, one, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	for _, statement := range []string{
		"UPDATE visit SET day = '' WHERE tenant = 2", "DELETE FROM visit WHERE tenant = 2", "UPDATE tenant SET host = 'x' WHERE tenant = 2",
	} {
		if err := exec(t, one, statement); err != nil {
			t.Error(err)
		}
	}
	for _, statement := range []string{
		"INSERT INTO visit (tenant, id, day) VALUES (2, 'w', '')", "UPDATE visit SET tenant = 2", "INSERT INTO tenant (tenant, host) VALUES (3, 'y')",
	} {
		if err := exec(t, one, statement); err == nil {
			t.Errorf("%s was accepted", statement)
		}
	}
	if n := count(t, db.For(2), "SELECT count(*) FROM visit WHERE day = '2026-12-02'"); n != 1 {
		t.Error("the other tenant's visit is gone")
	}
	if n := count(t, db, "SELECT count(*) FROM visit"); n != 0 {
		t.Errorf("tenant 0 sees %d visits", n)
	}
}

// Whoever forgets to say its tenant gets an error and not every row, on a new
// connection as on one that was a tenant's before; the owner too.
func TestTB18_WithoutATenantAnError(t *testing.T) {
	_, dsn := hosting(t)
	for _, role := range []string{"kofu_app", "kofu_owner"} {
		for name, before := range map[string]string{
			"a new connection": "",
			"a used one":       "BEGIN; SET LOCAL app.tenant = '1'; SELECT count(*) FROM visit; COMMIT;",
		} {
			out := testkit.Psql(t, dsn, "SET ROLE "+role+";"+before+`
DO $$ BEGIN
  PERFORM count(*) FROM visit;
  RAISE EXCEPTION 'it was answered';
EXCEPTION WHEN undefined_object OR invalid_text_representation THEN PERFORM 1; END $$;
SELECT 'refused'`)
			if !strings.HasSuffix(out, "refused") {
				t.Errorf("%s, %s: %s", role, name, out)
			}
		}
	}
}

// The policy costs no index: with many tenants a key is found by it.
func TestTB18_TheIndexIsUsed(t *testing.T) {
	db, dsn := hosting(t)
	testkit.Psql(t, dsn, `
INSERT INTO tenant SELECT n, n || '.example' FROM generate_series(3, 60) n;
INSERT INTO visit SELECT 1 + n % 60, n::text, '2026-12-' || n % 28 FROM generate_series(1, 30000) n;
ANALYZE visit; ANALYZE tenant`)
	for query, want := range map[string]string{
		"SELECT day FROM visit WHERE tenant = $1 AND id = $2":                    "Index Scan using visit_pkey",
		"SELECT count(*) FROM visit WHERE tenant = $1 AND day = $2":              "visit_day",
		"UPDATE visit SET day = 'x' WHERE tenant = $1 AND id = $2 AND day < 'y'": "Index Scan using visit_pkey",
	} {
		var plan strings.Builder
		testkit.Write(t, db.For(7), clerk, func(tx *store.Tx) error {
			return tx.Query(func(scan func(...any) error) error {
				var line string
				err := scan(&line)
				plan.WriteString(line + "\n")
				return err
			}, "EXPLAIN "+query, 7, "66")
		})
		if !strings.Contains(plan.String(), want) || strings.Contains(plan.String(), "Seq Scan") {
			t.Errorf("%s:\n%s", query, plan.String())
		}
	}
}

// The tables of the service that hold rows of tenants are all behind the fence.
func TestTB18_EveryTableOfTheService(t *testing.T) {
	open := testkit.Psql(t, testkit.BookingDSN(t, "postgres"), `
SELECT relname FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_migration'
   AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant_rows'))`)
	if open != "" {
		t.Errorf("without a fence:\n%s", open)
	}
}

// The role of the service changes no table and no entry of the log, and a role
// that the fence does not bind is refused at the door.
func TestTB18_RolesOfTheService(t *testing.T) {
	db, dsn := hosting(t)
	for _, statement := range []string{
		"ALTER TABLE visit DISABLE ROW LEVEL SECURITY", "DROP POLICY tenant_rows ON visit", "CREATE TABLE mine (id TEXT)", "DROP TABLE visit",
		"TRUNCATE visit", "ALTER TABLE diary DISABLE TRIGGER ALL", "UPDATE diary SET id = ''", "DELETE FROM diary", "DELETE FROM schema_migration",
	} {
		if err := exec(t, db.For(1), statement); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if err := exec(t, db.For(1), "INSERT INTO diary (tenant, id) VALUES (1, 'a')"); err != nil {
		t.Error(err)
	}
	super := strings.Replace(dsn, "kofu_owner@", "kofu@", 1)
	if _, err := store.Open(t.Context(), super, shared()); !fault.Is(err, fault.Conflict, "store.role_unbound") {
		t.Errorf("a superuser: %v", err)
	}
}

// A migration that changes rows reaches those of every tenant, and shuts the
// fence behind it.
func TestTB18_AMigrationOfEveryTenantsRows(t *testing.T) {
	_, dsn := hosting(t)
	opts := shared()
	opts.Migrations = append(opts.Migrations, migrations.File{Name: "t/0002_b.sql", SQL: "UPDATE visit SET day = '2027-01-01';"})
	db := open(t, dsn, opts)
	defer func() { _ = db.Close() }()
	for tenant := 1; tenant <= 2; tenant++ {
		if n := count(t, db.For(tenant), "SELECT count(*) FROM visit WHERE day = '2027-01-01'"); n != 1 {
			t.Errorf("tenant %d: %d rows changed", tenant, n)
		}
	}
	if n := count(t, db, "SELECT count(*) FROM visit"); n != 0 {
		t.Error("the fence stayed open")
	}
}
