package archive

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	header = Header{Format: Format, ID: "ID", Schema: 7, Made: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Tables: []Table{
		{"users", []string{"id", "name", "picture", "at"}, 3}, {"empty", []string{"id"}, 0}, {"tokens", []string{"id"}, 1},
	}}
	rows = [][]any{
		{"a", "Lin 林 \u2028 <&>", []byte{0, 255}, int64(-62135596800000000)},
		{"b", "not \xff UTF-8, and a zero \x00", []byte{}, nil},
		{"c", "", nil, int64(1<<63 - 1)},
		{"d"},
	}
)

func write(t testing.TB, header Header, rows [][]any) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, header)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range header.Tables {
		for range table.Rows {
			if err := w.Row(rows[0]); err != nil {
				t.Fatal(err)
			}
			rows = rows[1:]
		}
		if err := w.EndTable(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(from []byte) (s Summary, rows [][]any, err error) {
	r, err := NewReader(bytes.NewReader(from))
	for err == nil {
		var row []any
		if _, row, err = r.Next(); err == nil {
			rows = append(rows, row)
		}
	}
	if errors.Is(err, io.EOF) {
		return r.Summary(), rows, nil
	}
	return s, rows, err
}

func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	summary, got, err := read(write(t, header, rows))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rows, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(header, summary.Header); d != "" {
		t.Error(d)
	}
	if summary.Total.Rows != 4 || len(summary.Sums) != 3 || summary.Sums[1].Rows != 0 {
		t.Errorf("%+v", summary)
	}
}

// A value that moves into another column, or becomes one of another kind, is
// another row.
func TestNoTwoRowsHaveTheSameChecksum(t *testing.T) {
	seen := map[string]int{}
	for i, row := range [][]any{
		{"ab", ""}, {"a", "b"}, {"", "ab"}, {"ab"}, {[]byte("ab"), ""}, {"ab", nil}, {"ab", []byte{}}, {nil, "ab"}, {int64(0), ""}, {int64(1), ""}, {"1", ""}, {},
	} {
		h := NewHash()
		if err := h.Add(row); err != nil {
			t.Fatal(err)
		}
		sum := h.Sum("").SHA256
		if other, is := seen[sum]; is {
			t.Errorf("row %d has the checksum of row %d", i, other)
		}
		seen[sum] = i
	}
	if err := NewHash().Add([]any{1.5}); err == nil {
		t.Error("a kind that no archive holds is added up")
	}
}

func TestAnArchiveThatIsCutOffIsRefused(t *testing.T) {
	whole := write(t, header, rows)
	for n := range whole {
		if _, _, err := read(whole[:n]); err == nil {
			t.Fatalf("%d bytes of %d are enough", n, len(whole))
		}
	}
	if _, _, err := read(append(whole, "more"...)); !errors.Is(err, ErrDamaged) {
		t.Errorf("with more behind it: %v", err)
	}
	if _, _, err := read(append(whole, write(t, header, rows)...)); !errors.Is(err, ErrDamaged) {
		t.Errorf("with another one behind it: %v", err)
	}
}

// A few bytes of gzip's own header say nothing about the data.
func TestAnArchiveWithAnotherByteIsRefusedOrTheSame(t *testing.T) {
	whole := write(t, header, rows)
	want, _, err := read(whole)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range whole {
		for _, bit := range []byte{1, 0x10, 0x80} {
			other := bytes.Clone(whole)
			other[i] ^= bit
			got, _, err := read(other)
			if err != nil {
				refused++
			} else if d := cmp.Diff(want, got); d != "" {
				t.Errorf("byte %d: %s", i, d)
			}
		}
	}
	if refused < 3*(len(whole)-30) {
		t.Errorf("%d of %d changes were found", refused, 3*len(whole))
	}
}

// Where gzip's checksum is right too, ours are not.
func TestAnArchiveThatWasWrittenAnewIsRefused(t *testing.T) {
	zip, err := gzip.NewReader(bytes.NewReader(write(t, header, rows)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(all), "\n")
	for name, c := range map[string]struct {
		change func() string
		want   error
	}{
		"nothing":             {func() string { return string(all) }, nil},
		"a value":             {func() string { return strings.Replace(string(all), `"a",`, `"A",`, 1) }, ErrDamaged},
		"a row less":          {func() string { return lines[0] + strings.Join(lines[2:], "") }, ErrDamaged},
		"a row twice":         {func() string { return lines[0] + lines[1] + strings.Join(lines[1:], "") }, ErrDamaged},
		"two rows in turn":    {func() string { return lines[0] + lines[2] + lines[1] + strings.Join(lines[3:], "") }, ErrDamaged},
		"a column less":       {func() string { return strings.Replace(string(all), `["d"]`, `[]`, 1) }, ErrDamaged},
		"a value of a kind":   {func() string { return strings.Replace(string(all), `["d"]`, `[true]`, 1) }, ErrDamaged},
		"an empty line":       {func() string { return lines[0] + "\n" + strings.Join(lines[1:], "") }, ErrDamaged},
		"no end of a table":   {func() string { return strings.Join(append(lines[:4:4], lines[5:]...), "") }, ErrDamaged},
		"no end":              {func() string { return strings.Join(lines[:len(lines)-2], "") }, ErrDamaged},
		"something behind it": {func() string { return string(all) + "\n" }, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			zip := gzip.NewWriter(&b)
			if _, err := io.WriteString(zip, c.change()); err != nil {
				t.Fatal(err)
			}
			if err := zip.Close(); err != nil {
				t.Fatal(err)
			}
			if _, _, err := read(b.Bytes()); !errors.Is(err, c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A few thousand bytes of gzip can hold a line of very many values.
func TestALineOfVeryManyValuesCostsNoMoreThanItsLength(t *testing.T) {
	const many = 1 << 20
	packed := func(text string) []byte {
		var b bytes.Buffer
		zip := gzip.NewWriter(&b)
		if _, err := io.WriteString(zip, text); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	begin := `{"ham_export":1,"id":"ID","tables":[{"name":"users","columns":["id"],"rows":1}`
	for name, text := range map[string]string{
		"a row":      begin + "]}\n[" + strings.Repeat("1,", many) + "1]\n",
		"the header": begin + strings.Repeat(",{}", many) + "]}\n",
	} {
		var before, after runtime.MemStats
		from := packed(text)
		runtime.ReadMemStats(&before)
		if _, _, err := read(from); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8*uint64(len(text)) {
			t.Errorf("%s of %d bytes takes %d", name, len(text), took)
		}
	}
	widest := make([]any, maxColumns+1)
	line, err := appendRow(nil, widest)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseRow(line); err == nil {
		t.Error("a row of too many columns is read")
	}
}

func TestOtherFilesAreNoArchives(t *testing.T) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := io.WriteString(zip, "a tar, perhaps\n"); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"nothing":        {"", "no archive"},
		"a text":         {"hello, this is no archive", "no archive"},
		"another gzip":   {b.String(), "no archive"},
		"a newer format": {string(write(t, Header{Format: Format + 1, ID: "ID"}, nil)), "newer ham"},
	} {
		if _, _, err := read([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the reader takes it gives as the writer would have been given it.
func FuzzReader(f *testing.F) {
	zip, err := gzip.NewReader(bytes.NewReader(write(f, header, rows)))
	if err != nil {
		f.Fatal(err)
	}
	seed, err := io.ReadAll(zip)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, text []byte) {
		var b bytes.Buffer
		zip, err := gzip.NewWriterLevel(&b, gzip.NoCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := zip.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		summary, rows, err := read(b.Bytes())
		if err != nil {
			return
		}
		again, _, err := read(write(t, summary.Header, rows))
		if d := cmp.Diff(summary.Sums, again.Sums); err != nil || d != "" {
			t.Fatalf("%v: %s", err, d)
		}
	})
}
