package store

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrInUse says that another server runs on the data folder.
var ErrInUse = errors.New("another ham server is running on this data folder")

// LockFolder claims the data folder for one server process; commands that
// only administer do not need it. The lock goes with the process.
func LockFolder(dir string) (unlock func() error, err error) {
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(dir, "ham.lock"), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if !ok {
		return nil, fmt.Errorf("%w (%s). Stop it first, or give this one its own with --data", ErrInUse, dir)
	}
	return lock.Unlock, nil
}
