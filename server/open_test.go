package server_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
)

func openAdmin(t *testing.T, dir string) *server.Admin {
	t.Helper()
	a, err := server.OpenAdmin(t.Context(), server.Place{DataDir: dir, Database: storetest.Address(t, dir)}, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func TestASecondServerOnTheSameFolderIsRefusedAndHarmsNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	if p.Database != "" {
		t.Skip("a database on PostgreSQL is for any number of servers")
	}
	_, err := server.Open(t.Context(), server.Config{DataDir: p.DataDir, PublicURL: "http://localhost:1"})
	if !errors.Is(err, store.ErrInUse) {
		t.Fatalf("%v", err)
	}
	phone, _ := p.AddPhone("Lin")
	if a := p.Userinfo(p.AddApp(nil), p.Token(p.AddApp(nil), phone)); a.Status != 403 {
		t.Errorf("the first one answers %d", a.Status)
	}
}

func TestALooseDataFolderIsRefusedBeforeAnythingStarts(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := server.Open(t.Context(), server.Config{DataDir: dir, PublicURL: "http://localhost:1"})
	if err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("%v", err)
	}
}

func TestThePublicURLIsOneOriginAndHTTPSSaveOnLoopback(t *testing.T) {
	for text, want := range map[string]string{
		"https://ham.example":           "https://ham.example",
		"https://HAM.example/":          "https://ham.example",
		"https://ham.example:443":       "https://ham.example",
		"https://ham.example:8443":      "https://ham.example:8443",
		"http://localhost:8484":         "http://localhost:8484",
		"http://127.0.0.1:80/":          "http://127.0.0.1",
		"http://[::1]:8484":             "http://[::1]:8484",
		"http://ham.example":            "",
		"http://localhost.evil.example": "",
		"http://0.0.0.0:8484":           "",
		"https://user@ham.example":      "",
		"https://ham.example/path":      "",
		"https://ham.example?x=1":       "",
		"https://ham.example#x":         "",
		"ftp://ham.example":             "",
		"ham.example":                   "",
		"https://":                      "",
		"":                              "",
	} {
		if got, err := server.ParsePublicURL(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q gives %q, %v", text, got, err)
		}
	}
}
