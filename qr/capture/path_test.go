package capture_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/capture"
)

// folder makes files, and goes to where they are.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

func TestWhatIsDroppedBecomesAFilesName(t *testing.T) {
	dir := folder(t, "my shot.png", "it's.png", "a.png", "notes.txt", "50%.png")
	t.Setenv("HOME", dir)
	here, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text, want string
		more       int
	}{
		"a name":                            {"a.png", "a.png", 0},
		"a name with spaces":                {dir + "/my shot.png", dir + "/my shot.png", 0},
		"white space around it":             {" \t" + dir + "/a.png \n", dir + "/a.png", 0},
		"in single quotes":                  {"'" + dir + "/my shot.png'", dir + "/my shot.png", 0},
		"in single quotes, with a space":    {"'" + dir + "/my shot.png' ", dir + "/my shot.png", 0},
		"in double quotes":                  {`"` + dir + `/my shot.png"`, dir + "/my shot.png", 0},
		"with backslashes":                  {dir + `/my\ shot.png`, dir + "/my shot.png", 0},
		"an apostrophe as a shell has it":   {"'" + dir + `/it'\''s.png'`, dir + "/it's.png", 0},
		"an apostrophe as it is":            {dir + "/it's.png", dir + "/it's.png", 0},
		"an apostrophe, and no such file":   {"/no/it's.png", "/no/it's.png", 0},
		"a URL":                             {"file://" + dir + "/my%20shot.png", dir + "/my shot.png", 0},
		"a URL in capitals":                 {"FILE://" + dir + "/a.png", dir + "/a.png", 0},
		"a URL of localhost":                {"file://localhost" + dir + "/a.png", dir + "/a.png", 0},
		"a URL of this computer":            {"file://" + here + dir + "/a.png", dir + "/a.png", 0},
		"a URL in quotes":                   {"'file://" + dir + "/my%20shot.png'", dir + "/my shot.png", 0},
		"a URL with a percent sign":         {"file://" + dir + "/50%25.png", dir + "/50%.png", 0},
		"a name with a percent sign":        {dir + "/50%.png", dir + "/50%.png", 0},
		"at home":                           {"~/a.png", dir + "/a.png", 0},
		"at home in quotes":                 {"'~/a.png'", dir + "/a.png", 0},
		"two quoted":                        {"'" + dir + "/a.png' '" + dir + "/my shot.png'", dir + "/a.png", 1},
		"two URLs in lines":                 {"file://" + dir + "/a.png\r\nfile://" + dir + "/my%20shot.png\r\n", dir + "/a.png", 1},
		"the picture of three":              {dir + "/notes.txt " + dir + "/a.png " + dir + `/my\ shot.png`, dir + "/a.png", 2},
		"no such file with spaces":          {"/no/such file here.png", "/no/such file here.png", 0},
		"a word":                            {"hello", "hello", 0},
		"an open quote":                     {`"a.png`, `"a.png`, 0},
		"a backslash at the end":            {`a.png\`, `a.png\`, 0},
		"what a shell would run stays text": {"$(touch x).png", "$(touch x).png", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := capture.Path(c.text)
			if err != nil || got.Path != c.want || got.More != c.more {
				t.Errorf("%q is %+v, %v; want %q, %d", c.text, got, err, c.want, c.more)
			}
		})
	}
	for name, text := range map[string]string{
		"nothing": "  ", "another computer's": "file://elsewhere.example/a.png", "no name": "file://host",
		"half an escape": "file:///a%2", "a NUL": "file:///a%00b", "far too long": strings.Repeat("a", 1<<20),
	} {
		_, err := capture.Path(text)
		if told, ok := errors.AsType[*capture.Error](err); !ok || told.Reason == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCompletionShowsPicturesFirst(t *testing.T) {
	dir := folder(t, "b.png", "a.JPG", "notes.txt", ".hidden.png", "sub/c.webp", "ann/d.gif", "Pictures/my shot.png", "~odd/x.png")
	t.Setenv("HOME", dir)
	if err := os.Symlink("/nowhere", "broken.png"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("sub", "link"); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{
		"":               {"a.JPG", "b.png", "Pictures/", "ann/", "link/", "sub/", "~odd/"},
		"a":              {"a.JPG", "ann/"},
		".":              {".hidden.png"},
		"s":              {"sub/"},
		"sub/":           {"sub/c.webp"},
		"./sub/":         {"./sub/c.webp"},
		"~/P":            {"~/Pictures/"},
		"~/Pictures/my":  {"~/Pictures/my shot.png"},
		dir + "/b":       {dir + "/b.png"},
		"nothing":        nil,
		"no/such/folder": nil,
		"notes.txt/":     nil,
		"~":              nil,
		"file://x/":      nil,
		"/dev/null/":     nil,
	} {
		if diff := cmp.Diff(want, capture.Complete(prefix)); diff != "" {
			t.Errorf("%q: %s", prefix, diff)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"'a b.png'", `a\ b.png`, "file:///a%20b.png", "~/x", "'a' 'b'", `"a`, "\\", "file://%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := capture.Path(text)
		if err == nil && d.Path == "" && strings.TrimSpace(text) != "" && !strings.ContainsAny(text, `'"`) {
			t.Errorf("%q names nothing", text)
		}
	})
}
