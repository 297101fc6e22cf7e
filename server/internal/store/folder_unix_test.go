//go:build unix

package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hamconnect/server/internal/store"
)

func TestADataFolderThatOthersCanReadIsRefusedWithTheCommandThatMendsIt(t *testing.T) {
	for _, c := range []struct {
		name string
		mode fs.FileMode
		file string // "" is the folder itself
		mend string
	}{
		{"a folder that others can read", 0o755, "", "chmod 700 "},
		{"a folder that its group can write", 0o770, "", "chmod 700 "},
		{"a folder that others can pass through", 0o701, "", "chmod 700 "},
		{"a database that its group can read", 0o640, "ham.db", "chmod 600 "},
		{"a database that everybody can write", 0o666, "ham.db", "chmod 600 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir() + "/data"
			db, err := store.Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, c.file)
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err = store.Open(t.Context(), dir)
			var loose *store.ModeError
			if !errors.As(err, &loose) || loose.Path != path || !strings.Contains(err.Error(), c.mend+`"`+path+`"`) {
				t.Fatalf("opening: %v", err)
			}
			if _, err := store.LockFolder(dir); !errors.As(err, &loose) {
				t.Fatalf("locking: %v", err)
			}
			if err := os.Chmod(path, loose.Want); err != nil {
				t.Fatal(err)
			}
			db, err = store.Open(t.Context(), dir)
			if err != nil {
				t.Fatalf("after its mending: %v", err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestEveryFileOfTheDataFolderIsItsOwnersAlone(t *testing.T) {
	dir := t.TempDir() + "/deep/data"
	unlock, err := store.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Set(t.Context(), "a", "b"); err != nil { // there is a -wal and a -shm now
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %04o", entry.Name(), got)
		}
		files++
		return nil
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, %v", files, err)
	}
}
