package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// lockFor is how long a change of the accounts waits for another program's.
const lockFor = 10 * time.Second

var changing sync.Mutex // held by locked

// locked runs change while no other program changes an account below the same
// configuration folder: two at once could each take the other's key away.
func locked(dir string, change func() error) error {
	changing.Lock() // within this program the file's lock orders nothing
	defer changing.Unlock()
	root := dir
	if isFurther(dir) {
		root = filepath.Dir(filepath.Dir(dir))
	}
	lock := flock.New(filepath.Join(root, ".lock"), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), lockFor)
	defer cancel()
	got, err := lock.TryLockContext(ctx, 20*time.Millisecond)
	switch {
	case errors.Is(err, fs.ErrNotExist): // no folder, and so no account
		return change()
	case err != nil || !got:
		return fmt.Errorf("another program is changing the accounts in %s: %w", root, errors.Join(err))
	}
	return errors.Join(change(), lock.Unlock())
}

// sweepDrafts takes away what a crash has left behind: files that hold a key.
// The account is in its place by now.
func sweepDrafts(dir string) error {
	drafts, err := filepath.Glob(filepath.Join(dir, ".account-*.json"))
	for _, draft := range drafts {
		if gone := os.Remove(draft); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
