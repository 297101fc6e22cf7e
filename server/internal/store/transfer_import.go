package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"hamconnect/server/internal/archive"
)

// A batch is what is stored in one transaction, with the place that it reaches.
const (
	batchRows  = 10_000
	batchBytes = 8 << 20
)

// NotEmptyError says that something is in a database that was to be filled.
type NotEmptyError struct{ Table string }

func (e *NotEmptyError) Error() string {
	if e.Table == "settings" || e.Table == keyTable {
		return "a server has run on this database; an import wants one that is new: name another folder, or make another database"
	}
	return fmt.Sprintf("this database has %s already; an import wants one that is new: name another folder, or make another database", strings.ReplaceAll(e.Table, "_", " "))
}

// Imported is what an import did.
type Imported struct {
	archive.Summary
	Resumed int64 // rows that an earlier call had stored
}

// Importer imports one archive.
type Importer struct {
	DB   *DB
	Seal *KeySeal // of the archive's keys; nil where they are in the open
	Tell Progress
}

// reader begins to read an archive, which must fit this database.
func (m Importer) reader(r io.Reader) (*archive.Reader, *schema, error) {
	in, err := archive.NewReader(r)
	if err != nil {
		return nil, nil, err
	}
	s, err := tables()
	if err != nil {
		return nil, nil, err
	}
	header := in.Header()
	switch {
	case header.Schema > s.version:
		return nil, nil, errors.New("the archive was made by a newer ham than this one: import it with that one")
	case header.Schema < s.version:
		return nil, nil, errors.New("the archive was made by an older ham than this one: export the data again with this one, which brings them up to date")
	case !slices.EqualFunc(header.Tables, s.tables, func(a archive.Table, t table) bool {
		return a.Name == t.name && a.Rows >= 0 && slices.Equal(a.Columns, t.names())
	}):
		return nil, nil, fmt.Errorf("%w: its tables are not those of this ham", archive.ErrDamaged)
	case header.Sealed && m.Seal == nil:
		return nil, nil, errors.New("the keys in the archive are sealed: give the --key-file that it was exported with")
	}
	m.Seal.onArchive(header, nil, in)
	return in, s, nil
}

// Check reads all of an archive and finds whether it is whole and can be
// imported into this database.
func (m Importer) Check(ctx context.Context, r io.Reader, restart bool) error {
	in, s, err := m.reader(r)
	if err != nil {
		return err
	}
	if err := m.place(ctx, s, in.Header(), restart, nil); err != nil {
		return err
	}
	done, all := int64(0), in.Header().Rows()
	for {
		table, row, err := in.Next()
		if errors.Is(err, io.EOF) {
			m.Tell(Checking, done, all)
			return nil
		}
		if err == nil {
			err = m.fits(s.table(table.Name), row)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if done++; done%tellEvery == 0 {
			m.Tell(Checking, done, all)
		}
	}
}

// fits reports whether the database can hold a row.
func (m Importer) fits(table table, row []any) error {
	if err := table.check(row); err != nil {
		return err
	}
	if !m.DB.holdsBytesInTexts() {
		for i, value := range row {
			if text, ok := value.(string); ok && (!utf8.ValidString(text) || strings.Contains(text, "\x00")) {
				return fmt.Errorf("a text in the column %s of table %s is not UTF-8 or has a zero byte, which PostgreSQL cannot hold; remove that row where it comes from, and export again", table.columns[i].name, table.name)
			}
		}
	}
	return nil
}

// Import stores an archive, from the place on that an earlier call has reached.
// restart has it remove first what an unfinished import left.
func (m Importer) Import(ctx context.Context, r io.Reader, restart bool) (Imported, error) {
	in, s, err := m.reader(r)
	if err != nil {
		return Imported{}, err
	}
	var place unfinished
	if err := m.place(ctx, s, in.Header(), restart, &place); err != nil {
		return Imported{}, err
	}
	resumed := place.Rows
	if place, err = m.load(ctx, in, s, place); err != nil {
		if errors.Is(err, archive.ErrDamaged) { // nobody could check it before
			err = fmt.Errorf("%w; call 'ham import' again with a whole copy of it to go on, or with another archive and --restart", err)
		}
		return Imported{}, err
	}
	summary := in.Summary()
	if err := m.DB.compare(ctx, summary, m.Tell); err != nil {
		return Imported{}, err
	}
	if err := m.DB.steps.settle(ctx); err != nil {
		return Imported{}, err
	}
	err = m.DB.write(ctx, func(t tx) error {
		return only(t.exec(`DELETE FROM settings WHERE name = $1 AND value = $2`, unfinishedSetting, place.text()))
	})
	return Imported{summary, resumed}, err
}

// place finds where to begin; into may be nil, and then nothing is written. A
// database that holds anything, but no part of this archive, is refused.
func (m Importer) place(ctx context.Context, s *schema, header archive.Header, restart bool, into *unfinished) error {
	begin := unfinished{Archive: header.ID}
	if restart && into != nil {
		if err := m.clear(ctx, s, begin); err != nil {
			return err
		}
	}
	return m.DB.write(ctx, func(t tx) error {
		var version int64
		if err := t.queryRow(`SELECT max(version_id) FROM goose_db_version`).Scan(&version); err != nil {
			return err
		}
		if version != s.version {
			return errNewer
		}
		var text string
		switch err := t.queryRow(`SELECT value FROM settings WHERE name = $1`, unfinishedSetting).Scan(&text); {
		case err == nil:
			u, err := parseUnfinished(text)
			if err != nil {
				return err
			}
			if u.Archive != header.ID && !restart {
				return errors.New("the import of another archive into this database is not finished; go on with that one, or begin anew with this one by --restart")
			}
			if into != nil {
				*into = u
			}
			return nil
		case !errors.Is(err, ErrNotFound):
			return err
		}
		if err := empty(t, s); err != nil {
			return err
		}
		if into == nil {
			return nil
		}
		*into = begin
		_, err := t.exec(`INSERT INTO settings (name, value) VALUES ($1, $2)`, unfinishedSetting, begin.text())
		return err
	})
}

// empty finds something in the database; people are a better reason than keys.
func empty(t tx, s *schema) (found error) {
	for _, table := range s.tables {
		var n int
		if err := t.queryRow(table.first()).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			found = &NotEmptyError{table.name}
			if table.name != "settings" && table.name != keyTable {
				break
			}
		}
	}
	return found
}

