package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"hamconnect/server/internal/store"
)

// TestMain lets this binary be another process that works on a data folder.
func TestMain(m *testing.M) {
	if dir := os.Getenv("STORE_TEST_OPEN"); dir != "" {
		if err := openAndWrite(dir, os.Getenv("STORE_TEST_NAME")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func openAndWrite(dir, name string) error {
	ctx, cancel := contextForAProcess()
	defer cancel()
	db, err := store.Open(ctx, dir)
	if err != nil {
		return err
	}
	key, err := db.Key(ctx, "shared")
	if err != nil {
		return err
	}
	if err := db.Set(ctx, name, fmt.Sprintf("%x", key[:4])); err != nil {
		return err
	}
	return db.Close()
}

func TestSeveralProcessesMigrateAndWriteAtOnceAndAgreeOnTheKeys(t *testing.T) {
	dir := t.TempDir() + "/data"
	const n = 4
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			other := exec.CommandContext(t.Context(), os.Args[0])
			other.Env = append(os.Environ(), "STORE_TEST_OPEN="+dir, fmt.Sprint("STORE_TEST_NAME=process ", i))
			if out, err := other.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v: %s", i, err, out)
			}
		})
	}
	all.Wait()
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	keys := map[string]bool{}
	for i := range n {
		key, err := db.Setting(t.Context(), fmt.Sprint("process ", i))
		if err != nil {
			t.Fatal(err)
		}
		keys[key] = true
	}
	if len(keys) != 1 {
		t.Errorf("they made %d keys of one name", len(keys))
	}
}

func TestASecondServerOnAFolderIsToldThatItIsInUse(t *testing.T) {
	dir := t.TempDir() + "/data"
	unlock, err := store.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.LockFolder(dir)
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "--data") {
		t.Errorf("%v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = store.LockFolder(dir)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}
