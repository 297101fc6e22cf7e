package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"hamconnect/server/internal/store"
)

// What is closed can be kept by copying one file, as the README says.
func TestAClosedFolderHasEverythingInItsDatabaseFile(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	db, err := store.Open(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Set(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Setting(t.Context(), "a"); err != nil { // by a connection that only reads
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if log, err := os.Stat(filepath.Join(from, "ham.db-wal")); err == nil && log.Size() > 0 {
		t.Errorf("%d bytes stand in the log alone", log.Size())
	}
	file, err := os.ReadFile(filepath.Join(from, "ham.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "ham.db"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	copied, err := store.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if value, err := copied.Setting(t.Context(), "a"); err != nil || value != "b" {
		t.Errorf("the copy has %q, %v", value, err)
	}
}
