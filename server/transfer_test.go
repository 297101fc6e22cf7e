package server_test

import (
	"context"
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

// What an import says when it is stopped must be true: before it has stored
// anything a server would start there, and make keys of its own.
func TestAnImportThatWasStoppedSaysWhetherItHasBegun(t *testing.T) {
	data, archive := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "all.ham")
	admin, err := server.OpenAdmin(t.Context(), server.Place{DataDir: data}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := admin.AddUser(t.Context(), server.User{Nickname: "Lin"}); err != nil {
		t.Fatal(err)
	}
	if err := admin.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := (server.Transfer{Place: server.Place{DataDir: data}}).ExportFile(t.Context(), archive); err != nil {
		t.Fatal(err)
	}
	for at, begun := range map[server.Stage]bool{server.Checking: false, server.Importing: true} {
		ctx, stop := context.WithCancel(t.Context())
		transfer := server.Transfer{Place: server.Place{DataDir: filepath.Join(t.TempDir(), "new")}}
		transfer.Tell = func(stage server.Stage, _, _ int64) {
			if stage == at {
				stop()
			}
		}
		_, err := transfer.ImportFile(ctx, archive, false)
		stop()
		if !errors.Is(err, server.ErrStopped) || errors.Is(err, server.ErrStoppedMidway) != begun {
			t.Errorf("stopped while %s: %v", at, err)
		}
		unfinished, err := server.OpenAdmin(t.Context(), transfer.Place, "")
		if err == nil {
			err = unfinished.Close()
		}
		if (err != nil) != begun {
			t.Errorf("stopped while %s, it is opened with %v", at, err)
		}
	}
}
