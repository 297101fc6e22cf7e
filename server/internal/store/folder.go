package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const databaseFile = "ham.db"

// ModeError says that a file of the data folder is open to other users.
type ModeError struct {
	Path string
	Mode fs.FileMode // as it is
	Want fs.FileMode
}

func (e *ModeError) Error() string {
	return fmt.Sprintf("%s may be read by other users (mode %04o). Close it with: chmod %o %q", e.Path, e.Mode.Perm(), e.Want, e.Path)
}

// prepareFolder makes the data folder and an empty database file, both for
// their owner alone. SQLite gives its other files the mode of the database.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	if err := checkMode(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, databaseFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the folder
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the database file: %w", err)
	}
	return checkMode(path, 0o600)
}

// CheckFolder finds whether dir is a data folder: Open would make one.
func CheckFolder(dir string) error {
	_, err := os.Stat(filepath.Join(dir, databaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no data folder %s; name the one that 'ham serve' runs on with --data", dir)
	}
	return err
}
