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

// ErrHeld says that another program answers sign-ins with this device already.
var ErrHeld = errors.New("another program answers sign-ins with this device already")

// holdName is the file that Hold locks. It stays, since whoever took it away
// could take that of another.
const holdName = ".hold"

// Hold takes this device for a program that answers sign-ins by itself, until
// release is called or the program is over; its error matches ErrHeld while
// another has it. To a server two programs with one key are one device: it lets
// the second claim what the first has claimed, and refuse what the first is
// about to approve.
func (a *Account) Hold() (release func() error, err error) {
	lock := flock.New(filepath.Join(a.dir, holdName), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("taking this device for one program: %w", err)
	case !got:
		return nil, fmt.Errorf("%w (%s)", ErrHeld, a.dir)
	}
	return lock.Unlock, nil
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
