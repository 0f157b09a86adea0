package store_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"kofu/internal/store"
)

func digested() store.Options {
	opts := options()
	opts.DigestKey = []byte("0123456789abcdef0123456789abcdef")
	return opts
}

func changedTable(t testing.TB, db *store.DB) (table string) {
	t.Helper()
	err := db.Read(t.Context(), func(rx *store.Rx) (err error) {
		table, err = db.ChangedTable(rx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Whatever the program writes, by insert, update, upsert, delete or a refused
// transaction, the digests follow.
func TestChangedTable_FollowsEveryWrite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := open(t, filepath.Join(t.TempDir(), "kofu.db"), digested())
		defer func() { _ = db.Close() }()
		for range rapid.IntRange(1, 25).Draw(rt, "writes") {
			id, n := rapid.IntRange(1, 5).Draw(rt, "id"), rapid.IntRange(-3, 3).Draw(rt, "n")
			statement := rapid.SampledFrom([]string{
				"INSERT INTO item (id, n) VALUES ($1, $2)", // fails when the id is taken
				"INSERT INTO item (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
				"INSERT OR REPLACE INTO item (id, n) VALUES ($1, $2)",
				"UPDATE item SET n = n + $2 WHERE id >= $1",
				"UPDATE item SET name = 'é𠮷' || n WHERE id = $1 AND n <> $2",
				"DELETE FROM item WHERE id = $1 AND n <> $2",
				"DELETE FROM item",
			}).Draw(rt, "statement")
			args := []any{id, n}
			if statement == "DELETE FROM item" {
				args = nil
			}
			_ = exec(t, db, statement, args...) // a refused one must leave no trace
			if table := changedTable(t, db); table != "" {
				rt.Fatalf("after %s: %s does not match its digest", statement, table)
			}
		}
	})
}

func TestChangedTable_FindsWhatAnotherToolDid(t *testing.T) {
	for _, c := range []struct{ tamper, want string }{
		{"UPDATE item SET n = 7 WHERE id = 1", "item"},
		{"DELETE FROM item WHERE id = 2", "item"},
		{"INSERT INTO item (id, n) VALUES (9, 9)", "item"},
		{"UPDATE item SET n = (CASE id WHEN 1 THEN 20 ELSE 10 END)", "item"}, // values swapped
		{"DELETE FROM table_digest WHERE name = 'item'", "item"},
		{"DELETE FROM table_digest WHERE name = ''", "table_digest"},
		{"DROP TRIGGER log_no_delete", "sqlite_schema"},
		{"ALTER TABLE item ADD COLUMN extra TEXT", "item"}, // every row has a cell more,
		{"ANALYZE", ""},
		{"UPDATE item SET n = 10 WHERE id = 1", ""}, // no change at all
	} {
		path := filepath.Join(t.TempDir(), "kofu.db")
		db := open(t, path, digested())
		for i := 1; i <= 2; i++ {
			if err := exec(t, db, "INSERT INTO item (id, n) VALUES ($1, $2)", i, 10*i); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		other, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Exec(c.tamper); err != nil {
			t.Fatal(err)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, path, digested())
		if got := changedTable(t, db); got != c.want {
			t.Errorf("%s: found %q, want %q", c.tamper, got, c.want)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
