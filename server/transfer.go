package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"hamconnect/server/internal/archive"
	"hamconnect/server/internal/store"
)

// Transfer moves everything that a server keeps out of its place into an
// archive, or from an archive into a place that is new. People, apps, tokens
// and sessions stay what they are, and so does every open_id.
type Transfer struct {
	Place Place

	// KeySecret seals the server's keys: in a database, as Config.KeySecret,
	// and in archives. Without one only a folder can be exported or filled, and
	// its archive holds the keys in the open.
	KeySecret []byte

	// Tell, if not nil, is told how many of all rows a stage has done.
	Tell func(stage Stage, done, all int64)
}

// Stage is what a transfer is doing. Its text can be shown to people.
type Stage = store.Stage

// The stages. An export has the first only.
const (
	Exporting = store.Exporting
	Checking  = store.Checking
	Importing = store.Importing
	Comparing = store.Comparing
)

// Archive is what an archive holds: its header, and counts and checksums.
type Archive = archive.Summary

// Imported is what an import did.
type Imported = store.Imported

// ErrStopped is returned where a transfer was stopped by its context.
var ErrStopped = errors.New("stopped")

// ErrStoppedMidway is the ErrStopped of an import that has begun to store: no
// server starts there until it is done. Before that one would, and would make
// keys of its own.
var ErrStoppedMidway = fmt.Errorf("%w midway", ErrStopped)

// check finds what cannot work before anything is opened.
func (t *Transfer) check() error {
	if t.Tell == nil {
		t.Tell = func(Stage, int64, int64) {}
	}
	switch {
	case t.Place.Database != "":
		return checkKeySecret(t.KeySecret)
	case len(t.KeySecret) > 0 && len(t.KeySecret) < minKeySecret:
		return fmt.Errorf("the key file is too short to seal an archive: it must hold at least %d characters", minKeySecret)
	}
	return nil
}

// seal is that of archives; nil without a secret.
func (t *Transfer) seal() *store.KeySeal {
	if len(t.KeySecret) == 0 {
		return nil
	}
	return store.NewKeySeal(t.KeySecret)
}

func (t *Transfer) open(ctx context.Context) (*store.DB, error) {
	if t.Place.Database != "" {
		return store.OpenPostgres(ctx, t.Place.Database, t.seal(), nil)
	}
	return store.Open(ctx, t.Place.DataDir)
}

// Export writes an archive. It holds everything as it is at one moment; servers
// may go on meanwhile, but what they store then is not in it.
func (t Transfer) Export(ctx context.Context, w io.Writer) (a Archive, err error) {
	defer func() { err = stopped(ctx, err) }()
	if err := t.check(); err != nil {
		return a, err
	}
	if t.Place.Database == "" {
		if err := store.CheckFolder(t.Place.DataDir); err != nil {
			return a, err
		}
	}
	db, err := t.open(ctx)
	if err != nil {
		return a, err
	}
	a, err = db.Export(ctx, w, t.seal(), t.Tell)
	return a, errors.Join(err, db.Close())
}

// Import fills the place, which must be new, with an archive that can be read
// once only. restart removes first what an unfinished import left. It is best
// to use ImportFile where there is a file.
func (t Transfer) Import(ctx context.Context, r io.Reader, restart bool) (Imported, error) {
	return t.fill(ctx, func(m store.Importer) (Imported, error) { return m.Import(ctx, r, restart) })
}

// ImportFile is Import from a file. All of it is checked first: a damaged
// archive changes nothing.
func (t Transfer) ImportFile(ctx context.Context, path string, restart bool) (Imported, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return Imported{}, fmt.Errorf("opening the archive: %w", err)
	}
	defer f.Close()
	if err := looksLikeArchive(f); err != nil {
		return Imported{}, err // before a folder is made for it
	}
	return t.fill(ctx, func(m store.Importer) (Imported, error) {
		if err := m.Check(ctx, f, restart); err != nil {
			return Imported{}, err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return Imported{}, fmt.Errorf("reading the archive: %w", err)
		}
		return m.Import(ctx, f, restart)
	})
}

func looksLikeArchive(f *os.File) error {
	if _, err := archive.NewReader(f); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// fill runs an import, alone: on a folder no server may run.
func (t Transfer) fill(ctx context.Context, do func(store.Importer) (Imported, error)) (done Imported, err error) {
	defer func() { err = stopped(ctx, err) }()
	if err := t.check(); err != nil {
		return done, err
	}
	unlock := func() error { return nil }
	if t.Place.Database == "" {
		if unlock, err = store.LockFolder(t.Place.DataDir); err != nil {
			return done, err
		}
	}
	db, err := t.open(ctx)
	if err != nil {
		return done, errors.Join(err, unlock())
	}
	done, err = do(store.Importer{DB: db, Seal: t.seal(), Tell: t.Tell})
	if err != nil && ctx.Err() != nil && errors.Is(db.CheckFinished(context.WithoutCancel(ctx)), store.ErrUnfinished) {
		err = ErrStoppedMidway
	}
	return done, errors.Join(err, db.Close(), unlock())
}

func stopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		if errors.Is(err, ErrStoppedMidway) {
			return ErrStoppedMidway
		}
		return ErrStopped
	}
	return err
}
