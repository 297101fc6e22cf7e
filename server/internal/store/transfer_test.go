package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hamconnect/server/internal/archive"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
)

var (
	archiveKey = store.NewKeySeal([]byte("a key of archives, which tests may know"))
	silently   = func(store.Stage, int64, int64) {}
)

// folder opens a data folder, whatever database is tested.
func folder(t testing.TB) (*store.DB, string) {
	t.Helper()
	dir := t.TempDir() + "/data"
	db, err := store.Open(t.Context(), dir)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db, dir
}

// target opens what an import fills: on PostgreSQL, where that is tested.
func target(t testing.TB) *store.DB {
	t.Helper()
	db, err := storetest.Open(t, t.TempDir()+"/data")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func raw(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(dir, "ham.db")}).EscapedPath()+"?_pragma=foreign_keys(0)&_pragma=busy_timeout(5000)")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func column(t testing.TB, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		must(t, rows.Scan(&text))
		all = append(all, text)
	}
	must(t, rows.Err())
	return all
}

// fill puts n rows into every table that SQLite's catalogue names, but for what
// nodes note of themselves. A row refers to those of the same number.
func fill(t testing.TB, dir string, n int) (tables []string) {
	t.Helper()
	db := raw(t, dir)
	tables = column(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT IN ('goose_db_version', 'wakes', 'leases') ORDER BY name`)
	begun, err := db.BeginTx(t.Context(), nil)
	must(t, err)
	for _, table := range tables {
		columns := column(t, db, `SELECT name FROM pragma_table_info($1) ORDER BY cid`, table)
		kinds := column(t, db, `SELECT type || "notnull" FROM pragma_table_info($1) ORDER BY cid`, table)
		places := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
		for i := range n {
			row := make([]any, len(columns))
			for j, kind := range kinds {
				switch {
				case table == "server_keys" && columns[j] == "value":
					row[j] = bytes.Repeat([]byte{byte(i)}, 32)
				case columns[j] == "id", strings.HasSuffix(columns[j], "_id"):
					row[j] = fmt.Sprintf("id %d", i)
				case kind == "TEXT1", kind == "TEXT0":
					row[j] = fmt.Sprintf("%s %d 林\n\u2028\"<&>", columns[j], i)
				case kind == "BLOB1":
					row[j] = []byte{0, 255, byte(i >> 8), byte(i)}
				case kind == "BLOB0" && i%3 == 0:
					row[j] = []byte{} // which is not null
				case strings.HasSuffix(kind, "0") && i%2 == 0:
					row[j] = nil
				case kind == "BLOB0":
					row[j] = []byte("sealed")
				default:
					row[j] = int64(-62135596800000000) * int64(i%2)
				}
			}
			_, err := begun.ExecContext(t.Context(), "INSERT INTO "+table+" VALUES ("+places+")", row...)
			must(t, err)
		}
	}
	must(t, begun.Commit())
	return tables
}

func export(t testing.TB, db *store.DB, seal *store.KeySeal) ([]byte, archive.Summary) {
	t.Helper()
	var b bytes.Buffer
	summary, err := db.Export(t.Context(), &b, seal, silently)
	must(t, err)
	return b.Bytes(), summary
}

func importer(db *store.DB) store.Importer {
	return store.Importer{DB: db, Seal: archiveKey, Tell: silently}
}

func bring(ctx context.Context, m store.Importer, from []byte) (store.Imported, error) {
	if err := m.Check(ctx, bytes.NewReader(from), false); err != nil {
		return store.Imported{}, err
	}
	return m.Import(ctx, bytes.NewReader(from), false)
}

func TestEveryTableMovesThereAndBackWithTheSameChecksums(t *testing.T) {
	const n, more = 40, 4500 // more than a batch
	first, dir := folder(t)
	names := fill(t, dir, n)
	_, err := raw(t, dir).Exec(`WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < $1)
		INSERT INTO proofs SELECT randomblob(32), i FROM number`, more)
	must(t, err)
	packed, want := export(t, first, archiveKey)
	if len(want.Sums) != len(names) || want.Total.Rows != int64(n*len(names)+more) {
		t.Fatalf("the archive has %d rows of %d tables, the database %d of %d", want.Total.Rows, len(want.Sums), n*len(names)+more, len(names))
	}
	second := target(t)
	done, err := bring(t.Context(), importer(second), packed)
	must(t, err)
	if d := cmp.Diff(want, done.Summary); d != "" || done.Resumed != 0 {
		t.Errorf("%d resumed: %s", done.Resumed, d)
	}
	must(t, second.CheckFinished(t.Context()))
	packed, again := export(t, second, nil) // in the open this time
	if d := cmp.Diff(want.Sums, again.Sums); d != "" {
		t.Error(d)
	}
	if want.Total.SHA256 != again.Total.SHA256 {
		t.Errorf("%s, and then %s", want.Total.SHA256, again.Total.SHA256)
	}
	third, dir := folder(t)
	_, err = bring(t.Context(), store.Importer{DB: third, Tell: silently}, packed)
	must(t, err)
	if broken := column(t, raw(t, dir), `SELECT "table" FROM pragma_foreign_key_check`); len(broken) > 0 {
		t.Errorf("rows refer to what is not there: %v", broken)
	}
	if _, end := export(t, third, archiveKey); end.Total.SHA256 != want.Total.SHA256 {
		t.Errorf("%s, and at the end %s", want.Total.SHA256, end.Total.SHA256)
	}
	for _, db := range []*store.DB{second, third} {
		if key, err := db.Key(t.Context(), "name 7 林\n\u2028\"<&>"); err != nil || key != [32]byte(bytes.Repeat([]byte{7}, 32)) {
			t.Errorf("a key is another (%v)", err)
		}
	}
}

// The import is stopped after each batch, and each time called again. What is
// there already is not stored twice, and until the end nothing works on it.
func TestAnImportGoesOnWhereItWasInterrupted(t *testing.T) {
	first, dir := folder(t)
	fill(t, dir, 2)
	packed, want := export(t, first, archiveKey)
	other, _ := export(t, first, archiveKey)
	db := target(t)
	for calls := int64(0); ; calls++ {
		ctx, stop := context.WithCancel(t.Context())
		m := importer(db)
		m.Tell = func(stage store.Stage, rows, _ int64) {
			if stage == store.Importing && rows > 2*calls {
				stop()
			}
		}
		done, err := bring(ctx, m, packed)
		stop()
		if err == nil {
			if done.Resumed != 2*calls || done.Resumed != want.Total.Rows {
				t.Errorf("after %d calls %d of %d rows were there", calls, done.Resumed, want.Total.Rows)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := db.CheckFinished(t.Context()); !errors.Is(err, store.ErrUnfinished) {
			t.Fatalf("after %d calls: %v", calls+1, err)
		}
		if calls != 5 {
			continue
		}
		if err := db.SetWhereFinished(t.Context(), "public_url", "x"); !errors.Is(err, store.ErrUnfinished) {
			t.Errorf("a server starts: %v", err)
		}
		if _, err := db.Export(t.Context(), &bytes.Buffer{}, archiveKey, silently); !errors.Is(err, store.ErrUnfinished) {
			t.Errorf("half of the data is exported: %v", err)
		}
		if _, err := bring(t.Context(), importer(db), other); err == nil || !strings.Contains(err.Error(), "another archive") {
			t.Errorf("another archive goes on: %v", err)
		}
	}
	must(t, db.SetWhereFinished(t.Context(), "served", "x"))
	must(t, db.CheckFinished(t.Context()))
}

func TestAnUnfinishedImportCanBeginAnewWithAnotherArchive(t *testing.T) {
	first, dir := folder(t)
	fill(t, dir, 2)
	packed, _ := export(t, first, archiveKey)
	db := target(t)
	if _, err := importer(db).Import(t.Context(), bytes.NewReader(packed[:len(packed)-20]), false); !errors.Is(err, archive.ErrDamaged) || !strings.Contains(err.Error(), "--restart") {
		t.Fatalf("from a pipe that broke: %v", err)
	}
	other, dir := folder(t)
	fill(t, dir, 1)
	packed, want := export(t, other, archiveKey)
	must(t, importer(db).Check(t.Context(), bytes.NewReader(packed), true))
	done, err := importer(db).Import(t.Context(), bytes.NewReader(packed), true)
	must(t, err)
	if _, now := export(t, db, archiveKey); done.Resumed != 0 || now.Total.SHA256 != want.Total.SHA256 {
		t.Errorf("%d resumed, %s in place of %s", done.Resumed, now.Total.SHA256, want.Total.SHA256)
	}
	var full *store.NotEmptyError
	if _, err := importer(db).Import(t.Context(), bytes.NewReader(packed), true); !errors.As(err, &full) {
		t.Errorf("a database that is in use is emptied: %v", err)
	}
}

func TestOnlyANewDatabaseIsFilled(t *testing.T) {
	first, dir := folder(t)
	fill(t, dir, 1)
	packed, _ := export(t, first, archiveKey)
	for name, c := range map[string]struct {
		use  func(*store.DB) error
		want string
	}{
		"a server has run":  {func(db *store.DB) error { return db.SetWhereFinished(context.Background(), "public_url", "x") }, "a server has run"},
		"it has keys":       {func(db *store.DB) error { _, err := db.Key(context.Background(), "open_id"); return err }, "a server has run"},
		"somebody is there": {func(db *store.DB) error { furnish(t, db); return nil }, "this database has users"},
	} {
		t.Run(name, func(t *testing.T) {
			db := target(t)
			must(t, c.use(db))
			var full *store.NotEmptyError
			if _, err := bring(t.Context(), importer(db), packed); !errors.As(err, &full) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			must(t, db.CheckFinished(t.Context()))
		})
	}
}

func TestADamagedArchiveChangesNothing(t *testing.T) {
	first, dir := folder(t)
	fill(t, dir, 2)
	packed, want := export(t, first, archiveKey)
	db := target(t)
	broken := bytes.Clone(packed)
	broken[len(broken)/2] ^= 4
	for name, bad := range map[string][]byte{"cut off": packed[:len(packed)*9/10], "another byte": broken} {
		if _, err := bring(t.Context(), importer(db), bad); !errors.Is(err, archive.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, db.CheckFinished(t.Context()))
	done, err := bring(t.Context(), importer(db), packed)
	must(t, err)
	if done.Total.SHA256 != want.Total.SHA256 {
		t.Errorf("%s", done.Total.SHA256)
	}
}

func TestKeysInAnArchiveAreSealed(t *testing.T) {
	first, _ := folder(t)
	key, err := first.Key(t.Context(), "open_id")
	must(t, err)
	sealed, want := export(t, first, archiveKey)
	open, _ := export(t, first, nil)
	holds := func(packed []byte) bool {
		r, err := archive.NewReader(bytes.NewReader(packed))
		must(t, err)
		_, row, err := r.Next()
		must(t, err)
		return bytes.Contains(row[1].([]byte), key[:])
	}
	if holds(sealed) || !holds(open) {
		t.Errorf("the key is seen: %t sealed, %t in the open", holds(sealed), holds(open))
	}
	for name, c := range map[string]struct {
		seal *store.KeySeal
		want string
	}{
		"no key file":      {nil, "give the --key-file"},
		"another key file": {store.NewKeySeal([]byte("another")), "another key file than the one given"},
	} {
		db := target(t)
		if _, err := bring(t.Context(), store.Importer{DB: db, Seal: c.seal, Tell: silently}, sealed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, db.CheckFinished(t.Context()))
	}

	// Who can write archives, but has no key file, makes none that looks sealed.
	header := want.Header
	header.Sealed, header.Tables = true, nil
	for _, table := range want.Tables {
		table.Rows = 0
		header.Tables = append(header.Tables, table)
	}
	var forged bytes.Buffer
	w, err := archive.NewWriter(&forged, header)
	must(t, err)
	for range header.Tables {
		must(t, w.EndTable())
	}
	_, err = w.Close()
	must(t, err)
	if _, err := bring(t.Context(), importer(target(t)), forged.Bytes()); !errors.Is(err, archive.ErrDamaged) || !strings.Contains(err.Error(), "seal") {
		t.Errorf("a forged one: %v", err)
	}
}

func TestAnArchiveOfOtherTablesIsRefused(t *testing.T) {
	first, _ := folder(t)
	_, whole := export(t, first, nil)
	for name, c := range map[string]struct {
		change func(*archive.Header)
		want   string
	}{
		"a newer ham":   {func(h *archive.Header) { h.Schema++ }, "newer ham"},
		"an older ham":  {func(h *archive.Header) { h.Schema-- }, "export the data again"},
		"a table less":  {func(h *archive.Header) { h.Tables = h.Tables[1:] }, "tables are not those"},
		"a column less": {func(h *archive.Header) { h.Tables[2].Columns = h.Tables[2].Columns[1:] }, "tables are not those"},
	} {
		header := whole.Header
		header.Tables = append([]archive.Table{}, header.Tables...)
		c.change(&header)
		var b bytes.Buffer
		w, err := archive.NewWriter(&b, header)
		must(t, err)
		_, err = w.Close()
		must(t, err)
		if _, err := bring(t.Context(), importer(target(t)), b.Bytes()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// SQLite holds any bytes in a text, and gives them back; where PostgreSQL is
// filled they are found before it is begun.
func TestATextThatIsNoUTF8(t *testing.T) {
	first, dir := folder(t)
	fill(t, dir, 1)
	_, err := raw(t, dir).Exec(`UPDATE users SET nickname = CAST(x'4cff' AS TEXT)`)
	must(t, err)
	packed, want := export(t, first, archiveKey)
	db := target(t)
	done, err := bring(t.Context(), importer(db), packed)
	if storetest.Address(t, t.TempDir()) != "" {
		if err == nil || !strings.Contains(err.Error(), "column nickname of table users") {
			t.Errorf("%v", err)
		}
		must(t, db.CheckFinished(t.Context()))
		return
	}
	must(t, err)
	if done.Total.SHA256 != want.Total.SHA256 {
		t.Errorf("%s in place of %s", done.Total.SHA256, want.Total.SHA256)
	}
}

// What an export gives is one moment, though rows come and go while it reads.
func TestAnExportIsOneMoment(t *testing.T) {
	db := target(t)
	h := furnish(t, db)
	for i := range 1200 {
		must(t, db.Set(t.Context(), fmt.Sprint("setting ", i), "x"))
	}
	_, want := export(t, db, archiveKey)
	var b bytes.Buffer
	changed := false
	got, err := db.Export(t.Context(), &b, archiveKey, func(_ store.Stage, done, _ int64) {
		if done == 1000 && !changed {
			changed = true
			must(t, db.DeleteUser(context.Background(), h.user.ID))
		}
	})
	must(t, err)
	if !changed || got.Total.SHA256 != want.Total.SHA256 {
		t.Errorf("changed %t: %s and %s", changed, got.Total.SHA256, want.Total.SHA256)
	}
}

// Two imports of the same archive at once: each row is stored once, and who is
// too late says so.
func TestTwoImportsAtOnceDoNotHarmEachOther(t *testing.T) {
	first, dir := folder(t)
	fill(t, dir, 3)
	packed, want := export(t, first, archiveKey)
	db := target(t)
	failed := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := importer(db).Import(context.Background(), bytes.NewReader(packed), false)
			failed <- err
		}()
	}
	for range 2 {
		if err := <-failed; err != nil {
			t.Logf("one says: %v", err)
		}
	}
	if errors.Is(db.CheckFinished(t.Context()), store.ErrUnfinished) {
		_, err := bring(t.Context(), importer(db), packed)
		must(t, err)
	}
	if _, now := export(t, db, archiveKey); now.Total.SHA256 != want.Total.SHA256 {
		t.Errorf("%s in place of %s", now.Total.SHA256, want.Total.SHA256)
	}
}

// Of a server that starts and an import that begins, in the same moment, one
// gives way.
func TestNoServerStartsWhereAnImportBegins(t *testing.T) {
	first, dir := folder(t)
	fill(t, dir, 1)
	packed, _ := export(t, first, archiveKey)
	for range 4 {
		db := target(t)
		served := make(chan error, 1)
		go func() { served <- db.SetWhereFinished(context.Background(), "public_url", "x") }()
		ctx, stop := context.WithCancel(t.Context())
		m := importer(db)
		m.Tell = func(store.Stage, int64, int64) { stop() }
		_, err := m.Import(ctx, bytes.NewReader(packed), false)
		stop()
		starts := <-served
		var full *store.NotEmptyError
		switch unfinished := db.CheckFinished(t.Context()); {
		case errors.Is(starts, store.ErrUnfinished) && errors.Is(unfinished, store.ErrUnfinished) && errors.Is(err, context.Canceled):
		case starts == nil && unfinished == nil && errors.As(err, &full):
		default:
			t.Errorf("the server: %v; the import: %v; then: %v", starts, err, unfinished)
		}
	}
}

func TestADatabaseOfANewerHamIsLeftAlone(t *testing.T) {
	first, dir := folder(t)
	packed, _ := export(t, first, nil)
	_, err := raw(t, dir).Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (1000, 1)`)
	must(t, err)
	for name, err := range map[string]error{
		"open":   func() error { _, err := store.Open(t.Context(), dir); return err }(),
		"export": func() error { _, err := first.Export(t.Context(), &bytes.Buffer{}, nil, silently); return err }(),
		"import": func() error { _, err := bring(t.Context(), importer(first), packed); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), "newer ham") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
