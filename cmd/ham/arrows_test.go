package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which packages of ours each package may import, tests left out.
// The compiler keeps server/internal to the server; this test keeps the rest.
var arrows = map[string][]string{
	"cmd/ham":         {"cmd/ham/bench", "cmd/ham/library", "server", "tui", "tui/plain", "tui/client", "tui/rules", "qr", "qr/capture", "qr/pairing"},
	"cmd/ham/library": {},
	"cmd/ham/bench":   {"tui/client", "qr", "qr/pairing"},

	"passkey":         {},
	"passkey/softkey": {},

	"qr":         {},
	"qr/capture": {"qr"},
	"qr/pairing": {},

	"server":                   {"server/internal/…", "qr", "qr/pairing", "passkey"},
	"server/servertest":        {"server", "server/internal/store/storetest", "qr", "qr/pairing", "tui/client"},
	"server/internal/oauth":    {},
	"server/internal/bus":      {},
	"server/internal/limit":    {},
	"server/internal/picture":  {},
	"server/internal/web":      {},
	"server/internal/ceremony": {"server/internal/web", "passkey", "qr/pairing"},
	"server/internal/activity": {},
	"server/internal/follow":   {"server/internal/bus", "server/internal/store", "qr/pairing"},
	"server/internal/claim":    {"server/internal/activity", "server/internal/follow", "server/internal/store", "qr/pairing"},
	"server/internal/person":   {"server/internal/activity", "server/internal/oauth", "server/internal/picture", "server/internal/store", "passkey"},
	"server/internal/session":  {"server/internal/oauth"},
	"server/internal/agree":    {"server/internal/limit", "server/internal/oauth", "server/internal/session", "server/internal/store"},
	"server/internal/browser":  {"server/internal/ceremony", "server/internal/limit", "server/internal/oauth", "server/internal/session", "server/internal/store", "qr/pairing", "passkey"},
	"server/internal/archive":  {},
	"server/internal/store":    {"server/internal/activity", "server/internal/archive", "server/internal/oauth", "server/internal/session", "qr/pairing", "passkey"},

	"server/internal/store/storetest": {"server/internal/store"},

	"server/internal/password":   {},
	"server/internal/clientauth": {"server/internal/limit", "server/internal/oauth", "server/internal/store"},

	"server/internal/ham":        door("server/internal/clientauth"),
	"server/internal/openmaster": door("server/internal/clientauth", "server/internal/password"),
	"server/internal/desk":       door("server/internal/browser", "server/internal/picture"),
	"server/internal/appapi":     door("server/internal/claim", "server/internal/person", "server/internal/picture"),
	"server/internal/phone":      door("server/internal/claim", "passkey", "server/internal/ceremony"),
	"server/internal/account":    door("server/internal/browser", "server/internal/person", "passkey", "server/internal/ceremony", "server/internal/picture"),
	"server/internal/hamweb":     door("server/internal/agree", "server/internal/browser", "server/internal/ceremony", "server/internal/clientauth", "passkey"),
	"server/internal/consent":    door("server/internal/agree"),

	"tui/internal/quiet":    {},
	"tui/internal/texts":    {},
	"tui/internal/wrapping": {},
	"tui/internal/rules":    {"tui/client", "qr"},
	"tui":                   {"tui/internal/…", "tui/client", "qr", "qr/capture", "qr/pairing"},
	"tui/internal/failures": {"tui/internal/texts", "tui/internal/rules", "tui/client", "qr", "qr/capture", "qr/pairing"},
	"tui/plain":             {"tui/internal/texts", "tui/internal/wrapping", "tui/internal/rules", "tui/internal/failures", "tui/client", "qr", "qr/pairing"},
	"tui/client":            {"qr", "qr/capture", "qr/pairing"},
	"tui/client/clienttest": {"tui/client", "qr", "qr/pairing"},
	"tui/rules":             {"qr/pairing"},
}

// door is what every door of the server may use: never another door.
func door(more ...string) []string {
	return append(more, "server/internal/activity", "server/internal/follow", "server/internal/oauth", "server/internal/session", "server/internal/store", "server/internal/web",
		"server/internal/bus", "server/internal/limit", "qr", "qr/pairing")
}

func TestArrowsBetweenFoldersPointOneWay(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "hamconnect/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	const module = "hamconnect/"
	seen := 0
	for list := json.NewDecoder(strings.NewReader(string(out))); ; seen++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := list.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := arrows[name]
		if !known {
			t.Errorf("%s has no place in the list of arrows: say what it may import", name)
		}
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module)
			if ours && !slices.ContainsFunc(allowed, func(a string) bool { return matches(a, to) }) {
				t.Errorf("%s imports %s, which it may not", name, to)
			}
		}
	}
	if seen < len(arrows) {
		t.Errorf("go list shows %d packages, and the list of arrows has %d: take out what is gone", seen, len(arrows))
	}
}

func matches(allowed, path string) bool {
	prefix, tree := strings.CutSuffix(allowed, "…")
	return path == allowed || tree && strings.HasPrefix(path, prefix)
}
