package client_test

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"hamconnect/tui/client"
)

func TestADeviceIsHeldByOneProgram(t *testing.T) {
	dir := t.TempDir()
	all := several(t, dir, 2)
	release, err := all[1].Hold()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mustLoad(t, client.Options{Dir: dir}).Hold(); !errors.Is(err, client.ErrHeld) {
		t.Errorf("a second holds it: %v", err)
	}
	other, err := all[0].Hold()
	if err != nil {
		t.Fatalf("the other device: %v", err)
	}
	for range 2 { // what was given back can be taken again
		if err := errors.Join(release(), other()); err != nil {
			t.Error(err)
		}
		if release, err = all[1].Hold(); err != nil {
			t.Error(err)
		}
		if other, err = all[0].Hold(); err != nil {
			t.Error(err)
		}
	}
	// Holding leaves nothing of an account that is wiped.
	if err := errors.Join(release(), other(), all[1].Forget()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(all[1].Folder()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder is still there: %v", err)
	}
}
