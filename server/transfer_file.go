package server

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"hamconnect/server/internal/archive"
)

// unfinishedSuffix is on an archive's name until it is whole.
const unfinishedSuffix = ".part"

// ExportFile is Export into a file that only its owner can read, and that has
// its name once it is whole. An export that was interrupted begins anew: what
// was written of it belongs to another moment.
func (t Transfer) ExportFile(ctx context.Context, path string) (a Archive, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = existsAlready(path)
		}
		return a, err
	}
	part := path + unfinishedSuffix
	if err := removeUnfinished(part); err != nil {
		return a, err
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return a, fmt.Errorf("writing the archive: %w", err)
	}
	mine, err := f.Stat()
	if err == nil {
		a, err = t.Export(ctx, f)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if now, gone := os.Lstat(part); gone != nil || !os.SameFile(mine, now) {
		return a, errors.Join(err, fmt.Errorf("another export to %s has begun meanwhile", path))
	}
	if err == nil {
		err = rename(part, path)
	}
	if err != nil {
		return a, errors.Join(err, os.Remove(part))
	}
	return a, nil
}

func existsAlready(path string) error {
	return fmt.Errorf("%s is there already; name another file", path)
}

// removeUnfinished removes what an export that was interrupted left.
func removeUnfinished(part string) error {
	f, err := os.Open(part) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at an earlier export: %w", err)
	}
	zip, err := gzip.NewReader(bufio.NewReader(f))
	_ = f.Close()                                                                  // it was only read
	if !errors.Is(err, io.EOF) && (err != nil || zip.Comment != archive.Comment) { // nothing may have been written yet
		return existsAlready(part)
	}
	return os.Remove(part)
}

// rename overwrites nothing, as a link does not.
func rename(part, path string) error {
	err := os.Link(part, path)
	switch {
	case err == nil:
		return os.Remove(part)
	case errors.Is(err, fs.ErrExist):
		return existsAlready(path)
	}
	if _, err := os.Lstat(path); err == nil { // a disk without links
		return existsAlready(path)
	}
	return os.Rename(part, path)
}
