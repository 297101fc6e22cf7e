package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"hamconnect/server/internal/archive"
)

// Stage is what an export or an import is doing.
type Stage string

// The stages, in their order. An export has one.
const (
	Exporting Stage = "exporting"
	Checking  Stage = "checking the archive"
	Importing Stage = "importing"
	Comparing Stage = "comparing"
)

// Progress is told how many rows of all a stage has done.
type Progress func(stage Stage, done, all int64)

// tellEvery is after how many rows progress is told.
const tellEvery = 1000

// unfinishedSetting is there from the beginning of an import to the moment
// that all of it was compared with the archive. No archive holds it.
const unfinishedSetting = "unfinished_import"

// unfinished is its value.
type unfinished struct {
	Archive string `json:"archive"` // the ID
	Rows    int64  `json:"rows"`    // that are here already, in the archive's order
}

// ErrUnfinished is returned for a database that holds a part of an archive.
var ErrUnfinished = errors.New("an import into this database is not finished, so it holds a part of the data only; go on by calling 'ham import' again with the same archive")

// errNewer says that the database has tables that this ham may not know.
var errNewer = errors.New("the database was brought up to date by a newer ham than this one: use that one")

// CheckFinished gives ErrUnfinished while an import is not finished.
func (db *DB) CheckFinished(ctx context.Context) error {
	_, err := db.Setting(ctx, unfinishedSetting)
	return finished(err)
}

// finished makes an answer of what looking for the setting gave.
func finished(looked error) error {
	switch {
	case errors.Is(looked, ErrNotFound):
		return nil
	case looked == nil:
		return ErrUnfinished
	}
	return looked
}

// SetWhereFinished is Set for a server that starts: in the same step it sees
// that no import is unfinished. As no import begins in a database that holds
// anything, of a server and an import that begin at once one gives way.
func (db *DB) SetWhereFinished(ctx context.Context, name, value string) error {
	return db.write(ctx, func(t tx) error {
		var text string
		if err := finished(t.queryRow(`SELECT value FROM settings WHERE name = $1`, unfinishedSetting).Scan(&text)); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
		return err
	})
}

// snapshot runs do on the whole database as it is at one moment. Servers go on
// beside it.
func (db *DB) snapshot(ctx context.Context, do func(*sql.Tx, *schema) error) (err error) {
	s, err := tables()
	if err != nil {
		return err
	}
	t, err := db.begin(ctx)
	if err != nil {
		return asStoreError(err)
	}
	defer t.Rollback() //nolint:errcheck // it has written nothing
	var version int64
	if err := t.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&version); err != nil {
		return asStoreError(err)
	}
	if version != s.version {
		return errNewer
	}
	return do(t, s)
}

// Export writes an archive of all that the database holds at one moment. A nil
// seal leaves the server's keys in the open.
func (db *DB) Export(ctx context.Context, w io.Writer, seal *KeySeal, tell Progress) (summary archive.Summary, err error) {
	err = db.snapshot(ctx, func(t *sql.Tx, s *schema) error {
		var text string
		if err := finished((&row{row: t.QueryRowContext(ctx, `SELECT value FROM settings WHERE name = $1`, unfinishedSetting)}).Scan(&text)); err != nil {
			return err
		}
		header := archive.NewHeader(db.Now(), s.version, seal != nil)
		for _, table := range s.tables {
			described := archive.Table{Name: table.name, Columns: table.names()}
			if err := t.QueryRowContext(ctx, table.count()).Scan(&described.Rows); err != nil {
				return asStoreError(err)
			}
			header.Tables = append(header.Tables, described)
		}
		out, err := archive.NewWriter(w, header)
		if err != nil {
			return err
		}
		seal.onArchive(header, out, nil)
		done, all := int64(0), header.Rows()
		for _, table := range s.tables {
			err := db.each(ctx, t, table, func(row []any) error {
				if done++; done%tellEvery == 0 {
					tell(Exporting, done, all)
				}
				return out.Row(row)
			})
			if err != nil {
				return err
			}
			if err := out.EndTable(); err != nil {
				return err
			}
		}
		tell(Exporting, done, all)
		summary, err = out.Close()
		return err
	})
	return summary, err
}

// each gives the rows of a table in the order of their primary key, and the
// server's keys as it uses them.
func (db *DB) each(ctx context.Context, t *sql.Tx, table table, do func(row []any) error) error {
	rows, err := t.QueryContext(ctx, table.all())
	if err != nil {
		return asStoreError(err)
	}
	defer rows.Close()
	values, into := make([]any, len(table.columns)), make([]any, len(table.columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("reading table %s: %w", table.name, err)
		}
		if err := table.check(values); err != nil {
			return err
		}
		row := values
		if table.name == keyTable {
			if row, err = db.seal.openRow(values); err != nil {
				return err
			}
		}
		if err := do(row); err != nil {
			return err
		}
	}
	return asStoreError(rows.Err())
}

// compare reads back what was imported.
func (db *DB) compare(ctx context.Context, summary archive.Summary, tell Progress) error {
	return db.snapshot(ctx, func(t *sql.Tx, s *schema) error {
		done, all := int64(0), summary.Rows()
		for i, table := range s.tables {
			hash := archive.NewHash()
			err := db.each(ctx, t, table, func(row []any) error {
				if done++; done%tellEvery == 0 {
					tell(Comparing, done, all)
				}
				return hash.Add(row)
			})
			if err != nil {
				return err
			}
			if sum := hash.Sum(table.name); sum != summary.Sums[i] {
				return fmt.Errorf("table %s is not as in the archive: it has %d rows with the checksum %s, and should have %d with %s; begin anew with --restart, and let nothing else write to the database",
					table.name, sum.Rows, sum.SHA256, summary.Sums[i].Rows, summary.Sums[i].SHA256)
			}
		}
		tell(Comparing, done, all)
		return nil
	})
}

func (u unfinished) text() string { return asJSON(u) }

func parseUnfinished(text string) (u unfinished, err error) {
	if err := json.Unmarshal([]byte(text), &u); err != nil {
		return u, fmt.Errorf("reading how far the import is: %w", err)
	}
	return u, nil
}
