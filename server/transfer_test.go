package server_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hamconnect/server"
)

// While an archive is written somebody else may want its name.
func TestAnExportGivesItsNameToNoOtherFile(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	admin, err := server.OpenAdmin(t.Context(), server.Place{DataDir: data}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		meanwhile  func(path string) error
		want       string
		path, part string // what lies there in the end
	}{
		"nothing happens": {func(string) error { return nil }, "", "archive", ""},
		"the name is taken": {
			func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) },
			"there already", "mine", "",
		},
		"another export has begun": {
			func(path string) error {
				return errors.Join(os.Remove(path+".part"), os.WriteFile(path+".part", []byte("mine"), 0o600))
			},
			"another export", "", "mine",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "all.ham")
			transfer := server.Transfer{Place: server.Place{DataDir: data}}
			transfer.Tell = func(server.Stage, int64, int64) {
				if err := c.meanwhile(path); err != nil {
					t.Error(err)
				}
			}
			_, err := transfer.ExportFile(t.Context(), path)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v", err)
			}
			for path, want := range map[string]string{path: c.path, path + ".part": c.part} {
				text, err := os.ReadFile(path)
				switch {
				case want == "" && !errors.Is(err, fs.ErrNotExist), want == "mine" && string(text) != want, want == "archive" && len(text) < 100:
					t.Errorf("%s holds %d bytes (%v)", filepath.Base(path), len(text), err)
				}
			}
		})
	}
}