// clear removes what an unfinished import left, and marks the beginning of
// another one. Where none is unfinished it leaves everything.
func (m Importer) clear(ctx context.Context, s *schema, begin unfinished) error {
	if err := m.DB.CheckFinished(ctx); !errors.Is(err, ErrUnfinished) {
		return err
	}
	return m.DB.steps.load(ctx, table{}, nil, func(t tx) error {
		if err := only(t.exec(`DELETE FROM settings WHERE name = $1`, unfinishedSetting)); err != nil {
			return err
		}
		for _, table := range slices.Backward(s.tables) {
			if _, err := t.exec(table.empty()); err != nil {
				return err
			}
		}
		_, err := t.exec(`INSERT INTO settings (name, value) VALUES ($1, $2)`, unfinishedSetting, begin.text())
		return err
	})
}

// load stores what comes after the place that was reached.
func (m Importer) load(ctx context.Context, in *archive.Reader, s *schema, at unfinished) (unfinished, error) {
	var (
		of    table
		rows  [][]any
		size  int
		seen  int64
		all   = in.Header().Rows()
		store = func() error {
			if len(rows) == 0 {
				return nil
			}
			to := unfinished{at.Archive, at.Rows + int64(len(rows))}
			err := m.DB.steps.load(ctx, of, rows, func(t tx) error {
				return only(t.exec(`UPDATE settings SET value = $1 WHERE name = $2 AND value = $3`, to.text(), unfinishedSetting, at.text()))
			})
			if err != nil {
				return fmt.Errorf("storing rows of table %s: %w", of.name, err)
			}
			at, rows, size = to, rows[:0], 0
			m.Tell(Importing, at.Rows, all)
			return nil
		}
	)
	for {
		table, row, err := in.Next()
		whole := errors.Is(err, io.EOF)
		if err != nil && !whole {
			return at, err
		}
		if whole || table.Name != of.name || len(rows) >= batchRows || size >= batchBytes {
			if err := store(); err != nil {
				return at, err
			}
			if err := ctx.Err(); err != nil {
				return at, err
			}
		}
		if whole {
			return at, nil
		}
		of = s.table(table.Name)
		if seen++; seen <= at.Rows {
			if seen%tellEvery == 0 {
				m.Tell(Importing, seen, all)
			}
			continue
		}
		if err := m.fits(of, row); err != nil {
			return at, err
		}
		if of.name == keyTable {
			row = m.DB.seal.closeRow(row)
		}
		rows = append(rows, row)
		size += sizeOf(row)
	}
}

// only wants that a statement has changed the one row that it is about: it is
// not there where two imports run at once.
func only(changed int64, err error) error {
	if err == nil && changed != 1 {
		return errors.New("another import runs on this database, or has just ended")
	}
	return err
}

func sizeOf(row []any) (n int) {
	for _, value := range row {
		switch v := value.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	return n
}

func (s *schema) table(name string) table {
	i := slices.IndexFunc(s.tables, func(t table) bool { return t.name == name })
	return s.tables[i] // the archive's tables are these
}
